import type { Clock } from '../model/clock.ts';

/** How fast the origin may be asked. */
export interface PaceLimits {
  readonly concurrency: number;
  /** 0 for no limit. */
  readonly requestsPerSecond: number;
}

/** How fast it is asked now: halved when the origin is in trouble, raised step by step while it is well. */
export interface Pace {
  /** Requests at once, never below one. */
  readonly concurrency: number;
  /** The rate as a part of the configured one: 1 where nothing slowed it. */
  readonly part: number;
  /** Waits for this request's turn; undefined where it may go now. Rejects with the signal's reason. */
  turn(createSignal: () => AbortSignal): Promise<void> | undefined;
  /** Trouble seen by a request whose turn came at `began` (monotonic); what began before the last cut was told already. */
  ease(began: number): void;
  good(): void;
  /** Nobody's turn comes for so many milliseconds. */
  pause(ms: number): void;
  /** While `isSpared`, trouble halves not only the rate but what it may rise to again. */
  spare(isSpared: boolean): void;
}

/** Good answers before the next step up. */
const STEP_AFTER = 10;
/** One request in ten seconds is slow enough for anybody. */
const SLOWEST = 0.1;
/** Where no rate is configured, backing off starts from twenty a second, and ends there. */
const RATE_WITHOUT_LIMIT = 20;
/** The rate rises by a tenth of its limit. */
const RATE_STEPS = 10;

/** `onConcurrency` is told each new value. */
export function createPace(limits: PaceLimits, clock: Clock, onConcurrency: (value: number) => void): Pace {
  const ceiling = limits.requestsPerSecond || RATE_WITHOUT_LIMIT;
  const full = limits.requestsPerSecond || Number.POSITIVE_INFINITY;
  let isSpared = false;
  /** The part of its ceiling that the rate may rise to. */
  let top = 1;
  let rate = full;
  let concurrency = limits.concurrency;
  let next = 0;
  let good = 0;
  let lastCut = Number.NEGATIVE_INFINITY;

  const take = (): number => {
    const now = clock.monotonic();
    if (next > now) return next - now;
    next = now + 1000 / rate;
    return 0;
  };

  const wait = async (first: number, signal: AbortSignal) => {
    // Whoever wakes first takes the turn; the others, and a pause meanwhile, make it wait again.
    for (let left = first; left > 0; left = take()) await clock.sleep(left, signal);
  };

  const set = (newRate: number, newConcurrency: number) => {
    rate = newRate;
    good = 0;
    if (newConcurrency === concurrency) return;
    concurrency = newConcurrency;
    onConcurrency(concurrency);
  };

  return {
    get concurrency() {
      return concurrency;
    },
    get part() {
      return Math.min(rate, ceiling) / ceiling;
    },
    turn: (createSignal) => {
      const left = take();
      return left === 0 ? undefined : wait(left, createSignal());
    },
    ease: (began) => {
      if (began < lastCut) return;
      lastCut = clock.monotonic();
      if (isSpared) top = 0.5;
      set(Math.max(SLOWEST, Math.min(rate, ceiling) / 2), Math.max(1, Math.floor(concurrency / 2)));
    },
    good: () => {
      good += 1;
      if (good < STEP_AFTER) return;
      const raised = Math.min(rate, ceiling) + ceiling / RATE_STEPS;
      const highest = top === 1 ? full : ceiling * top;
      const most = Math.max(1, Math.floor(limits.concurrency * top));
      set(raised >= ceiling * top ? highest : raised, Math.min(most, concurrency + 1));
    },
    pause: (ms) => {
      next = Math.max(next, clock.monotonic() + ms);
    },
    spare: (on) => {
      isSpared = on;
      if (!on) top = 1;
    },
  };
}
