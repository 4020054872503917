/** Registers of a sketch, a byte each: one in 65,536 gives a standard error of 1.04/√65,536 = 0.41 %, so ±2 % is five of them. */
const REGISTER_BITS = 16;
const REGISTERS = 1 << REGISTER_BITS;
/** Bits of the second word, whose leading zeros are counted. */
const RANK_BITS = 32;

/** Two seeds of 32 bits, drawn for one run and never written. */
export type Salt = readonly [number, number];

/** Counts different things, within ±2 % of how many there are, in 64 KiB whatever their number; none of them can be read back. */
export interface Sketch {
  add(high: number, low: number): void;
  estimate(): number;
}

/** A HyperLogLog whose estimate is Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017), which needs no table of biases. */
export function createSketch(): Sketch {
  const registers = new Uint8Array(REGISTERS);
  return {
    add(high, low) {
      const at = high >>> (32 - REGISTER_BITS);
      const rank = Math.clz32(low) + 1;
      if (rank > (registers[at] ?? 0)) registers[at] = rank;
    },
    estimate: () => estimateOf(registers),
  };
}

function estimateOf(registers: Uint8Array): number {
  const counts = new Array<number>(RANK_BITS + 2).fill(0);
  for (const rank of registers) counts[rank] = (counts[rank] ?? 0) + 1;
  let sum = REGISTERS * tau(1 - (counts[RANK_BITS + 1] ?? 0) / REGISTERS);
  for (let rank = RANK_BITS; rank > 0; rank -= 1) sum = 0.5 * (sum + (counts[rank] ?? 0));
  sum += REGISTERS * sigma((counts[0] ?? 0) / REGISTERS);
  return REGISTERS ** 2 / (2 * Math.LN2) / sum;
}

/** The part of the registers that nothing fell into. */
function sigma(empty: number): number {
  if (empty === 1) return Number.POSITIVE_INFINITY;
  let [x, y, z, before] = [empty, 1, empty, -1];
  while (z !== before) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

/** The part of the registers that are full. */
function tau(notFull: number): number {
  if (notFull === 0 || notFull === 1) return 0;
  let [x, y, z, before] = [notFull, 1, 1 - notFull, -1];
  while (z !== before) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}

/** One word of MurmurHash3 (32 bits) over the text's UTF-16 units; a different seed gives an independent word. */
export function hashWord(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) {
    let unit = Math.imul(text.charCodeAt(at), 0xcc9e2d51);
    unit = Math.imul((unit << 15) | (unit >>> 17), 0x1b873593);
    hash ^= unit;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
