import { cronTimes } from '../config/cron.ts';
import type { LoadedConfig } from '../config/load.ts';
import { launchAt } from '../cycle/launch.ts';
import { type KeptPremises, keepPremises } from '../cycle/premises.ts';
import { newReport, type Report } from '../cycle/report.ts';
import type { Clock } from '../model/clock.ts';
import { asHoldfastError, HoldfastError, hasCode } from '../model/errors.ts';
import type { Destination } from '../publish/destination.ts';
import type { Asked } from '../snapshot/context.ts';
import type { Records } from '../snapshot/records.ts';
import { openAsks } from './asks.ts';
import { type CycleEnd, runCycle, type Why } from './cycle.ts';
import { type Reloader, reloaderOf } from './reload.ts';
import type { RunEvent, RunState } from './state.ts';
import { type Plan, ticks } from './ticks.ts';
import { type Watch, watchLeases } from './watch.ts';

/** A passive machine looks at the control records this often, and any at its configuration and its launch mode. */
export const BEAT_MS = 2000;
/** A lease that is about to run out is looked at again no sooner than this. */
const SOON_MS = 50;
/** Templates and words are looked at with each cycle, however rare the looks at the origin are. */
const LONGEST_EVERY_MS = 60_000;

/** The resident process. */
export interface Runner {
  readonly state: RunState;
  /** The snapshot as it is now. */
  records(): Promise<Records>;
  /** The drivers in use. */
  readonly destinations: readonly Destination[];
  /** Works until the signal comes, and leaves whole. Throws only what kept it from beginning. */
  run(signal: AbortSignal): Promise<void>;
  /** What came of a wish to look at something now. */
  ask(asked: Asked): Joined;
  /** Reads the configuration again, changed or not. */
  reload(): void;
}

/** Which cycle sees to a wish; 'passive' where this machine is not the one to ask. */
export type Joined = 'begins now' | 'under way' | 'waits' | 'passive';

export interface RunnerOptions {
  readonly loaded: LoadedConfig;
  readonly load: () => Promise<LoadedConfig>;
  readonly clock: Clock;
  readonly tell: (event: RunEvent) => void;
  /** Called at each turn of the loop: it lives. */
  readonly onBeat?: () => void;
  /** A report of a cycle about to begin, with a progress view where there is one. */
  readonly newReport?: () => Report;
}

