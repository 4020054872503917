import { randomBytes } from 'node:crypto';
import { NEXT_LINK, OWN, PASSING, TEMPORARY, TREES } from '../layout/paths.ts';
import type { Sight } from './look.ts';
import { type Remote, runLeased } from './remote.ts';
import { commands, quoted } from './shell.ts';

/** Names to be removed there. */
export interface Doomed {
  /** Folders of releases, which lose their names first, so that a half-removed one is never taken for whole. */
  readonly folders?: readonly string[];
  /** Folders in `trees` that are no release's. */
  readonly passing?: readonly string[];
  /** Files and links, by their path below the mirror. */
  readonly files?: readonly string[];
}

/** What killed transfers left: it would take up room, and the caller holds the lease. */
export function leftoversIn({ names, trees, own, releases }: Sight): Required<Doomed> {
  return {
    folders: [],
    passing: trees.filter((name) => name.startsWith(PASSING)),
    files: [
      ...names.filter((name) => name.startsWith(NEXT_LINK)),
      ...own.filter((name) => TEMPORARY.test(name)).map((name) => `${OWN}/${name}`),
      ...releases.filter((name) => TEMPORARY.test(name)).map((name) => `${OWN}/releases/${name}`),
    ],
  };
}

/** Removes them, and gives how many files and folders that were, with what was in the folders. */
export async function remove(
  remote: Remote,
  { folders = [], passing = [], files = [] }: Doomed,
  signal: AbortSignal,
): Promise<number> {
  if (folders.length + passing.length + files.length === 0) return 0;
  const batch = `${PASSING}${randomBytes(6).toString('hex')}`;
  const old = [...passing, ...(folders.length > 0 ? [batch] : [])];
  const lines = [
    `cd ${quoted(remote.layout.dir)}`,
    ...commands('rm -f --', files),
    ...(old.length > 0 ? [`cd ${TREES}`] : []),
    ...(folders.length > 0 ? [`mkdir -- ${batch}`, ...commands('mv --', folders, ` ${batch}/`), 'sync -- .'] : []),
    // Nobody needs the rest: the lock is given back.
    'exec 9<&-',
    ...commands('rm -rfv --', old, ' | wc -l'),
  ];
  const said = await runLeased(remote, { lines, isLong: true }, signal);
  const removed = said.split('\n').reduce((sum, count) => sum + Number(count), 0);
  return removed + files.length - (folders.length > 0 ? 1 : 0);
}

/** Makes the folders that a transfer needs to be there, where they are not. */
export async function makeFolders({ layout, connection }: Remote, sight: Sight, signal: AbortSignal): Promise<void> {
  if (sight.folders.includes(TREES) && sight.own.includes('releases')) return;
  const lines = [`mkdir -p -- ${quoted(layout.trees)} ${quoted(layout.releases)}`, `sync -f ${quoted(layout.trees)}`];
  await connection.run({ lines }, signal);
}
