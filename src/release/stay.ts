import { addressOfFile } from '../model/address.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';
import type { Snapshot } from '../model/snapshot.ts';

/**
 * Files of the live release that stay as they are, because their page could not be looked at or its bytes were lost:
 * pages, feeds and redirects that `mayStay`, and, while any of them stays, every asset that was not taken down, since it may need it.
 */
export function filesThatStay(
  files: readonly ReleaseFile[],
  live: Manifest | undefined,
  { mayStay, isWithdrawn }: Pick<Snapshot, 'mayStay' | 'isWithdrawn'>,
): readonly ReleaseFile[] {
  const there = new Set(files.map((file) => file.path));
  const missing = (live?.files ?? []).filter((file) => !there.has(file.path) && file.carried === undefined);
  const pages = missing.filter(
    ({ kind, path }) => (kind === 'page' || kind === 'feed' || kind === 'redirect') && mayStay(addressOfFile(path)),
  );
  if (pages.length === 0) return [];
  return [...pages, ...missing.filter(({ kind, path }) => kind === 'asset' && !isWithdrawn(addressOfFile(path)))];
}
