import { type Manifest, type ReleaseFile, uncovered } from '../../../model/manifest.ts';
import type { PruneReport, Pruning } from '../../destination.ts';
import { ahead } from './ahead.ts';
import { encodingOf, holds } from './form.ts';
import { keptForms } from './keep.ts';
import type { Shared } from './shared.ts';

interface Work extends Pruning {
  readonly shared: Shared;
  /** Paths of the live release. */
  readonly shown: ReadonlySet<string>;
  /** Those of the retired releases that can be returned to. */
  readonly returnable: readonly Manifest[];
  readonly atOnce: number;
  readonly signal: AbortSignal;
}

/**
 * Takes from public names what the live release lacks, keeping it for the releases that can be returned to; then removes what was kept
 * for none of them, and last the manifests of those that are dropped, by which all this is known.
 */
export async function pruneBucket(
  shared: Shared,
  { atOnce, ...pruning }: Pruning & { readonly atOnce: number },
  signal: AbortSignal,
): Promise<PruneReport> {
  signal.throwIfAborted();
  const { live, retired, dropped, guard } = pruning;
  // A publisher that slept may wake here, and a name be another release's by now.
  const held = { ...shared, store: shared.store.onlyWhile(() => guard(async () => undefined)) };
  const ids = new Set(dropped.map(({ id }) => id));
  const returnable = retired.filter(({ id }) => !ids.has(id));
  const shown = new Set(served(live).map(({ path }) => path));
  const work: Work = { ...pruning, shared: held, shown, returnable, atOnce, signal };
  const removed =
    (await takeDown(work)) +
    (await removeAll(work, await unneeded(work))) +
    (await removeAll(work, [...ids].map(shared.keys.manifest)));
  return { removed };
}

/** The files that visitors get. */
function served({ files }: Manifest): readonly ReleaseFile[] {
  return files.filter(({ kind }) => kind !== 'internal');
}

/** The same, and what is under a hold: it is kept nowhere else. */
function contentsOf(manifest: Manifest): readonly ReleaseFile[] {
  return served(manifest).flatMap((file) => (file.covers === undefined ? [file] : [file, uncovered(file)]));
}

async function takeDown(work: Work): Promise<number> {
  const { retired, shown, isWithdrawn, atOnce } = work;
  const gone = new Set(retired.flatMap((manifest) => served(manifest).map(({ path }) => path)));
  for (const path of shown) gone.delete(path);
  // By path: what this name may hold that somebody may want back.
  const wanted = new Map<string, ReleaseFile[]>([...gone].map((path) => [path, []]));
  for (const file of retired.flatMap(served)) if (!isWithdrawn(file.path)) wanted.get(file.path)?.push(file);
  let removed = 0;
  for await (const count of ahead(wanted, atOnce, ([path, files]) => takeOne(work, path, files))) removed += count;
  return removed;
}

/** Looks first: where several releases had this name, and after a killed publish, it may hold any of them. */
async function takeOne(work: Work, path: string, wanted: readonly ReleaseFile[]): Promise<number> {
  const { shared, signal } = work;
  signal.throwIfAborted();
  const { store, keys } = shared;
  const key = keys.file(path);
  const seen = await store.head(key, signal);
  if (seen === undefined) return 0;
  const file = wanted.find((each) => holds(seen, each));
  if (file !== undefined) await store.copy(keys.kept(file.sha256, encodingOf(seen)), { key }, signal);
  return remove(work, key);
}

async function remove({ shared, signal }: Work, key: string): Promise<number> {
  signal.throwIfAborted();
  await shared.store.remove(key, signal);
  return 1;
}

/** Keys of what is kept of dropped releases, and of withdrawn files in any release, and no release needs that can be returned to. */
async function unneeded(work: Work): Promise<readonly string[]> {
  const { shared, live, dropped, returnable, shown, isWithdrawn, kept } = work;
  /** Keys by SHA-256. */
  const found = new Map<string, Set<string>>();
  const needed = new Set(contentsOf(live).map(({ sha256 }) => sha256));
  const isGone = ({ path }: ReleaseFile): boolean => !shown.has(path) && isWithdrawn(path);
  const find = (file: ReleaseFile): void => {
    const keys = keptForms(shared, file).map((encoding) => shared.keys.kept(file.sha256, encoding));
    found.set(file.sha256, new Set([...(found.get(file.sha256) ?? []), ...keys]));
  };
  const weigh = (manifest: Manifest): void => {
    for (const file of contentsOf(manifest)) {
      if (isGone(file)) find(file);
      else needed.add(file.sha256);
    }
    for (const sha256 of needed) found.delete(sha256);
  };
  dropped.flatMap(contentsOf).forEach(find);
  returnable.forEach(weigh);
  for (const sha256 of needed) found.delete(sha256);
  // Reading the other releases costs a request each.
  if (found.size > 0) for await (const manifest of kept()) weigh(manifest);
  return [...found.values()].flatMap((keys) => [...keys]);
}

async function removeAll(work: Work, keys: readonly string[]): Promise<number> {
  let removed = 0;
  for await (const count of ahead(keys, work.atOnce, (key) => remove(work, key))) removed += count;
  return removed;
}
