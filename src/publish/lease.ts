import { randomUUID } from 'node:crypto';
import type { Clock } from '../model/clock.ts';
import { HoldfastError, isHoldfastError } from '../model/errors.ts';
import { type ControlRecord, newRecord, type Owner } from './control.ts';
import type { ControlState, Destination, Guard } from './destination.ts';
import { type Manifests, manifestsOf } from './manifests.ts';
import { assertOwn, assertWriter } from './ownership.ts';

/** When a lease is renewed, when its holder stops, and when others may take it; milliseconds. */
export interface LeaseTiming {
  readonly ttl: number;
  readonly renew: number;
  /** Without a renewal for this long the holder stops: early enough that what is on its way arrives before the lease can be taken. */
  readonly stop: number;
}

/** A dead machine is followed within seconds; a pause of the network or of the disk for three seconds takes nobody's lease. */
export const LEASE_TIMING: LeaseTiming = { ttl: 9000, renew: 3000, stop: 6000 };

/** For how long after a takeover the one who lost the lease may wake and finish what it had begun to send. */
const SUSPECT_MS = 600_000;

/** The right to publish to one destination, renewed until it is released. */
export interface Lease {
  readonly destination: Destination;
  readonly manifests: Manifests;
  /** The control record as this holder last read or wrote it. */
  readonly state: ControlState;
  /** Aborted, with `lease-lost`, as soon as the lease is known to be lost or cannot be known to be held. */
  readonly signal: AbortSignal;
  /** Throws `lease-lost` where the lease may be another's by now: for the moment before something becomes visible. */
  assertHeld(): void;
  /** Moves the control record. Throws `lease-lost` where somebody else moved it. */
  move(change: Change): Promise<void>;
  /** Changes the record with its next move, which is when the lease is given back at the latest: one write less. */
  changeSoon(change: Change): void;
  /** Runs work while this holder moves the record no further: for the switch, which must see the very record that was read. */
  readonly guard: Guard;
  /** Gives the lease back with a last change to the record; never throws: an unreleased one runs out. */
  release(): Promise<void>;
}

export type Change = (record: ControlRecord) => ControlRecord;

export interface Bid {
  readonly owner: Owner;
  /** Names this machine and its state folder: a run that died here is followed at once, since the caller holds the local lock. */
  readonly holder: string;
  readonly clock: Clock;
  readonly timing?: LeaseTiming;
  /** A version of the control record that the caller has seen unmoved for a whole TTL: its lease has run out. */
  readonly unmoved?: string | undefined;
}

/**
 * Takes the lease of a destination, claiming an empty one. Throws `leased` where another is at work, and `destination-foreign`
 * before anything is written. The lease of a holder that died is taken when its record did not move for a whole TTL, as measured here:
 * clocks of two machines are never compared.
 */
export async function takeLease(destination: Destination, bid: Bid, signal: AbortSignal): Promise<Lease> {
  for (let attempt = 1; ; attempt++) {
    const lease = await takeOnce(destination, bid, signal);
    if (lease !== undefined) return lease;
    if (attempt === ATTEMPTS) throw leased(destination.name, 'another run took it a moment ago');
  }
}

/** A resident process of this machine renews a lease that is ours to take: between reading the record and moving it that may happen once. */
const ATTEMPTS = 3;

/** Undefined where the record moved meanwhile, and nobody else had the lease. */
async function takeOnce(destination: Destination, bid: Bid, signal: AbortSignal): Promise<Lease | undefined> {
  const run = randomUUID();
  const timing = bid.timing ?? LEASE_TIMING;
  const found = await freeState(destination, { ...bid, timing }, signal);
  const record = found === undefined ? await claimed(destination, bid, signal) : found.record;
  const began = momentOf(bid.clock);
  const taken = renewed(followed(record, bid), { bid, run });
  try {
    const version = await destination.control.swap(taken, found?.version, signal);
    const state = { record: taken, version, settled: found?.settled ?? true };
    return hold({ destination, bid, run, timing }, { state, renewedAt: began });
  } catch (error) {
    if (!isHoldfastError(error, 'destination-moved')) throw error;
    if (found?.record.lease?.holder === bid.holder) return undefined;
    throw leased(destination.name, 'another run took it a moment ago');
  }
}

/** The record once it is free to take; undefined where there is none. */
async function freeState(
  destination: Destination,
  { owner, holder, clock, timing, unmoved }: Bid & { timing: LeaseTiming },
  signal: AbortSignal,
): Promise<ControlState | undefined> {
  const first = await destination.control.read(signal);
  assertOwn(first?.record, owner, destination.name);
  assertWriter(first?.record, holder, destination.name);
  const lease = first?.record.lease ?? null;
  if (first === undefined || lease === null || lease.holder === holder || first.version === unmoved) return first;
  if (Math.abs(clock.now() - Date.parse(lease.renewed)) < timing.ttl)
    throw leased(destination.name, `${lease.holder} is at work since or before ${lease.renewed}`);
  await clock.sleep(timing.ttl, signal);
  const second = await destination.control.read(signal);
  if (second?.version === first.version) return second;
  throw leased(destination.name, `${lease.holder} is at work; its clock is not ours`);
}

