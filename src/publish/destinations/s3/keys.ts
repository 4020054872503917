import { HoldfastError } from '../../../model/errors.ts';
import type { Manifest } from '../../../model/manifest.ts';
import { CONTROL_PATH } from '../../control.ts';

/** Where things lie in the bucket. */
export interface Keys {
  readonly control: string;
  manifest(id: string): string;
  /** Where content with this SHA-256 is kept when it leaves public names: each stored form by itself. */
  kept(sha256: string, encoding: StoredEncoding): string;
  /** An object made to try out the store, named by something that nobody else has. */
  probe(name: string): string;
  /** A file of the release, or one of ours (`_holdfast/…`), by its path. */
  file(path: string): string;
}

/** The two forms that a file may be stored in. */
export type StoredEncoding = 'gzip' | 'identity';

/** S3’s own limit. */
export const MOST_KEY_BYTES = 1024;
const OWN = /^_holdfast(\/(control\.json|releases|kept|probe)(\/|$)|$)/;

/** Keys below a prefix, which is taken as a folder: `www` and `www/` are the same. */
export function keysBelow(prefix: string): Keys {
  const start = prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`;
  return {
    control: `${start}${CONTROL_PATH}`,
    manifest: (id) => `${start}_holdfast/releases/${id}.json`,
    kept: (sha256, encoding) => `${start}_holdfast/kept/${sha256}${encoding === 'gzip' ? '.gz' : ''}`,
    probe: (name) => `${start}_holdfast/probe/${name}`,
    file: (path) => `${start}${path}`,
  };
}

/** An empty part, `.` or `..`; a control character or half of one from outside Unicode's first plane. */
const UNSAFE = /(^|\/)\.{0,2}(\/|$)|[\u0000-\u001f\u007f\ud800-\udfff]/u;

/** True for a relative path that is one name everywhere. */
export function isSafePath(path: string): boolean {
  return !UNSAFE.test(path);
}

/** Throws `address-hostile` or `name-collision` for a release that could overwrite what is not its own, here or at another destination. */
export function assertPlaceable({ files, id }: Manifest, keys: Keys): void {
  if (!/^[0-9A-Za-z][0-9A-Za-z._-]{0,99}$/.test(id)) throw hostile(id, 'is not a release’s id');
  const paths = new Set<string>();
  const folders = new Set<string>();
  for (const { path, kind } of files) {
    if (!isSafePath(path)) throw hostile(path, 'could leave the release');
    if (kind === 'internal') continue;
    if (OWN.test(path)) throw hostile(path, 'lies where Holdfast keeps its own');
    if (Buffer.byteLength(keys.file(path)) > MOST_KEY_BYTES)
      throw hostile(path, `has more than the ${MOST_KEY_BYTES} bytes of a key`);
    if (paths.has(path)) throw collision(path);
    paths.add(path);
    for (let at = folderOf(path); at !== '' && !folders.has(at); at = folderOf(at)) folders.add(at);
  }
  for (const folder of folders) if (paths.has(folder)) throw collision(folder);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function hostile(path: string, why: string): HoldfastError {
  return new HoldfastError('address-hostile', `a manifest names ${JSON.stringify(path)}, which ${why}`);
}

function collision(path: string): HoldfastError {
  return new HoldfastError('name-collision', `a manifest has two files, or a file and a folder, at ${path}`);
}
