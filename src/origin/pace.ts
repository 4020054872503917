import type { Clock } from '../model/clock.ts';

/** How fast the origin may be asked. */
export interface PaceLimits {
  readonly concurrency: number;
  /** 0 for no limit. */
  readonly requestsPerSecond: number;
}

/** How fast it is asked now: halved when the origin is in trouble, raised step by step while it is well, and quickly where it had been away. */
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
/** So much trouble without one good answer between is no load of ours: the origin was away, and bears no less for that once it is back. */
const OUTAGE = 3;

interface Speed {
  readonly rate: number;
  readonly concurrency: number;
}

/** `onConcurrency` is told each new value. */
export function createPace(limits: PaceLimits, clock: Clock, onConcurrency: (value: number) => void): Pace {
  const ceiling = limits.requestsPerSecond || RATE_WITHOUT_LIMIT;
  const full = { rate: limits.requestsPerSecond || Number.POSITIVE_INFINITY, concurrency: limits.concurrency };
  const slowest = Math.min(SLOWEST, ceiling);
  let now: Speed = full;
  /** What it may rise to. */
  let top: Speed = full;
  let isSpared = false;
  let good = 0;
  /** Cuts since the last good answer, and what they began from. */
  let cuts = 0;
  let before = full;
  /** After an outage each good answer doubles the rate up to this; trouble on the way ends that. */
  let goal: Speed | undefined;
  let lastCut = Number.NEGATIVE_INFINITY;
  const turns = createTurns(clock, () => now.rate);
  const rate = (): number => Math.min(now.rate, ceiling);

  const set = (next: Speed) => {
    const isOther = next.concurrency !== now.concurrency;
    now = next;
    good = 0;
    if (isOther) onConcurrency(next.concurrency);
  };
  /** True where that is the most it may be. */
  const raise = (to: number, most: Speed): boolean => {
    const isThere = to >= Math.min(most.rate, ceiling);
    set({ rate: isThere ? most.rate : to, concurrency: Math.min(most.concurrency, now.concurrency + 1) });
    return isThere;
  };

  return {
    get concurrency() {
      return now.concurrency;
    },
    get part() {
      return rate() / ceiling;
    },
    turn: turns.turn,
    ease: (began) => {
      if (began < lastCut) return;
      lastCut = clock.monotonic();
      if (cuts === 0) before = now;
      cuts += 1;
      goal = undefined;
      if (isSpared) top = { rate: ceiling / 2, concurrency: halved(limits.concurrency) };
      set({ rate: Math.max(slowest, rate() / 2), concurrency: halved(now.concurrency) });
    },
    good: () => {
      if (cuts >= OUTAGE) goal = before;
      cuts = 0;
      good += 1;
      if (goal !== undefined) goal = raise(rate() * 2, lesser(goal, top)) ? undefined : goal;
      else if (good >= STEP_AFTER) raise(rate() + ceiling / RATE_STEPS, top);
    },
    pause: turns.pause,
    spare: (on) => {
      isSpared = on;
      if (!on) top = full;
    },
  };
}

const halved = (concurrency: number): number => Math.max(1, Math.floor(concurrency / 2));

function lesser(one: Speed, other: Speed): Speed {
  return { rate: Math.min(one.rate, other.rate), concurrency: Math.min(one.concurrency, other.concurrency) };
}

/** Turns that come evenly, at a rate that may change between them. */
function createTurns(clock: Clock, rate: () => number): Pick<Pace, 'turn' | 'pause'> {
  let next = 0;
  const take = (): number => {
    const now = clock.monotonic();
    if (next > now) return next - now;
    next = now + 1000 / rate();
    return 0;
  };
  const wait = async (first: number, signal: AbortSignal) => {
    // Whoever wakes first takes the turn; the others, and a pause meanwhile, make it wait again.
    for (let left = first; left > 0; left = take()) await clock.sleep(left, signal);
  };
  return {
    turn: (createSignal) => {
      const left = take();
      return left === 0 ? undefined : wait(left, createSignal());
    },
    pause: (ms) => {
      next = Math.max(next, clock.monotonic() + ms);
    },
  };
}
