import type { Clock } from '../model/clock.ts';
import { HoldfastError, isHoldfastError } from '../model/errors.ts';
import { HOLDING_FOLDER } from '../model/holding.ts';
import type { Manifest } from '../model/manifest.ts';
import type { ControlRecord, Hold, Owner } from './control.ts';
import type { ControlState, Destination } from './destination.ts';
import { readManifest } from './manifests.ts';
import { assertOwn, assertWriter } from './ownership.ts';

/** Search engines drop pages that answer 503 for days: Google's own word is one or two. */
const TOO_LONG_MS = 24 * 3_600_000;

/** Each lost try is somebody else's move: a renewal each three seconds, or another hold. */
const TRIES = 20;
const PAUSE_MS = 50;
/** Where a store ignores conditions a move that was read before ours may come after it, and no later than a request takes. */
const OVERWRITTEN_MS = 4000;

/** Who sets or lifts a hold. */
export interface Holder {
  readonly owner: Owner;
  /** This machine and its state folder. */
  readonly holder: string;
  readonly clock: Clock;
}

/**
 * Moves the record's hold and nothing else, whoever has the lease: they go on with the record as it is then. Throws `destination-foreign`
 * where it is another's, and `usage` where nothing was ever published; `destination-moved` only after many lost tries.
 */
export async function setHold(
  destination: Destination,
  { page, owner, holder, clock }: Holder & { readonly page: string | null },
  signal: AbortSignal,
): Promise<ControlRecord> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { record, version } = await publishedState(destination, signal);
    assertOwn(record, owner, destination.name);
    assertWriter(record, holder, destination.name);
    const hold = holdOn(record.hold, page, { since: new Date(clock.now()).toISOString(), by: holder });
    const next = { ...record, generation: record.generation + 1, hold };
    const isMoved = await destination.control.swap(next, version, signal).then(() => true, unlessMoved);
    if (isMoved && record.conditions !== 'ignored') return next;
    await clock.sleep(isMoved ? OVERWRITTEN_MS : PAUSE_MS, signal);
    const now = isMoved ? await publishedState(destination, signal) : undefined;
    if (now?.record.hold?.page === hold?.page && now !== undefined) return now.record;
  }
  throw new HoldfastError('destination-moved', `${destination.name}: others moved the control record ${TRIES} times`, {
    hint: 'try again',
  });
}

/** False where somebody else came first. */
function unlessMoved(error: unknown): false {
  if (isHoldfastError(error, 'destination-moved')) return false;
  throw error;
}

/** A hold that is on already goes on since it began. */
function holdOn(before: Hold | null, page: string | null, begun: Omit<Hold, 'page'>): Hold | null {
  if (page === null) return null;
  return before?.page === page ? before : { page, ...begun };
}

/** The record of a destination where something is live. Throws `usage` where nothing is. */
export async function publishedState(
  destination: Destination,
  signal: AbortSignal,
): Promise<ControlState & { readonly record: { readonly live: string } }> {
  const state = await destination.control.read(signal);
  if (state !== undefined && isPublished(state)) return state;
  throw new HoldfastError('usage', `${destination.name}: nothing is live there yet, so there is nobody to hold`, {
    hint: 'publish first: the holding pages are part of a release',
  });
}

function isPublished(state: ControlState): state is ControlState & { readonly record: { readonly live: string } } {
  return state.record.live !== null;
}

/** Throws `usage` where the live release has no holding page of that name. Writes nothing. */
export async function assertHoldable(destination: Destination, page: string, signal: AbortSignal): Promise<void> {
  const { record } = await publishedState(destination, signal);
  const manifest = await readManifest(destination, record.live, signal);
  const names = manifest === undefined ? [] : holdingPages(manifest);
  if (names.includes(page)) return;
  const there = names.length === 0 ? 'it has none' : `there is ${names.join(', ')}`;
  throw new HoldfastError('usage', `${destination.name}: the live release has no holding page ${page}`, {
    hint: `${there}; a new one can be held to once it was published`,
  });
}

/** Names of a release's holding pages. */
export function holdingPages({ files }: Manifest): readonly string[] {
  return files.flatMap(({ kind, path }) =>
    kind === 'holding' && path.startsWith(HOLDING_FOLDER)
      ? [path.slice(HOLDING_FOLDER.length).replace(/\.html$/, '')]
      : [],
  );
}

/** Where a release has this holding page. */
export function holdingPath(page: string): string {
  return `${HOLDING_FOLDER}${page}.html`;
}

/** True where a hold has lasted so long that it costs more than it saves. */
export function isHeldTooLong({ since }: Hold, now: number): boolean {
  return now - Date.parse(since) >= TOO_LONG_MS;
}
