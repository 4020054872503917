import type { LoadedConfig } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import { asHoldfastError, type HoldfastError } from '../model/errors.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Hold } from '../publish/control.ts';
import type { Destination } from '../publish/destination.ts';
import { assertHoldable, isHeldTooLong, publishedState, setHold } from '../publish/hold.ts';
import { readManifest } from '../publish/manifests.ts';
import { coveredPages } from '../release/cover.ts';
import { destinationsOf, holderOf, ownerOf } from './workplace.ts';

export interface HoldWish {
  /** Null to lift it. */
  readonly page: string | null;
  /** The one destination that is wanted; all where there is none. */
  readonly to: string | undefined;
}

/** What visitors of one destination are on. */
export interface HoldState {
  readonly name: string;
  /** Null while they get the release. */
  readonly hold: Hold | null;
  /** 'flag': web servers look at a file, at once; 'pages': hot pages of the release are put over, and say 200. */
  readonly how: Destination['holds'];
  /** Pages that are put over now; null where that is not how it is done. */
  readonly over: number | null;
  /** True after 24 hours. */
  readonly tooLong: boolean;
}

/** A destination where a hold could not be set or lifted. */
export interface HoldFailure {
  readonly name: string;
  readonly error: HoldfastError;
}

/**
 * Sets or lifts the hold of each wanted destination: one lock of its control record, neither lease nor origin. Nothing is changed
 * anywhere where one of them lacks the page, or shows nothing yet (`usage`); otherwise one that fails is named and the others have it.
 */
export async function setHolds(
  loaded: LoadedConfig,
  { page, to }: HoldWish,
  signal: AbortSignal,
): Promise<{ readonly set: readonly Destination[]; readonly failed: readonly HoldFailure[] }> {
  const wanted = destinationsOf(loaded).filter(({ name }) => to === undefined || name === to);
  await Promise.all(
    wanted.map((destination) =>
      page === null ? publishedState(destination, signal) : assertHoldable(destination, page, signal),
    ),
  );
  const who = { owner: ownerOf(loaded), holder: await holderOf(loaded.stateDir), clock: systemClock };
  const ended = await Promise.allSettled(wanted.map((destination) => setHold(destination, { page, ...who }, signal)));
  signal.throwIfAborted();
  return {
    set: wanted.filter((_, index) => ended[index]?.status === 'fulfilled'),
    failed: ended.flatMap((result, index) =>
      result.status === 'rejected' ? [{ name: wanted[index]?.name ?? '', error: asHoldfastError(result.reason) }] : [],
    ),
  };
}

/** What visitors are on at each of these destinations; of one where nothing is live, no hold. */
export async function holdStates(
  destinations: readonly Destination[],
  signal: AbortSignal,
): Promise<readonly HoldState[]> {
  return Promise.all(
    destinations.map(async (destination) => {
      const { hold = null, live = null } = (await destination.control.read(signal))?.record ?? {};
      const isOver = destination.holds === 'pages' && live !== null;
      return holdState(destination, hold, isOver ? await readManifest(destination, live, signal) : undefined);
    }),
  );
}

/** The same of one destination whose record and manifest were read. */
export function holdState({ name, holds }: Destination, hold: Hold | null, manifest: Manifest | undefined): HoldState {
  const over = holds === 'flag' ? null : coveredPages(manifest).length;
  return { name, hold, how: holds, over, tooLong: hold !== null && isHeldTooLong(hold, systemClock.now()) };
}
