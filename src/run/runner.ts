import { cronTimes } from '../config/cron.ts';
import type { LoadedConfig } from '../config/load.ts';
import { launchAt } from '../cycle/launch.ts';
import { newReport, type Report } from '../cycle/report.ts';
import type { Clock } from '../model/clock.ts';
import { asHoldfastError, HoldfastError } from '../model/errors.ts';
import type { Asked } from '../snapshot/context.ts';
import { openAsks } from './asks.ts';
import { type Facts, gatherFacts } from './facts.ts';
import { type House, openHouse } from './house.ts';
import { type LaneFact, laneFacts } from './lane-facts.ts';
import { openShift, type Shift, takeUp } from './shift.ts';
import type { Mutable, RunEvent, RunState } from './state.ts';
import { type Plan, type Ticker, tickerOf } from './ticks.ts';
import { createTimekeeper, keepMeanwhile, type Timekeeper } from './timekeeper.ts';

/** A passive machine looks at the control records this often, and any at its configuration and its launch mode. */
export const BEAT_MS = 2000;
/** A lease that is about to run out is looked at again no sooner than this. */
const SOON_MS = 50;
/** Templates and words are looked at with each cycle, however rare the looks at the origin are. */
const LONGEST_EVERY_MS = 60_000;

/** The resident process. */
export interface Runner {
  readonly state: RunState;
  /** All that is known of the site now, of a destination that does not answer that it does not. Throws `state-damaged`. */
  facts(signal: AbortSignal): Promise<Facts>;
  /** How old each lane is. */
  lanes(): Promise<readonly LaneFact[]>;
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

/** Opens nothing yet but the state. */
export async function createRunner(options: RunnerOptions): Promise<Runner> {
  const { loaded, clock, tell } = options;
  const stop = new AbortController();
  const { signal } = stop;
  const asks = openAsks();
  const house = await openHouse({ ...options, begins: () => takeUp({ state, tell }) });
  const state = firstState(loaded, { clock, house });
  const keeper = createTimekeeper({ state: () => state, clock, longest: BEAT_MS });
  const shift = openShift({ newReport, ...options, state, house, asks, keeper, signal });
  const expect = (left: number | undefined): void => {
    state.next = left === undefined ? undefined : clock.now() + left;
    state.nextDue = left === undefined ? undefined : clock.monotonic() + left;
  };
  const ticker = tickerOf(() => planOf(state), { clock, signal, expect });
  const beat = beatOf({ ...options, state, house, shift, keeper, ticker, signal });
  return {
    state,
    facts: async (until) => gatherFacts({ ...(await lookedAt(house)), loaded: state.loaded, now: clock.now() }, until),
    lanes: async () => {
      const { records, lookNow } = await lookedAt(house);
      return laneFacts(state.loaded.config, { records, launch: state.launch, now: lookNow });
    },
    ask(asked) {
      if (state.role === 'passive') return 'passive';
      const isFirst = !asks.isWaiting;
      asks.add(asked);
      if (shift.beginAsked()) return 'begins now';
      return isFirst && !keeper.isQuiet ? 'under way' : 'waits';
    },
    reload: house.askAnew,
    async run(until) {
      until.addEventListener('abort', () => stop.abort(until.reason), { once: true });
      if (until.aborted) stop.abort(until.reason);
      tell({ kind: 'ready' });
      const ticking = ticker.run(() => {
        // A cycle now would be in the way of what is to go live at its second.
        if (state.role === 'passive' || keeper.isQuiet) return;
        if (!shift.begin('tick')) shift.skip('the cycle before is under way');
      });
      await again({ clock, signal, work: beat, tell });
      tell({ kind: 'stopping' });
      await Promise.all([ticking, shift.end()]);
      await house.premises.close();
    },
  };
}

async function lookedAt({ premises }: House) {
  return {
    records: await premises.records(),
    destinations: premises.manifests,
    lookNow: premises.onward.now(),
  };
}

function firstState(
  loaded: LoadedConfig,
  { clock, house }: { readonly clock: Clock; readonly house: House },
): Mutable<RunState> {
  return {
    started: clock.now(),
    loaded,
    role: 'starting',
    other: undefined,
    cycle: undefined,
    last: undefined,
    lastGood: undefined,
    cycles: 0,
    failures: 0,
    skipped: 0,
    next: undefined,
    nextDue: undefined,
    launch: undefined,
    appointment: undefined,
    missed: undefined,
    configError: undefined,
    get ease() {
      return house.premises.ease;
    },
  };
}

/** By the configuration; while launch mode is on never slower than its hot lanes. */
function planOf({ loaded: { config }, launch }: RunState): Plan {
  const { every, cron, zone } = config.schedule;
  const lanes = config.lanes.map((lane) => lane.every);
  const shortest = every ?? Math.min(...lanes, LONGEST_EVERY_MS);
  if (launch !== undefined) return { every: Math.min(shortest, config.launch.every) };
  return cron === undefined ? { every: shortest } : { cron: cronTimes(cron, zone) };
}

interface Beat extends Pick<RunnerOptions, 'clock' | 'tell' | 'onBeat'> {
  readonly state: Mutable<RunState>;
  readonly house: House;
  readonly shift: Shift;
  readonly keeper: Timekeeper;
  readonly ticker: Ticker;
  readonly signal: AbortSignal;
}

/** What is looked at each few seconds beside the cycles; milliseconds until it is to be looked at again. */
function beatOf(beat: Beat): () => Promise<number> {
  const { shift, onBeat } = beat;
  return async () => {
    onBeat?.();
    await heedLaunch(beat);
    if (!shift.isAtWork) await heedConfig(beat);
    // A timetable that cannot be read keeps no machine from taking over.
    const pause = await heedTime(beat).catch((error: unknown) => {
      if (!beat.signal.aborted) beat.tell({ kind: 'trouble', error: asHoldfastError(error) });
      return BEAT_MS;
    });
    shift.tryAgain();
    return !shift.isAtWork && beat.state.role === 'passive' ? heedOther(beat) : pause;
  };
}

async function heedLaunch({ state, clock, tell, ticker }: Beat): Promise<void> {
  const launch = await launchAt(state.loaded.stateDir, clock.now()).catch(() => state.launch);
  if (launch?.until === state.launch?.until) return;
  state.launch = launch;
  tell({ kind: 'launch', launch });
  ticker.restart();
}

async function heedConfig({ state, house, shift, tell, ticker }: Beat): Promise<void> {
  const found = await house.renew({ onNews: () => tell({ kind: 'reloading' }), between: shift.between });
  if (found === undefined) return;
  if (found instanceof HoldfastError) state.configError = found;
  else {
    [state.loaded, state.configError] = [found, undefined];
    ticker.restart();
  }
  tell({ kind: 'config', error: state.configError });
}

/** What the timetable wants now; milliseconds until it may want something else. */
async function heedTime({ state, keeper, shift, clock, signal }: Beat): Promise<number> {
  const { wish, pause } = await keeper.look();
  state.appointment = keeper.next;
  if (wish?.kind === 'appointment') shift.begin('appointment', wish.at);
  else if (wish !== undefined && !shift.begin('timetable')) await keepMeanwhile(state.loaded, clock, signal);
  return pause;
}

/** The machine that is active may have stopped. */
async function heedOther({ state, house, shift, signal }: Beat): Promise<number> {
  const seen = await house.watch.look(signal);
  state.other = seen.holder ?? state.other;
  house.premises.desk.expect(seen.ranOut);
  if (seen.isFree) shift.begin('takeover');
  return seen.isFree ? BEAT_MS : Math.min(BEAT_MS, Math.max(seen.left, SOON_MS));
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
