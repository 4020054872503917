/** What the origin usually takes to its first byte, learnt from its good answers. */
export interface Usual {
  /** Milliseconds; undefined until enough answers were seen. */
  readonly value: number | undefined;
  /** True where the last answers took three times the usual, and a second more. */
  readonly isSlow: boolean;
  /** Learns one answer; true where the last answers say that the origin has slowed down. */
  add(waited: number): boolean;
}

/** Answers looked at together: one slow page, or a moment in which we ourselves were busy, says nothing. */
const WINDOW = 5;
/** "Slow" is three times the usual. */
const SLOW = 3;
/** Differences below 100 ms are noise of networks and of this machine. */
const NOISE = 100;
/** To ask less is right at once; visitors need to hear of a second and more. Less may be this machine's own business. */
const FELT = 1000;
/** Weight of a new answer. */
const WEIGHT = 1 / 16;
/** A slowdown that lasts becomes the usual, but only over a hundred answers or so. */
const SLOW_DRIFT = 1.01;

/** Starts from `seed` milliseconds, where known from earlier runs. */
export function createUsual(seed?: number): Usual {
  let value = seed;
  /** Those since it was last said that the origin has slowed down. */
  let recent: number[] = [];
  let last: readonly number[] = [];

  return {
    get value() {
      return value;
    },
    get isSlow() {
      return value !== undefined && median(last) > Math.max(value * SLOW, value + FELT);
    },
    add: (waited) => {
      last = [...last, waited].slice(-WINDOW);
      recent.push(waited);
      if (recent.length < WINDOW) return false;
      if (recent.length > WINDOW) recent.shift();
      value ??= median(recent);
      const limit = Math.max(value * SLOW, value + NOISE);
      value = waited > limit ? value * SLOW_DRIFT : value + (waited - value) * WEIGHT;
      if (median(recent) <= limit) return false;
      recent = [];
      return true;
    },
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
