import { hash } from 'node:crypto';
import type { ReleaseFile } from './manifest.ts';

/** Hex digits of the hash in a marker's name: 48 bits, by which two targets do not meet by chance. */
const HASH_DIGITS = 12;
/** Longest name of a file, in bytes, that the usual file systems take. */
const NAME_BYTES = 255;

/**
 * The empty file that lies beside a redirect's page where a release is a tree of folders: `old/.index.html.301-<12 hex of the target's SHA-256>`. It is there exactly as
 * long as this address leads there in this way, so a web server that was told of the redirect before can see that it is still so. A name that begins with a dot is
 * served by none. Undefined for what is no redirect, whose status is not known, that is itself below a name with a dot (`/.well-known/`), or whose name is too long.
 */
export function markerOf({ path, kind, headers, status }: ReleaseFile): string | undefined {
  const { location } = headers;
  if (kind !== 'redirect' || location === undefined || status === undefined || /(?:^|\/)\./.test(path))
    return undefined;
  const at = path.lastIndexOf('/') + 1;
  const name = `.${path.slice(at)}.${status}-${hash('sha256', location).slice(0, HASH_DIGITS)}`;
  return Buffer.byteLength(name) > NAME_BYTES ? undefined : path.slice(0, at) + name;
}
