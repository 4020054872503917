import type { Clock } from '../model/clock.ts';

/** How many may be at the origin at once, and none while it is away. */
export interface Turnstile {
  /** Does `work` when there is room. `full`: there was none in time. `away`: the origin failed lately, so it was not asked. */
  pass<T>(work: () => Promise<{ readonly failed: boolean; readonly value: T }>): Promise<T | 'full' | 'away'>;
}

/** Longest wait for room: an origin that answers takes less, and one that does not is not waited for. */
const WAIT_MS = 1000;
/** Failures in a row after which the origin counts as away. */
const FAILURES = 3;
/** How long it is then left alone; after that one submission tries it. */
const REST_MS = 5000;

/** A turnstile of so many places. */
export function createTurnstile(places: number, clock: Pick<Clock, 'monotonic'>): Turnstile {
  const waiting: (() => void)[] = [];
  let inside = 0;
  let failures = 0;
  let until = 0;
  let isTrying = false;

  const isAway = () => failures >= FAILURES && (isTrying || clock.monotonic() < until);
  const enter = (): Promise<boolean> => {
    if (inside < places) {
      inside += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const take = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(take), 1);
        resolve(false);
      }, WAIT_MS);
      waiting.push(take);
    });
  };
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) inside -= 1;
    else next();
  };
  return {
    async pass(work) {
      if (isAway()) return 'away';
      if (!(await enter())) return 'full';
      try {
        // Who waited may have waited for those who found it away.
        if (isAway()) return 'away';
        isTrying = failures >= FAILURES;
        const { failed, value } = await work();
        failures = failed ? failures + 1 : 0;
        if (failed) until = clock.monotonic() + REST_MS;
        return value;
      } finally {
        isTrying = false;
        leave();
      }
    },
  };
}
