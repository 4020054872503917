import { randomBytes } from 'node:crypto';
import { NEXT_LINK, OWN, PASSING, TEMPORARY, TREES } from '../layout/paths.ts';
import type { Sight } from './look.ts';
import { type Remote, runUnlessMoved } from './remote.ts';
import { commands, quoted } from './shell.ts';

/** What no release consists of. All of it has names of its own that nobody gives again, so that it may be removed at any time. */
export interface Leftovers {
  /** Folders, by their name in `trees`. */
  readonly folders: readonly string[];
  /** Files and links, by their path below the mirror. */
  readonly files: readonly string[];
}

/** What killed transfers left: it would take up room, and the caller holds the lease. */
export function leftoversIn({ names, trees, own, releases }: Sight): Leftovers {
  return {
    folders: trees.filter((name) => name.startsWith(PASSING)),
    files: [
      ...names.filter((name) => name.startsWith(NEXT_LINK)),
      ...own.filter((name) => TEMPORARY.test(name)).map((name) => `${OWN}/${name}`),
      ...releases.filter((name) => TEMPORARY.test(name)).map((name) => `${OWN}/releases/${name}`),
    ],
  };
}

/** Removes them, and gives how many files and folders that were, with what was in the folders. */
export async function remove(remote: Remote, { folders, files }: Leftovers, signal: AbortSignal): Promise<number> {
  if (folders.length + files.length === 0) return 0;
  const lines = [
    `cd ${quoted(remote.layout.dir)}`,
    ...commands('rm -f --', files),
    ...(folders.length > 0 ? [`cd ${TREES}`] : []),
    ...commands('rm -rfv --', folders, ' | wc -l'),
  ];
  const said = await remote.connection.run({ lines, isLong: true }, signal);
  return said.split('\n').reduce((sum, count) => sum + Number(count), files.length);
}

/** What releases consist of that nobody can return to. */
export interface Old {
  /** Folders, by their hash. */
  readonly folders: readonly string[];
  /** Manifests, by their path below the mirror. */
  readonly files: readonly string[];
  /** Of the control record that must be there. */
  readonly version: string | undefined;
}

/**
 * Takes it from its names, folders whole, so that a half-removed one is never taken for whole. Gives the folder in `trees` that the
 * others are in now. Throws `destination-moved`, and does nothing, where the record is of another version.
 */
export async function takeAway(remote: Remote, { folders, files, version }: Old, signal: AbortSignal): Promise<string> {
  const batch = `${PASSING}${randomBytes(6).toString('hex')}`;
  const lines = [
    `cd ${quoted(remote.layout.dir)}`,
    ...commands('rm -f --', files),
    `cd ${TREES}`,
    `mkdir -- ${batch}`,
    ...commands('mv --', folders, ` ${batch}/`),
    'sync -- .',
  ];
  await runUnlessMoved(remote, { version, lines }, signal);
  return batch;
}

/** Makes the folders that a transfer needs to be there, where they are not. */
export async function makeFolders({ layout, connection }: Remote, sight: Sight, signal: AbortSignal): Promise<void> {
  if (sight.folders.includes(TREES) && sight.own.includes('releases')) return;
  const lines = [`mkdir -p -- ${quoted(layout.trees)} ${quoted(layout.releases)}`, `sync -f ${quoted(layout.trees)}`];
  await connection.run({ lines }, signal);
}