/** What changes only together, with the configuration. */
interface House {
  readonly premises: KeptPremises;
  readonly watch: Watch;
  readonly reloader: Reloader;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Opens nothing yet but the state. */
export async function createRunner(options: RunnerOptions): Promise<Runner> {
  const { clock, tell } = options;
  const asks = openAsks();
  const begins = (): void => takeUp(state, tell);
  const house = { now: await openHouse(options.loaded, { ...options, begins }) };
  const state = firstState(options.loaded, { clock, house });
  let running: Promise<void> | undefined;
  let stopping: AbortSignal = new AbortController().signal;
  let retick: () => void = () => undefined;
  let isReloadAsked = false;

  const cycle = async (why: Why): Promise<void> => {
    const report = (options.newReport ?? newReport)();
    state.cycle = { why, began: clock.now(), report };
    tell({ kind: 'cycle-began', why });
    const end = await within(stopping, (signal) => runCycle(house.now.premises, { why, asks, report }, signal));
    state.cycle = undefined;
    await settle(end, { state, premises: house.now.premises, tell, isStopping: stopping.aborted });
  };
  const begin = (why: Why): boolean => {
    if (running !== undefined || stopping.aborted) return false;
    running = cycle(why)
      .catch((error: unknown) => tell({ kind: 'trouble', error: asHoldfastError(error) }))
      .finally(() => {
        running = undefined;
        if (asks.isWaiting && state.role !== 'passive') begin('trigger');
      });
    return true;
  };
  const skip = (why: string): void => {
    state.skipped += 1;
    tell({ kind: 'skipped', times: state.skipped, why });
  };
  const onTick = (next: number | undefined): void => {
    state.next = next;
    if (state.role === 'passive') return;
    if (begin('tick')) return;
    skip('the cycle before is under way');
  };
  const reload = async (): Promise<void> => {
    const found = await house.now.reloader.look(isReloadAsked);
    isReloadAsked = false;
    if (found === undefined) return;
    tell({ kind: 'reloading' });
    if (found instanceof HoldfastError) state.configError = found;
    else {
      const before = house.now.premises;
      house.now = await openHouse(found, { ...options, begins });
      [state.loaded, state.configError] = [found, undefined];
      await before.close();
      retick();
    }
    tell({ kind: 'config', error: state.configError });
  };
  const beat = async (): Promise<number> => {
    options.onBeat?.();
    const launch = await launchAt(state.loaded.stateDir, clock.now()).catch(() => state.launch);
    if (launch?.until !== state.launch?.until) {
      state.launch = launch;
      tell({ kind: 'launch', launch });
      retick();
    }
    if (running !== undefined) return BEAT_MS;
    await reload();
    if (state.role !== 'passive') return BEAT_MS;
    const seen = await house.now.watch.look(stopping);
    state.other = seen.holder ?? state.other;
    house.now.premises.desk.expect(seen.ranOut);
    if (seen.isFree) begin('takeover');
    return seen.isFree ? BEAT_MS : Math.min(BEAT_MS, Math.max(seen.left, SOON_MS));
  };
  return {
    state,
    records: () => house.now.premises.records(),
    get destinations() {
      return house.now.premises.destinations;
    },
    ask(asked) {
      if (state.role === 'passive') return 'passive';
      const isFirst = !asks.isWaiting;
      asks.add(asked);
      if (begin('trigger')) return 'begins now';
      return isFirst ? 'under way' : 'waits';
    },
    reload: () => {
      isReloadAsked = true;
    },
    async run(signal) {
      stopping = signal;
      tell({ kind: 'ready' });
      const ticking = loopTicks(() => planOf(state), {
        clock,
        signal,
        onTick,
        onRestart: (restart) => (retick = restart),
      });
      await again({ clock, signal, work: beat, tell });
      tell({ kind: 'stopping' });
      await Promise.all([ticking, running]);
      await house.now.premises.close();
    },
  };
}

async function openHouse(
  loaded: LoadedConfig,
  { clock, load, begins }: RunnerOptions & { readonly begins: () => void },
): Promise<House> {
  const premises = await keepPremises(loaded, { clock, begins });
  const watch = watchLeases(premises.destinations, { clock, holder: premises.desk.holder });
  return { premises, watch, reloader: reloaderOf(loaded, load) };
}

function firstState(
  loaded: LoadedConfig,
  { clock, house }: { clock: Clock; house: { readonly now: House } },
): Mutable<RunState> {
  return {
    started: clock.now(),
    loaded,
    role: 'starting',
    other: undefined,
    cycle: undefined,
    last: undefined,
    cycles: 0,
    failures: 0,
    skipped: 0,
    next: undefined,
    launch: undefined,
    configError: undefined,
    get ease() {
      return house.now.premises.ease;
    },
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

interface Settling {
  readonly state: Mutable<RunState>;
  readonly premises: KeptPremises;
  readonly tell: (event: RunEvent) => void;
  readonly isStopping: boolean;
}

/** The leases are held: this machine is the one that publishes. */
function takeUp(state: Mutable<RunState>, tell: Settling['tell']): void {
  const { role, other } = state;
  [state.role, state.other] = ['active', undefined];
  if (role === 'passive' && other !== undefined) tell({ kind: 'taken-over', from: other });
  if (role !== 'active') tell({ kind: 'role', role: 'active', other: undefined });
}

/** What follows from the end of a cycle. */
async function settle(end: CycleEnd, { state, premises, tell, isStopping }: Settling): Promise<void> {
  const { failure } = end;
  if (failure !== undefined && hasCode(failure, 'locked')) {
    state.skipped += 1;
    tell({ kind: 'skipped', times: state.skipped, why: failure.message });
    return;
  }
  if (failure !== undefined && hasCode(failure, 'leased')) {
    // What was taken before the one that is another's: two machines must not hold a part each.
    await premises.desk.letGo();
    if (state.role !== 'passive') tell({ kind: 'role', role: 'passive', other: state.other });
    state.role = 'passive';
    return;
  }
  state.skipped = 0;
  state.cycles += 1;
  state.last = end;
  const isFailed = end.exit === 1 || end.exit === 5 || end.exit === 2;
  if (!(isStopping && isFailed)) state.failures = isFailed ? state.failures + 1 : 0;
  tell({ kind: 'cycle-ended', end });
  // A disk that is full here need not be on the other machine: let that one try.
  if (failure?.stage === 'store') await premises.desk.letGo();
}

/** By the configuration; while launch mode is on never slower than its hot lanes. */
function planOf({ loaded: { config }, launch }: RunState): Plan {
  const { every, cron, zone } = config.schedule;
  const lanes = config.lanes.map((lane) => lane.every);
  const shortest = every ?? Math.min(...lanes, LONGEST_EVERY_MS);
  if (launch !== undefined) return { every: Math.min(shortest, config.launch.every) };
  return cron === undefined ? { every: shortest } : { cron: cronTimes(cron, zone) };
}

interface Ticking {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onTick: (next: number | undefined) => void;
  /** Gets the way to begin anew, by another plan. */
  readonly onRestart: (restart: () => void) => void;
}

async function loopTicks(plan: () => Plan, { clock, signal, onTick, onRestart }: Ticking): Promise<void> {
  while (!signal.aborted) {
    const turn = new AbortController();
    const stop = (): void => turn.abort();
    signal.addEventListener('abort', stop, { once: true });
    onRestart(stop);
    for await (const { next } of ticks(plan(), clock, turn.signal)) onTick(next);
    // A calendar without another time: only a new plan, or the end, goes on from here.
    if (!turn.signal.aborted) await new Promise((resolve) => turn.signal.addEventListener('abort', resolve));
    signal.removeEventListener('abort', stop);
  }
}

interface Beating {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds until it is to be done again. */
  readonly work: () => Promise<number>;
  readonly tell: (event: RunEvent) => void;
}

/** Does something again and again until the signal comes; what goes wrong with it is told, and it goes on. */
async function again({ clock, signal, work, tell }: Beating): Promise<void> {
  while (!signal.aborted) {
    const pause = await work().catch((error: unknown) => {
      if (!signal.aborted) tell({ kind: 'trouble', error: asHoldfastError(error) });
      return BEAT_MS;
    });
    await clock.sleep(pause, signal).catch(() => undefined);
  }
}
