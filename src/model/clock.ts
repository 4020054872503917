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

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
};
