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
  /** `group` is below `GROUPS`. */
  add(address: string, group: number): void;
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
    add(address, group) {
      const [high, low] = [hashWord(address, first), hashWord(address, second)];
      if (!table.mark(high, low, group)) return;
      counts[group] = (counts[group] ?? 0) + 1;
      sketchOf(group).add(high, low);
    },
    unique(group) {
      if (!table.isFull()) return { addresses: counts[group] ?? 0, isExact: true };
      return { addresses: Math.round(sketches.get(group)?.estimate() ?? 0), isExact: false };
    },
  };
}

interface Table {
  /** False where this hash is known to have been marked for the group before. */
  mark(high: number, low: number, group: number): boolean;
  /** True once a hash could not be kept. */
  isFull(): boolean;
}

function createTable(most: number): Table {
  const highs = new Uint32Array(SLOTS);
  const lows = new Uint32Array(SLOTS);
  const groups = new Uint32Array(SLOTS);
  let used = 0;
  let full = false;
  return {
    mark(high, low, group) {
      let at = (high ^ Math.imul(low, 0x9e3779b1)) & (SLOTS - 1);
      for (; groups[at] !== 0; at = (at + 1) & (SLOTS - 1)) if (highs[at] === high && lows[at] === low) break;
      const known = groups[at] ?? 0;
      if (known === 0 && used >= most) {
        full = true;
        return true;
      }
      if (known === 0) used += 1;
      highs[at] = high;
      lows[at] = low;
      groups[at] = known | (1 << group);
      return (known & (1 << group)) === 0;
    },
    isFull: () => full,
  };
}
