import type { LookContext } from './context.ts';

/** A slice ends after this long or this many pages, so that hot lanes never wait longer behind a long one. */
const SLICE_MS = 15_000;
const SLICE_PAGES = 500;

/** When a pass began, and whether it is the rest of one that was interrupted. */
export interface Begun {
  readonly began: number;
  readonly isResumed: boolean;
}

/** A pass that was interrupted goes on; one older than its interval is not worth ending. */
export function openPass(
  { records, clock }: LookContext,
  name: string,
  { every, anew }: { every: number; anew: boolean },
): Begun {
  const known = records.lane(name);
  const now = clock.now();
  const age = known === undefined ? 0 : now - known.began;
  const isResumed = !anew && known !== undefined && known.ended === undefined && age >= 0 && age < every;
  const began = isResumed ? known.began : now;
  records.setLane(name, { began });
  return { began, isResumed };
}

/** Takes what `next` gives until a slice is full, or somebody asks for something else; at least one. */
export function sliceOf<T>({ clock, asks }: LookContext, next: () => T | undefined): () => T | undefined {
  const ends = clock.monotonic() + SLICE_MS;
  let taken = 0;
  const isOpen = () => taken <= SLICE_PAGES && clock.monotonic() < ends && !asks.isWaiting;
  return () => (taken++ === 0 || isOpen() ? next() : undefined);
}