/** The first record of a destination. */
export async function claimed(
  destination: Destination,
  { owner, holder }: Bid,
  signal: AbortSignal,
): Promise<ControlRecord> {
  const conditions = await destination.control.probe(signal);
  return newRecord(owner, { lineage: randomUUID(), conditions, writer: conditions === 'ignored' ? holder : null });
}

/** What follows from the end of the holder before: where it was another machine's, that one may wake and write on. */
function followed(record: ControlRecord, { holder, clock }: Bid): ControlRecord {
  const isAnothers = record.lease !== null && record.lease.holder !== holder;
  if (!isAnothers || record.moving === null) return record;
  const until = new Date(clock.now() + SUSPECT_MS).toISOString();
  const others = record.suspects.filter(({ release }) => release !== record.moving);
  return { ...record, suspects: [...others, { release: record.moving, until }] };
}

interface Mark {
  readonly bid: Bid;
  readonly run: string;
}

function renewed(record: ControlRecord, { bid, run }: Mark): ControlRecord {
  return {
    ...record,
    generation: record.generation + 1,
    lease: { holder: bid.holder, run, renewed: new Date(bid.clock.now()).toISOString() },
  };
}

interface Held extends Mark {
  readonly destination: Destination;
  readonly timing: LeaseTiming;
}

interface Holding {
  state: ControlState;
  /** When the last renewal was sent. */
  renewedAt: Moment;
}

/** Both clocks: the monotonic one stands still while a machine sleeps, the other may be set. */
interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

function momentOf(clock: Clock): Moment {
  return { monotonic: clock.monotonic(), wall: clock.now() };
}

/** Milliseconds since then by whichever clock says more: to stop too early costs a run, to stop too late a release. */
function since(then: Moment, clock: Clock): number {
  const now = momentOf(clock);
  return Math.max(now.monotonic - then.monotonic, now.wall - then.wall);
}

function hold(held: Held, holding: Holding): Lease {
  const { destination, bid, timing } = held;
  const lost = new AbortController();
  const lose = (why: string): HoldfastError => {
    const error = leaseLost(destination.name, why);
    lost.abort(error);
    return error;
  };
  let isOver = false;
  const assertHeld = (): void => {
    lost.signal.throwIfAborted();
    if (isOver) throw leaseLost(destination.name, 'it was given back');
    if (since(holding.renewedAt, bid.clock) >= timing.stop) throw lose(`not renewed for ${timing.stop / 1000} s`);
  };
  const swap = async (next: ControlRecord): Promise<void> => {
    const began = momentOf(bid.clock);
    try {
      const version = await destination.control.swap(next, holding.state.version, lost.signal);
      holding.state = { record: next, version, settled: holding.state.settled };
      holding.renewedAt = began;
    } catch (error) {
      throw isHoldfastError(error, 'destination-moved') ? lose('another run moved the control record') : error;
    }
  };
  const inTurn = turns();
  const soon: Change[] = [];
  const changed = (): ControlRecord => soon.reduce((record, change) => change(record), holding.state.record);
  const swapChanged = async (next: Change): Promise<void> => {
    assertHeld();
    const told = soon.length;
    await swap(next(changed()));
    soon.splice(0, told);
  };
  const move = (change: Change): Promise<void> => inTurn(() => swapChanged((record) => renewed(change(record), held)));
  const timer = setInterval(() => {
    try {
      assertHeld();
      void move((record) => record).catch(() => undefined);
    } catch {
      clearInterval(timer);
    }
  }, timing.renew);
  timer.unref();
  return {
    destination,
    manifests: manifestsOf(destination),
    get state() {
      return holding.state;
    },
    signal: lost.signal,
    assertHeld,
    move,
    guard: (work) =>
      inTurn(() => {
        assertHeld();
        return work(holding.state.version);
      }),
    changeSoon: (change) => void soon.push(change),
    async release() {
      clearInterval(timer);
      const free: Change = (record) => ({ ...record, generation: record.generation + 1, lease: null });
      await inTurn(() => swapChanged(free)).catch(() => undefined);
      isOver = true;
    },
  };
}

/** Runs one piece of work after the other, whatever becomes of each. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}

function leased(name: string, why: string): HoldfastError {
  return new HoldfastError('leased', `${name}: another machine has the lease: ${why}`, {
    hint: 'one machine works at a time: for a scheduled run nothing is to be done, else try again in a moment',
  });
}

function leaseLost(name: string, why: string): HoldfastError {
  return new HoldfastError('lease-lost', `${name}: the lease was lost: ${why}`, {
    hint: 'nothing to do: the next run mends what was left half done',
  });
}
