import type { Clock } from '../model/clock.ts';
import { HoldfastError, isHoldfastError } from '../model/errors.ts';
import type { ControlRecord, Owner } from './control.ts';
import type { ControlState, Destination, Guard } from './destination.ts';
import { type Manifests, manifestsOf } from './manifests.ts';

/** When a lease is renewed, when its holder stops, and when others may take it; milliseconds. */
export interface LeaseTiming {
  readonly ttl: number;
  readonly renew: number;
  /**
   * Without a renewal for this long the holder makes nothing visible until it has renewed: early enough that what is on its way arrives before
   * the lease can be taken.
   */
  readonly stop: number;
}

/** The right to publish to one destination, renewed until it is released. */
export interface Lease {
  readonly destination: Destination;
  readonly manifests: Manifests;
  /** The control record as this holder last read or wrote it. */
  readonly state: ControlState;
  /** Aborted, with `lease-lost`, as soon as the lease is known to be lost, or could not be renewed for longer than `ttl`. */
  readonly signal: AbortSignal;
  /**
   * For the moment before something becomes visible: resolves at once while the lease is fresh. A holder that is late, since its machine is
   * busy or slept, renews first; that succeeds only if nobody took the lease meanwhile, and throws `lease-lost` if somebody did.
   */
  ensureHeld(): Promise<void>;
  /** Moves the control record. Throws `lease-lost` where somebody else moved it. */
  move(change: Change): Promise<void>;
  /** Changes the record with its next move, which is when the lease is given back at the latest: one write less. */
  changeSoon(change: Change): void;
  /** As after `ensureHeld`, runs work while this holder moves the record no further: for the switch, which must see the very record that was read. */
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
  /** The stamp of a lease that the caller has seen unrenewed for a whole TTL: it has run out. */
  readonly ranOut?: string | undefined;
  /** Manifests of the destination that the caller has read, and goes on reading. */
  readonly manifests?: Manifests;
}

/** Who marks the record as at work. */
export interface Mark {
  readonly bid: Bid;
  readonly run: string;
}

/** The record with the lease renewed now. */
export function renewed(record: ControlRecord, { bid, run }: Mark): ControlRecord {
  return {
    ...record,
    generation: record.generation + 1,
    lease: { holder: bid.holder, run, renewed: new Date(bid.clock.now()).toISOString() },
  };
}

/** Both clocks: the monotonic one stands still while a machine sleeps, the other may be set. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** Now, by both. */
export function momentOf(clock: Clock): Moment {
  return { monotonic: clock.monotonic(), wall: clock.now() };
}

/** Milliseconds since then by whichever clock says more: to stop too early costs a run, to stop too late a release. */
function since(then: Moment, clock: Clock): number {
  const now = momentOf(clock);
  return Math.max(now.monotonic - then.monotonic, now.wall - then.wall);
}

export interface Tenant extends Mark {
  readonly destination: Destination;
  readonly timing: LeaseTiming;
}

/** What changes while a lease is held. */
export interface Standing {
  state: ControlState;
  /** When the last renewal was sent. */
  renewedAt: Moment;
}

/** The lease of who has just taken it, renewed from now on. */
export function tenureOf(tenant: Tenant, standing: Standing): Lease {
  const { destination, timing } = tenant;
  const term = termOf(tenant, standing);
  const tenure = { standing, term };
  const inTurn = turns();
  const soon: Change[] = [];
  const swap = (change: Change): Promise<void> =>
    inTurn(() =>
      despiteHolds(tenant, tenure, async () => {
        const told = soon.length;
        const record = soon.reduce((before, one) => one(before), standing.state.record);
        await moveTo(tenant, tenure, change(record));
        soon.splice(0, told);
      }),
    ).catch((error: unknown) => {
      throw isHoldfastError(error, 'destination-moved') ? term.lose('another run moved the control record') : error;
    });
  const move = (change: Change): Promise<void> => swap((record) => renewed(change(record), tenant));
  const renew = (): Promise<void> => move((record) => record);
  const timer = renewing(term, timing, renew);
  const ensureHeld = async (): Promise<void> => {
    term.assertHeld();
    if (term.isLate()) await renew();
  };
  return {
    destination,
    manifests: tenant.bid.manifests ?? manifestsOf(destination),
    get state() {
      return standing.state;
    },
    signal: term.signal,
    ensureHeld,
    move,
    guard: async (work) => {
      // Where a store has no lock of its own, as a bucket, nothing else tells a publisher that slept that it is late.
      await ensureHeld();
      return inTurn(() => despiteHolds(tenant, tenure, () => work(standing.state.version)));
    },
    changeSoon: (change) => void soon.push(change),
    async release() {
      clearInterval(timer);
      await swap((record) => ({ ...record, generation: record.generation + 1, lease: null })).catch(() => undefined);
      term.end();
    },
  };
}

