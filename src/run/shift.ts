import { hotLanes } from '../cycle/launch.ts';
import type { Report } from '../cycle/report.ts';
import type { Clock } from '../model/clock.ts';
import { asHoldfastError, hasCode } from '../model/errors.ts';
import type { Asks } from './asks.ts';
import { type CycleEnd, runCycle, type Why } from './cycle.ts';
import type { House } from './house.ts';
import type { Mutable, RunEvent, RunState } from './state.ts';
import type { Timekeeper } from './timekeeper.ts';

/** Cycles, one at a time. */
export interface Shift {
  /** False where one is under way, or the process is about to end: then nothing begins. `at` is the instant of an appointment. */
  begin(why: Why, at?: number): boolean;
  /** Begins a cycle for what was asked for; false where that waits: for the cycle under way, or for an instant that is near. */
  beginAsked(): boolean;
  /** The same for what was asked for and not come to, as the cycles failed or an instant was near; some time after the last. */
  tryAgain(): void;
  /** Does what no cycle may be under way for; false where one is. What is asked for meanwhile begins a cycle after it. */
  between(work: () => Promise<void>): Promise<boolean>;
  /** A tick that found work going on. */
  skip(why: string): void;
  readonly isAtWork: boolean;
  /** Resolves when no cycle is under way. */
  end(): Promise<void>;
}

export interface ShiftOptions {
  readonly state: Mutable<RunState>;
  readonly house: Pick<House, 'premises'>;
  readonly asks: Asks;
  readonly keeper: Pick<Timekeeper, 'ended' | 'isQuiet'>;
  readonly clock: Clock;
  readonly tell: (event: RunEvent) => void;
  readonly newReport: () => Report;
  /** Ends the cycle that is under way, and keeps others from beginning. */
  readonly signal: AbortSignal;
}

/** A cycle that failed before it took what was asked for is not followed by another at once: that would fail too. */
const REST_MS = 10_000;

/** What is asked for while a cycle is under way, and too late for it, begins the next. */
export function openShift(options: ShiftOptions): Shift {
  const { state, house, asks, keeper, clock, tell, signal } = options;
  let running: Promise<void> | undefined;
  let ended = clock.monotonic();
  const cycle = async (why: Why, at?: number): Promise<void> => {
    const report = options.newReport();
    state.cycle = { why, began: clock.now(), report };
    tell({ kind: 'cycle-began', why });
    const wish = { why, asks, report, ...(at === undefined ? {} : { at }) };
    const end = await within(signal, (own) => runCycle(house.premises, wish, own));
    state.cycle = undefined;
    if (at !== undefined) keeper.ended(at, isGood(end));
    // Pages of the origin are looked at first thing after it, and not before what failed at its instant was tried again.
    if (at !== undefined && isGood(end)) asks.add({ paths: [], lanes: hotLanes(house.premises.loaded.config) });
    await settle(end, options);
  };
  /** Nothing else begins before it has ended. */
  const alone = (work: Promise<void>): Promise<void> => {
    const { added } = asks;
    running = work
      .catch((error: unknown) => tell({ kind: 'trouble', error: asHoldfastError(error) }))
      .finally(() => {
        running = undefined;
        ended = clock.monotonic();
        if (asks.added > added) beginAsked();
      });
    return running;
  };
  const begin = (why: Why, at?: number): boolean => {
    if (running !== undefined || signal.aborted) return false;
    void alone(cycle(why, at));
    return true;
  };
  const beginAsked = (): boolean => asks.isWaiting && state.role !== 'passive' && !keeper.isQuiet && begin('trigger');
  return {
    begin,
    beginAsked,
    tryAgain() {
      if (clock.monotonic() - ended >= REST_MS) beginAsked();
    },
    async between(work) {
      if (running !== undefined) return false;
      await alone(work());
      return true;
    },
    skip: (why) => skipped(options, why),
    get isAtWork() {
      return running !== undefined;
    },
    end: async () => running,
  };
}

/** A signal of the cycle's own: what listens to it goes with the cycle, and does not pile up on one that lives for months. */
async function within<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const own = new AbortController();
  const abort = (): void => own.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await work(own.signal);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The leases are held: this machine is the one that publishes. */
export function takeUp({ state, tell }: Pick<ShiftOptions, 'state' | 'tell'>): void {
  const { role, other } = state;
  [state.role, state.other] = ['active', undefined];
  if (role === 'passive' && other !== undefined) tell({ kind: 'taken-over', from: other });
  if (role !== 'active') tell({ kind: 'role', role: 'active', other: undefined });
}

function skipped({ state, tell }: ShiftOptions, why: string): void {
  state.skipped += 1;
  tell({ kind: 'skipped', times: state.skipped, why });
}

/** True where it left what is live as it should be. */
function isGood({ exit, failure }: CycleEnd): boolean {
  return exit !== 1 && exit !== 5 && exit !== 2 && failure === undefined;
}

/** What follows from the end of a cycle. */
async function settle(end: CycleEnd, options: ShiftOptions): Promise<void> {
  const { state, house, tell, signal } = options;
  const { failure } = end;
  // An appointment is tried again until it has its turn, and no tick was lost.
  if (failure !== undefined && hasCode(failure, 'locked'))
    return end.why === 'appointment' ? undefined : skipped(options, failure.message);
  if (failure !== undefined && hasCode(failure, 'leased')) {
    // What was taken before the one that is another's: two machines must not hold a part each.
    await house.premises.desk.letGo();
    if (state.role !== 'passive') tell({ kind: 'role', role: 'passive', other: state.other });
    state.role = 'passive';
    return;
  }
  state.skipped = 0;
  state.cycles += 1;
  state.last = end;
  const isFailed = !isGood(end);
  if (!isFailed) [state.lastGood, state.missed] = [end, undefined];
  else if (end.why === 'appointment') state.missed = end;
  if (!(signal.aborted && isFailed)) state.failures = isFailed ? state.failures + 1 : 0;
  tell({ kind: 'cycle-ended', end });
  // A disk that is full here need not be on the other machine: let that one try.
  if (failure?.stage === 'store') await house.premises.desk.letGo();
}
