import type { Manifest } from '../model/manifest.ts';
import type { ControlRecord } from './control.ts';
import type { Pruning } from './destination.ts';
import type { Lease } from './lease.ts';
import type { Manifests } from './manifests.ts';

/**
 * To drop releases, every kept manifest is read. With a release a minute and a hundred kept that would be a hundred reads a minute,
 * so releases are dropped in batches of this part of those kept: about ten reads for each release dropped.
 */
const BATCH = 0.1;

/** Manifests of a large site weigh tens of megabytes each once they are read. */
const MOST_DROPPED = 5;

/** What is to be cleared away now, by the control record. */
export interface Leftovers {
  /** Releases that visitors got, or could have got parts of, before the live one; one that may still be written is looked at each time. */
  readonly retired: readonly string[];
  /** Those of them that cannot be returned to any more. Empty until there are enough of them. */
  readonly dropped: readonly string[];
}

/** Pure. `all` drops whatever can be dropped, however little that is. */
export function leftoversOf({ unpruned, releases, suspects }: ControlRecord, all = false): Leftovers {
  const feared = new Set(suspects.map(({ release }) => release));
  const droppable = unpruned.filter((id) => !releases.includes(id) && !feared.has(id));
  const dropped = all || droppable.length >= releases.length * BATCH ? droppable.slice(0, MOST_DROPPED) : [];
  const retired = unpruned.filter((id) => releases.includes(id) || feared.has(id));
  return { retired, dropped };
}

/**
 * Clears away what no release needs any more, the last step of a publish and never after an error of it. Not what visitors wait
 * for: its failure is returned, fails no publish, and is made good by a later run, since the record still names what is left.
 */
export async function prune(lease: Lease, wish: PruneWish, signal: AbortSignal): Promise<string | undefined> {
  const { destination, state } = lease;
  const { retired, dropped } = leftoversOf(state.record, wish.all);
  // Where a release goes live by one switch, what was live before is out of sight with it.
  const hasWork = dropped.length > 0 || (retired.length > 0 && !destination.atomic) || wish.all === true;
  try {
    const pruning = hasWork ? await pruningOf(lease, { ...wish, retired, dropped }, signal) : undefined;
    if (pruning !== undefined) await destination.prune(pruning, AbortSignal.any([signal, lease.signal]));
    const isDone = (id: string): boolean => dropped.includes(id) || state.record.releases.includes(id);
    if (state.record.unpruned.some(isDone))
      lease.changeSoon((record) => ({ ...record, unpruned: record.unpruned.filter((id) => !isDone(id)) }));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export interface PruneWish {
  readonly isWithdrawn: Pruning['isWithdrawn'];
  /** Look for leftovers of killed runs too, and drop what can be dropped. */
  readonly all?: boolean;
}

async function pruningOf(
  { destination, manifests, guard, state: { record } }: Lease,
  { retired, dropped, isWithdrawn }: Leftovers & PruneWish,
  signal: AbortSignal,
): Promise<Pruning | undefined> {
  const live = record.live === null ? undefined : await manifests.read(record.live, signal);
  if (live === undefined) return undefined;
  return {
    live,
    // A switch has taken them out of sight, and what they needed is found by what is kept.
    retired: destination.atomic ? [] : await readAll(manifests, [...retired, ...dropped], signal),
    dropped: destination.atomic ? [] : await readAll(manifests, dropped, signal),
    kept: () => keptManifests(manifests, record, signal),
    isWithdrawn,
    guard,
  };
}

async function readAll(
  manifests: Manifests,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Manifest[]> {
  const found = await Promise.all(ids.map((id) => manifests.read(id, signal)));
  return found.filter((manifest) => manifest !== undefined);
}

/** One at a time: a hundred manifests of a large site are more than memory should hold. */
async function* keptManifests(
  manifests: Manifests,
  { releases, live }: ControlRecord,
  signal: AbortSignal,
): AsyncGenerator<Manifest> {
  for (const id of releases) {
    const manifest = id === live ? undefined : await manifests.read(id, signal);
    if (manifest !== undefined) yield manifest;
  }
}
