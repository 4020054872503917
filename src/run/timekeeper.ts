import type { LoadedConfig } from '../config/load.ts';
import {
  type Appointment,
  cutsBefore,
  isToMakeWay,
  leadOf,
  nextAppointment,
  type Prepared,
  preparedIn,
} from '../cycle/appointment.ts';
import { hasDue, keepTimetable, leaveToOthers } from '../cycle/timetable.ts';
import type { Clock } from '../model/clock.ts';
import type { RunState } from './state.ts';

/** A machine that is not at work leaves an entry to the other for so long; a takeover takes 15 s at most. */
const GRACE_MS = 60_000;
/** What failed at its instant is tried again at once, for so long. */
const RETRY_MS = 60_000;
/** An entry that cannot be carried out is tried again after this. */
const AGAIN_MS = 30_000;

/** What is to be done for the timetable now. */
export type TimeWish =
  /** An entry is due, or times in caches are to be cut: a cycle of what is known does it. */
  | { readonly kind: 'cycle' }
  /** What is to go live at an instant is to be made and held. */
  | { readonly kind: 'appointment'; readonly at: number };

/** Knows what is to happen when. */
export interface Timekeeper {
  /** The next instant at which a release is to go live, as it was last seen. */
  readonly next: Appointment | undefined;
  /** True shortly before it: nothing else is to begin. */
  readonly isQuiet: boolean;
  /** What is to be done now, and in how many milliseconds to ask again. */
  look(): Promise<{ readonly wish?: TimeWish; readonly pause: number }>;
  /** What became of an appointment: one that failed is wished for again. */
  ended(at: number, isGood: boolean): void;
}

interface Options {
  readonly state: () => Pick<RunState, 'loaded' | 'role'>;
  readonly clock: Clock;
  readonly longest: number;
}

/** Reads what is on disk each time it is asked, since verbs and other runs write it too. */
export function createTimekeeper({ state, clock, longest }: Options): Timekeeper {
  let next: Appointment | undefined;
  let prepared: Prepared | undefined;
  /** An instant whose cycle was wished for and has not ended well yet. */
  let pending: number | undefined;
  /** One that ended well, before its time where there was nothing to do. */
  let done: number | undefined;
  /** When an entry that is due was wished for last, monotonic. */
  let triedAt = Number.NEGATIVE_INFINITY;
  /** The step of cutting that was wished for last, as an instant. */
  let cutAt = Number.NEGATIVE_INFINITY;
  const look = async (loaded: LoadedConfig): ReturnType<Timekeeper['look']> => {
    const now = clock.now();
    const isDue = await hasDue(loaded, now);
    if (isDue && clock.monotonic() - triedAt >= AGAIN_MS) {
      triedAt = clock.monotonic();
      return { wish: { kind: 'cycle' }, pause: longest };
    }
    if (!isDue) triedAt = Number.NEGATIVE_INFINITY;
    if (pending !== undefined && now - pending > RETRY_MS) pending = undefined;
    if (pending !== undefined) return { wish: { kind: 'appointment', at: pending }, pause: Math.min(longest, 1000) };
    next = await nextAppointment(loaded, now);
    prepared = await preparedIn(loaded.stateDir, now);
    const soon = pauseTo(now, entriesOf(loaded));
    if (next === undefined) return { pause: Math.min(longest, soon) };
    const { at } = next;
    const lead = at - leadOf(prepared);
    if (at === done) return { pause: Math.min(longest, soon) };
    if (now >= lead) {
      pending = at;
      return { wish: { kind: 'appointment', at }, pause: longest };
    }
    const steps = cutsBefore(prepared).map((before) => at - before);
    const due = steps.findLast((step) => step <= now);
    const pause = Math.min(longest, soon, pauseTo(now, [...steps, lead]));
    if (due === undefined || due <= cutAt || !hasChanges(prepared)) return { pause };
    cutAt = due;
    return { wish: { kind: 'cycle' }, pause };
  };
  return {
    get next() {
      return next;
    },
    get isQuiet() {
      return next !== undefined && isToMakeWay(next.at - clock.now(), prepared);
    },
    async look() {
      const { loaded, role } = state();
      if (role !== 'passive') return look(loaded);
      await leaveToOthers(loaded, clock.now(), GRACE_MS);
      return { pause: longest };
    },
    ended(at, isGood) {
      if (isGood) [done, pending] = [at, undefined];
    },
  };
}

/** Carries out what is due while a cycle is under way, which hears of a hold by itself. */
export async function keepMeanwhile(loaded: LoadedConfig, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const { error } of await keepTimetable(loaded, clock.now(), signal)) if (error !== undefined) throw error;
}

function hasChanges(prepared: Prepared | undefined): boolean {
  return prepared?.destinations.some(({ changes }) => changes.length > 0) === true;
}

/** Entries that are carried out; those that publish are appointments. */
function entriesOf({ config }: LoadedConfig): readonly number[] {
  return config.timetable.flatMap(({ at, then }) => (then === 'publish' ? [] : [at]));
}

function pauseTo(now: number, instants: readonly number[]): number {
  return Math.min(...instants.filter((at) => at > now).map((at) => at - now));
}
