import { KINDS, type Kind } from './kinds.ts';

/** Requests of one step of time. */
export interface Step {
  /** When it begins, milliseconds since 1970. */
  readonly at: number;
  /** Kinds that did not come are left away. */
  readonly requests: Readonly<Partial<Record<Kind, number>>>;
}

/** Requests by minute; where there would be more than `MOST_STEPS` of them, by two minutes, by four, and so on. */
export interface Minutes {
  add(at: number, kind: Kind): void;
  /** Seconds that a step lasts. */
  seconds(): number;
  /** In the order of time; steps without a request are left away. */
  steps(): readonly Step[];
}

/** Two weeks of minutes. */
export const MOST_STEPS = 20_160;

const PLACE = new Map<Kind, number>(KINDS.map((kind, index) => [kind, index]));

/** An empty count. */
export function createMinutes(): Minutes {
  let length = 60_000;
  let known = new Map<number, Uint32Array>();
  const of = (step: number): Uint32Array => {
    const counts = known.get(step) ?? new Uint32Array(KINDS.length);
    known.set(step, counts);
    return counts;
  };
  const widen = (): void => {
    const before = known;
    known = new Map();
    length *= 2;
    for (const [step, counts] of before) addAll(of(Math.floor(step / 2)), counts);
  };
  return {
    add(at, kind) {
      const counts = of(Math.floor(at / length));
      const place = PLACE.get(kind) ?? 0;
      counts[place] = (counts[place] ?? 0) + 1;
      while (known.size > MOST_STEPS) widen();
    },
    seconds: () => length / 1000,
    steps: () =>
      [...known].sort(([a], [b]) => a - b).map(([step, counts]) => ({ at: step * length, requests: named(counts) })),
  };
}

function addAll(sums: Uint32Array, counts: Uint32Array): void {
  counts.forEach((count, place) => {
    sums[place] = (sums[place] ?? 0) + count;
  });
}

const named = (counts: Uint32Array): Partial<Record<Kind, number>> =>
  Object.fromEntries(KINDS.map((kind, place) => [kind, counts[place] ?? 0] as const).filter(([, count]) => count > 0));
