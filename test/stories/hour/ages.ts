/** A stretch of time, in milliseconds since 1970. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A cycle of a resident process, by its log; `isGood` where it published all that it looked at. */
export interface Cycle extends Stretch {
  readonly isGood: boolean;
}

/** An edition of a page as a visitor got it. */
export interface Sighting {
  readonly at: number;
  readonly edition: number;
}

/** What ages are held against. */
export interface Terms {
  /** When each edition was made at the origin, by its number. */
  readonly made: readonly number[];
  /** Between looks at the page, in milliseconds. */
  readonly interval: number;
  readonly cycles: readonly Cycle[];
  /** When nothing can have come: the origin was not up, nobody was at work, the disk was full. */
  readonly excused: readonly Stretch[];
  /** What a web server holds on to, and what the machine was late by, in milliseconds. */
  readonly slack: number;
}

/** A page that was older than it may be. Milliseconds. */
export interface Late extends Sighting {
  readonly age: number;
  readonly allowed: number;
}

/**
 * Sightings of a page older than its interval plus one cycle. A cycle is as long as the longest one measured while the page grew old; where that is longer than the
 * interval, the one before it was in its way, and a second one is allowed.
 */
export function late(sightings: readonly Sighting[], terms: Terms): readonly Late[] {
  return sightings.flatMap((sighting) => {
    const next = terms.made[sighting.edition + 1];
    const age = next === undefined ? 0 : sighting.at - next;
    if (age <= 0 || next === undefined) return [];
    const grew = { from: next, to: sighting.at };
    if (terms.excused.some((one) => overlap(one, grew))) return [];
    const allowed = terms.interval + terms.slack + cycleFor(grew, terms);
    return age <= allowed ? [] : [{ ...sighting, age, allowed }];
  });
}

function cycleFor(grew: Stretch, { cycles, interval }: Terms): number {
  const longest = Math.max(0, ...cycles.filter((cycle) => overlap(cycle, grew)).map(({ from, to }) => to - from));
  return longest > interval ? 2 * longest : longest;
}

const overlap = (one: Stretch, other: Stretch): boolean => one.from <= other.to && other.from <= one.to;

/** From the beginning of a trouble to the end of the first good cycle that began after it was over; undefined where none did. */
export function untilGood(trouble: Stretch, cycles: readonly Cycle[], slack: number): Stretch | undefined {
  const first = cycles.find(({ from, isGood }) => isGood && from >= trouble.to);
  return first === undefined ? undefined : { from: trouble.from, to: first.to + slack };
}
