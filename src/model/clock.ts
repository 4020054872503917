import { setTimeout as wait } from 'node:timers/promises';

/** Time, passed in wherever it matters so that a test can own it. */
export interface Clock {
  /** Milliseconds since 1970, for what people and headers read. */
  now(): number;
  /** Milliseconds of a clock that never jumps, for waits and intervals within one process. */
  monotonic(): number;
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Somebody's clock that is another than this machine's. */
export interface ClockOff {
  /** As in "the origin's". */
  readonly whose: string;
  /** By how much, and what to do. */
  readonly text: string;
}

/** A clock that is set is noticed within this. */
const LONGEST_NAP_MS = 500;

/** Sleeps until the wall clock shows `at` (milliseconds since 1970), however it is set meanwhile; never wakes early. Rejects with the signal's reason. */
export async function sleepUntil(at: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  for (let left = at - clock.now(); left > 0; left = at - clock.now())
    await clock.sleep(Math.min(left, LONGEST_NAP_MS), signal);
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
};

/**
 * The same clock, whose `now` never goes back: where the machine's is set back it goes on at the pace of the monotonic one until that has caught up. So what was
 * looked at a moment ago never seems to be of a time to come. A jump forward it follows, since a machine that slept has aged.
 */
export function onwardClock(clock: Clock): Clock {
  let last = { wall: clock.now(), monotonic: clock.monotonic() };
  return {
    now() {
      const monotonic = clock.monotonic();
      last = { wall: Math.max(clock.now(), last.wall + monotonic - last.monotonic), monotonic };
      return Math.floor(last.wall);
    },
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}
