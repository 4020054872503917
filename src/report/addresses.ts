import { createSketch, hashWord, type Salt, type Sketch } from './sketch.ts';

/** Groups that one address may be counted in: the bits of a word. */
export const GROUPS = 32;
/** Slots of the table, 12 bytes each (24 MiB in all); half of them may fill. */
const SLOTS = 1 << 21;

/** How many different addresses there were; exactly up to a million, within ±2 % beyond. */
export interface Unique {
  readonly addresses: number;
  readonly isExact: boolean;
}

/** Counts addresses in groups by a hash that is keyed with the run's salt; no address is kept, and none is written. */
export interface Addresses {
  /** `groups` has a bit for each group that the address is to be counted in. */
  add(address: string, groups: number): void;
  unique(group: number): Unique;
}

/** An exact count while there are at most `exact` addresses, in sketches all along for when there are more. */
export function createAddresses([first, second]: Salt, exact = SLOTS / 2): Addresses {
  const table = createTable(exact);
  const sketches = new Map<number, Sketch>();
  const counts = new Uint32Array(GROUPS);
  const sketchOf = (group: number): Sketch => {
    const sketch = sketches.get(group) ?? createSketch();
    sketches.set(group, sketch);
    return sketch;
  };
  return {
    add(address, groups) {
      const high = hashWord(address, first);
      const low = hashWord(address, second);
      for (let fresh = table.mark(high, low, groups); fresh !== 0; fresh &= fresh - 1) {
        const group = 31 - Math.clz32(fresh & -fresh);
        counts[group] = (counts[group] ?? 0) + 1;
        sketchOf(group).add(high, low);
      }
    },
    unique(group) {
      if (!table.isFull()) return { addresses: counts[group] ?? 0, isExact: true };
      return { addresses: Math.round(sketches.get(group)?.estimate() ?? 0), isExact: false };
    },
  };
}

interface Table {
  /** The bits of `groups` for which this hash is not known to have been marked before. */
  mark(high: number, low: number, groups: number): number;
  /** True once a hash could not be kept. */
  isFull(): boolean;
}

function createTable(most: number): Table {
  const highs = new Uint32Array(SLOTS);
  const lows = new Uint32Array(SLOTS);
  const marks = new Uint32Array(SLOTS);
  let used = 0;
  let full = false;
  const slotOf = (high: number, low: number): number => {
    let at = (high ^ Math.imul(low, 0x9e3779b1)) & (SLOTS - 1);
    while (marks[at] !== 0 && (highs[at] !== high || lows[at] !== low)) at = (at + 1) & (SLOTS - 1);
    return at;
  };
  return {
    mark(high, low, groups) {
      const at = slotOf(high, low);
      const known = marks[at] ?? 0;
      if (known === 0) {
        full ||= used >= most;
        if (used >= most) return groups;
        used += 1;
        highs[at] = high;
        lows[at] = low;
      }
      marks[at] = known | groups;
      return groups & ~known;
    },
    isFull: () => full,
  };
}
