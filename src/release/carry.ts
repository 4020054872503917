import type { Manifest, ReleaseFile } from '../model/manifest.ts';

/** Pages that a visitor opened before a release must find their assets after it: for this long, and this many releases, whichever is longer. */
export const CARRY_MS = 24 * 3_600_000;
export const CARRY_RELEASES = 3;

/** The assets of the live release that nothing refers to any more and that stay for a while; each with its count of releases. */
export function carry(files: readonly ReleaseFile[], live: Manifest | undefined, now: Date): readonly ReleaseFile[] {
  if (live === undefined) return [];
  const current = new Set(files.map((file) => file.path));
  const old = live.files.filter(({ kind, path }) => kind === 'asset' && !current.has(path));
  // What follows costs some time on a large site, and there is seldom anything to do.
  if (old.length === 0) return [];
  const folders = new Set(files.flatMap((file) => parentsOf(file.path)));
  return old.flatMap((file) => {
    const isFree = !folders.has(file.path) && !parentsOf(file.path).some((parent) => current.has(parent));
    if (!isFree) return [];
    const since = file.carried?.since ?? now.toISOString();
    const releases = (file.carried?.releases ?? 0) + 1;
    const isOver = releases > CARRY_RELEASES && now.getTime() - Date.parse(since) >= CARRY_MS;
    return isOver ? [] : [{ ...file, carried: { since, releases } }];
  });
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
