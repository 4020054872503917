import type { PruneReport, Pruning } from '../../destination.ts';
import { linkedHash, OWN } from '../layout/paths.ts';
import { foldersOf, treeOf } from '../layout/tree.ts';
import { leftoversIn, remove, takeAway } from './leftovers.ts';
import { look } from './look.ts';
import type { Remote } from './remote.ts';
import type { Staging } from './staging.ts';

/** Removes the folders, manifests and leftovers that neither a kept release nor what visitors get now needs. */
export async function pruneRemote(
  remote: Remote,
  { live, kept, guard, staging }: Pruning & { readonly staging: Staging },
  signal: AbortSignal,
): Promise<PruneReport> {
  signal.throwIfAborted();
  const needed = new Set<string>(foldersOf(treeOf(live)).keys());
  const manifests = new Set([`${live.id}.json`]);
  for await (const manifest of kept()) {
    for (const hash of foldersOf(treeOf(manifest)).keys()) needed.add(hash);
    manifests.add(`${manifest.id}.json`);
  }
  const sight = await look(remote, signal);
  const left = leftoversIn(sight);
  const folders = isKnown(sight.target, needed)
    ? sight.trees.filter((name) => isFolderName(name) && !needed.has(name))
    : [];
  const files = sight.releases.filter((name) => name.endsWith('.json') && !manifests.has(name));
  const staged = await staging.count();
  await staging.clear();
  if (folders.length + files.length === 0) return { removed: staged + (await remove(remote, left, signal)) };
  const old = { folders, files: files.map((name) => `${OWN}/releases/${name}`) };
  const batch = await guard((version) => takeAway(remote, { ...old, version }, signal));
  // Out of the way, all of it may take its time. The folder that the others are in now was none of them.
  const removed = await remove(remote, { ...left, folders: [...left.folders, batch] }, signal);
  return { removed: staged + files.length + removed - 1 };
}

/** Where visitors get what no record tells of, nobody knows which folders that needs: none goes until a release is live again. */
function isKnown(target: string | undefined, needed: ReadonlySet<string>): boolean {
  const hash = linkedHash(target ?? '');
  return hash === undefined || needed.has(hash);
}

const isFolderName = (name: string): boolean => /^[0-9a-f]{48}$/.test(name);
