import { type Address, addressOfFile } from '../model/address.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';

/**
 * Files of the live release that stay as they are, because their page could not be looked at or its bytes were lost:
 * pages, feeds and redirects that `mayStay`, and, while any of them stays, every asset, since it may need it.
 */
export function filesThatStay(
  files: readonly ReleaseFile[],
  live: Manifest | undefined,
  mayStay: (address: Address) => boolean,
): readonly ReleaseFile[] {
  const there = new Set(files.map((file) => file.path));
  const missing = (live?.files ?? []).filter((file) => !there.has(file.path) && file.carried === undefined);
  const pages = missing.filter(
    ({ kind, path }) => (kind === 'page' || kind === 'feed' || kind === 'redirect') && mayStay(addressOfFile(path)),
  );
  return pages.length === 0 ? [] : [...pages, ...missing.filter(({ kind }) => kind === 'asset')];
}