/** A renewal that takes longer than so many lifetimes of the lease does not end. */
const LIFETIMES = 5;

/**
 * Renews a lease now and then. One renewal is under way at a time; the lease is lost when one fails and the last good one is so old that another may
 * have it, or when one does not end. To be late alone is no loss: on a busy machine timers and disks are, nothing becomes visible meanwhile, and the renewal
 * itself tells whether anybody was faster.
 */
function renewing(term: Term, { renew: every, ttl }: LeaseTiming, renew: () => Promise<void>): NodeJS.Timeout {
  const most = Math.ceil((LIFETIMES * ttl) / every);
  let rounds = 0;
  const timer = setInterval(() => {
    if (term.isOver()) return clearInterval(timer);
    rounds += 1;
    if (rounds > 1) {
      if (rounds > most) term.lose('a renewal does not end');
      return;
    }
    void renew()
      .catch(() => {
        if (term.hasRunOut()) term.lose('it could not be renewed');
      })
      .finally(() => {
        rounds = 0;
      });
  }, every);
  return timer.unref();
}

/** For how long a lease is held. */
interface Term {
  /** Aborted when it was lost. */
  readonly signal: AbortSignal;
  /** Throws `lease-lost` where it is over. */
  assertHeld(): void;
  /** True once it was lost or given back. */
  isOver(): boolean;
  /** True where it may be another's before long, or is: only a renewal can tell. */
  isLate(): boolean;
  /** True where whoever waits for it may have taken it. */
  hasRunOut(): boolean;
  /** Says that it was lost; the error to throw. */
  lose(why: string): HoldfastError;
  /** It was given back. */
  end(): void;
}

function termOf({ destination: { name }, bid, timing }: Tenant, standing: Standing): Term {
  const lost = new AbortController();
  let isOver = false;
  const lose = (why: string): HoldfastError => {
    const error = leaseLost(name, why);
    lost.abort(error);
    return error;
  };
  return {
    signal: lost.signal,
    lose,
    assertHeld() {
      lost.signal.throwIfAborted();
      if (isOver) throw leaseLost(name, 'it was given back');
    },
    isOver: () => isOver || lost.signal.aborted,
    isLate: () => since(standing.renewedAt, bid.clock) >= timing.stop,
    hasRunOut: () => since(standing.renewedAt, bid.clock) >= timing.ttl,
    end() {
      isOver = true;
    },
  };
}

interface Tenure {
  readonly standing: Standing;
  readonly term: Term;
}

async function moveTo({ destination, bid }: Tenant, { standing, term }: Tenure, next: ControlRecord): Promise<void> {
  const began = momentOf(bid.clock);
  const version = await destination.control.swap(next, standing.state.version, term.signal);
  standing.state = { record: next, version, settled: standing.state.settled };
  standing.renewedAt = began;
}

/**
 * Does work on the record that is known, and again with the record as it is now where only a hold moved it: a hold takes no lease, so
 * that it comes at once whoever is at work. Ends with the lease at the latest.
 */
async function despiteHolds<T>(tenant: Tenant, tenure: Tenure, work: () => Promise<T>): Promise<T> {
  for (;;) {
    tenure.term.assertHeld();
    try {
      return await work();
    } catch (error) {
      if (!isHoldfastError(error, 'destination-moved') || !(await takesOver(tenant, tenure))) throw error;
    }
  }
}

/** True where the record is another one now and still says that this run has the lease: that is the one to go on with. */
async function takesOver({ destination, run }: Tenant, { standing, term }: Tenure): Promise<boolean> {
  const { state } = standing;
  const found = await destination.control.read(term.signal);
  if (found?.record.lease?.run !== run || found.version === state.version) return false;
  standing.state = { ...state, record: withHold(state.record, found.record), version: found.version };
  return true;
}

/** Where the store ignores conditions, whoever set the hold may have put back what it had read before our last move. */
function withHold(mine: ControlRecord, found: ControlRecord): ControlRecord {
  if (found.conditions !== 'ignored') return found;
  return { ...mine, hold: found.hold, generation: Math.max(mine.generation, found.generation) };
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

function leaseLost(name: string, why: string): HoldfastError {
  return new HoldfastError('lease-lost', `${name}: the lease was lost: ${why}`, {
    hint: 'nothing to do: the next run mends what was left half done',
  });
}
