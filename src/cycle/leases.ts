import type { LoadedConfig } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import { asHoldfastError, isHoldfastError } from '../model/errors.ts';
import type { ControlState, Destination } from '../publish/destination.ts';
import type { Lease } from '../publish/lease.ts';
import { type Manifests, manifestsOf } from '../publish/manifests.ts';
import { assertOwn } from '../publish/ownership.ts';
import { takeLock } from '../store/lock.ts';
import { newReport, type Report } from './report.ts';
import { deskFor, destinationsOf, holderOf, ownerOf, stateFiles, type Workplace } from './workplace.ts';

/** A destination that this run may publish to, or, in a dry run, may look at. */
export interface Held {
  readonly destination: Destination;
  readonly manifests: Manifests;
  /** Undefined in a dry run, which writes nothing. */
  readonly lease: Lease | undefined;
  /** The control record as it is now. */
  readonly state: ControlState | undefined;
  /** Requests sent to it in this run. */
  readonly requests: number;
}

/** The destinations of one run. */
export interface Leases {
  readonly held: readonly Held[];
  /** Aborted when the last lease is lost: what another run does, this one need not. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

/** Who takes leases, and of what. */
export type Bidder = Pick<Workplace, 'destinations' | 'owner' | 'desk'>;

/** What the leases are for. */
export interface Purpose {
  /** The one destination that is wanted, where not all are. */
  readonly to?: string;
  readonly dryRun: boolean;
  readonly report: Report;
}

/**
 * Takes the lease of each destination the run is for, in order of name, so that of two machines with the same configuration
 * one gets all. Throws `leased` where another machine has one; a destination that fails otherwise is told in the report and left out.
 */
export async function takeLeases(place: Bidder, { to, dryRun, report }: Purpose, signal: AbortSignal): Promise<Leases> {
  const wanted = place.destinations.filter(({ name }) => to === undefined || name === to);
  const inOrder = wanted.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const held = new Map<string, Held>();
  const lost = whenAllAre(() => [...held.values()].flatMap(({ lease }) => lease?.signal ?? []));
  const release = async (): Promise<void> => {
    lost.forget();
    await Promise.all(
      [...held.values()].map(({ lease }) => (lease === undefined ? undefined : place.desk.giveBack(lease))),
    );
  };
  for (const destination of inOrder) {
    try {
      held.set(destination.name, await hold(place, { destination, dryRun }, signal));
    } catch (error) {
      if (signal.aborted || isHoldfastError(error, 'leased')) {
        await release();
        throw error;
      }
      const live = await liveNow(destination, signal);
      report.destinations.set(destination.name, { live, previous: live ?? null, error: asHoldfastError(error) });
    }
  }
  return { held: wanted.flatMap(({ name }) => held.get(name) ?? []), signal: lost.watch(), release };
}

/** Aborted once each of them is, with the reason of the last; never where there are none. A lease may outlive the run: it is to be forgotten then. */
function whenAllAre(signals: () => readonly AbortSignal[]): { watch(): AbortSignal; forget(): void } {
  const all = new AbortController();
  const heed = (): void => {
    const last = signals().findLast(({ aborted }) => aborted);
    if (signals().every(({ aborted }) => aborted)) all.abort(last?.reason);
  };
  return {
    watch: () => {
      for (const signal of signals()) signal.addEventListener('abort', heed);
      return all.signal;
    },
    forget: () => {
      for (const signal of signals()) signal.removeEventListener('abort', heed);
    },
  };
}

interface Wanted {
  readonly destination: Destination;
  readonly dryRun: boolean;
}

async function hold(place: Bidder, { destination, dryRun }: Wanted, signal: AbortSignal): Promise<Held> {
  const before = destination.requests;
  if (!dryRun) return heldBy(await place.desk.take(destination, signal), before);
  const state = await destination.control.read(signal);
  assertOwn(state?.record, place.owner, destination.name);
  return { destination, manifests: manifestsOf(destination), lease: undefined, state, requests: destination.requests };
}

/** A destination whose lease was taken; `before` is what it had been asked for when this run came to it. */
function heldBy(lease: Lease, before: number): Held {
  const { destination, manifests } = lease;
  return {
    destination,
    manifests,
    lease,
    get state() {
      return lease.state;
    },
    get requests() {
      return destination.requests - before;
    },
  };
}

/** Does work at each destination, side by side, and waits for all to end before it throws what went wrong at the first. */
export async function atEach<One, T>(all: readonly One[], work: (one: One) => Promise<T>): Promise<readonly T[]> {
  const ended = await Promise.allSettled(all.map(work));
  const failure = ended.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return ended.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** What is live by the record, undefined where that cannot be read. */
async function liveNow(destination: Destination, signal: AbortSignal): Promise<string | null | undefined> {
  return destination.control.read(signal).then(
    (state) => state?.record.live ?? null,
    () => undefined,
  );
}

/** What is to be done under the lock and the leases. */
export interface LeasedWork<T> {
  /** The one destination that is wanted; all where there is none. */
  readonly to?: string | undefined;
  /** Done with all of them in hand; they are given back when it has ended. */
  readonly work: (held: readonly Held[], signal: AbortSignal) => Promise<T>;
}

/** Takes the lock and the lease of the wanted destinations, for work that needs neither the origin nor the snapshot; throws what kept it from one of them. */
export async function withLeases<T>(loaded: LoadedConfig, wish: LeasedWork<T>, signal: AbortSignal): Promise<T> {
  const lock = await takeLock(stateFiles(loaded.stateDir).lock);
  try {
    const [owner, holder] = [ownerOf(loaded), await holderOf(loaded.stateDir)];
    const desk = deskFor({ owner, holder, clock: systemClock });
    const bidder = { destinations: destinationsOf(loaded), owner, desk };
    const report = newReport();
    const { to, work } = wish;
    const leases = await takeLeases(bidder, { ...(to === undefined ? {} : { to }), dryRun: false, report }, signal);
    try {
      for (const { error } of report.destinations.values()) if (error !== undefined) throw error;
      const until = AbortSignal.any([signal, leases.signal]);
      return await work(leases.held, until);
    } finally {
      await leases.release();
    }
  } finally {
    await lock.release();
  }
}
