import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../../store/files.ts';
import type { PruneReport, Pruning } from '../../destination.ts';
import { countIn, namesIn, onEach, targetOf } from '../layout/disk.ts';
import { CURRENT, type Layout, linkedHash, NEXT_LINK, PASSING, TEMPORARY } from '../layout/paths.ts';
import { foldersOf, treeOf } from '../layout/tree.ts';
import type { MirrorControl } from './control.ts';

interface Place {
  readonly layout: Layout;
  readonly unlessMoved: MirrorControl['unlessMoved'];
}

/**
 * Removes the folders, manifests and leftovers that neither a kept release nor what visitors get now needs. They lose their names while
 * nobody else can move the control record: a publisher that slept and wakes takes nothing away from the one that followed it.
 */
export async function pruneMirror(
  { layout, unlessMoved }: Place,
  pruning: Pruning,
  signal: AbortSignal,
): Promise<PruneReport> {
  signal.throwIfAborted();
  const needed = await neededBy(layout, pruning);
  const work = (version: string | undefined): Promise<Away> =>
    unlessMoved(version, () => moveAway(layout, needed, signal), signal);
  const { passing, files } = await pruning.guard(work);
  return { removed: files + (await removeFolders(layout, passing, signal)) };
}

/** What has lost its name, or never had one that visitors see. */
interface Away {
  /** Folders in `trees`. */
  readonly passing: readonly string[];
  /** Files removed. */
  readonly files: number;
}

async function moveAway(layout: Layout, { needed, ids }: Needed, signal: AbortSignal): Promise<Away> {
  const passing = await moveFolders(layout, needed, signal);
  const files =
    (await removeFiles(layout.dir, (name) => name.startsWith(NEXT_LINK))) +
    (await removeFiles(layout.own, (name) => TEMPORARY.test(name))) +
    (await removeFiles(layout.releases, (name) => TEMPORARY.test(name) || (name.endsWith('.json') && !ids.has(name))));
  return { passing, files };
}

interface Needed {
  /** Hashes of every folder that a kept release consists of, and of those that `current` leads to whatever the records say. */
  readonly needed: ReadonlySet<string>;
  /** File names of the manifests to keep. */
  readonly ids: ReadonlySet<string>;
}

async function neededBy(layout: Layout, { live, kept }: Pruning): Promise<Needed> {
  const needed = new Set<string>(foldersOf(treeOf(live)).keys());
  const ids = new Set([`${live.id}.json`]);
  for await (const manifest of kept()) {
    for (const hash of foldersOf(treeOf(manifest)).keys()) needed.add(hash);
    ids.add(`${manifest.id}.json`);
  }
  const root = linkedHash((await targetOf(layout.current)) ?? '');
  const ahead = root === undefined || needed.has(root) ? [] : [root];
  for (let hash = ahead.pop(); hash !== undefined; hash = ahead.pop()) {
    needed.add(hash);
    for (const child of await childrenOf(layout, hash)) if (!needed.has(child)) ahead.push(child);
  }
  return { needed, ids };
}

async function childrenOf(layout: Layout, hash: string): Promise<string[]> {
  const path = join(layout.trees, hash);
  const children: string[] = [];
  for (const name of await namesIn(path)) {
    const target = await targetOf(join(path, name));
    if (target?.startsWith('../') === true) children.push(target.slice('../'.length));
  }
  return children;
}

/** A folder loses its name before its first file, so that a half-removed one is never taken for whole; the names they have then. */
async function moveFolders(
  layout: Layout,
  needed: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names = await namesIn(layout.trees);
  const old = names.filter((name) => /^[0-9a-f]{48}$/.test(name) && !needed.has(name));
  const passing = names.filter((name) => name.startsWith(PASSING));
  if (old.length === 0) return passing;
  const batch = `${PASSING}${randomBytes(6).toString('hex')}`;
  await onEach(old, signal, async (name) => {
    await rename(join(layout.trees, name), join(layout.trees, `${batch}-${name}`));
    passing.push(`${batch}-${name}`);
  });
  await syncFolder(layout.trees);
  return passing;
}

async function removeFolders(layout: Layout, passing: readonly string[], signal: AbortSignal): Promise<number> {
  let removed = 0;
  await onEach(passing, signal, async (name) => {
    const path = join(layout.trees, name);
    const count = 1 + (await countIn(path));
    removed += count;
    await rm(path, { recursive: true, force: true });
  });
  return removed;
}

async function removeFiles(folder: string, isUnwanted: (name: string) => boolean): Promise<number> {
  const unwanted = (await namesIn(folder)).filter((name) => name !== CURRENT && isUnwanted(name));
  for (const name of unwanted) await rm(join(folder, name), { force: true });
  return unwanted.length;
}
