import { Buffer } from 'node:buffer';

/** Where a packed blob lies. */
export interface Place {
  /** Number of its pack, from 1. */
  readonly pack: number;
  /** Bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** When it was last put, in seconds since 1970. */
  readonly at: number;
}

/** Places by hash. One flat table: a Map of 80,000 names takes fifteen times as long to fill and three times the memory. */
export interface Places {
  readonly size: number;
  get(sha256: string): Place | undefined;
  /** Takes over a whole record; the last one of a hash wins. */
  take(records: Uint32Array, start: number): void;
  forget(sha256: string): void;
  entries(): IterableIterator<[string, Place]>;
  /** All records, one a blob, as they stand in the index. */
  records(): Uint32Array;
}

/** Of a record: eight of hash, then pack, offset, size, time and check, in the byte order of the machine. */
export const RECORD_WORDS = 13;
const HASH_WORDS = 8;
const PACK = 8;
const OFFSET = 9;
const SIZE = 10;
const AT = 11;
const CHECK = 12;
/** The pack of a forgotten blob: its slot stays taken, so that those behind it are found. */
const NOWHERE = 0;
const FIRST_SLOTS = 1024;

/** The record of a blob. */
export function recordOf(sha256: string, place: Place): Uint32Array {
  const record = new Uint32Array(RECORD_WORDS);
  writeHash(sha256, record);
  record[PACK] = place.pack;
  record[OFFSET] = place.offset;
  record[SIZE] = place.size;
  record[AT] = place.at;
  record[CHECK] = checkOf(record, 0);
  return record;
}

/** The place a record names; undefined where it is torn, zeroed or of another machine. */
export function placeIn(records: Uint32Array, start: number): Place | undefined {
  return records[start + CHECK] === checkOf(records, start) ? placeAt(records, start) : undefined;
}

/** No places yet, with room for so many. */
export function createPlaces(expected = 0): Places {
  const room = Math.max(FIRST_SLOTS, 2 ** Math.ceil(Math.log2(expected * 2 + 1)));
  let records = new Uint32Array((room / 2) * RECORD_WORDS);
  let count = 0;
  let forgotten = 0;
  /** Number of the record plus one, 0 for none; never more than half full, so that searches stay short. */
  let slots = new Uint32Array(room);
  const sought = new Uint32Array(HASH_WORDS);

  const slotOf = (hash: Uint32Array, start: number): number => {
    const last = slots.length - 1;
    let slot = (hash[start] ?? 0) & last;
    for (let found = slots[slot]; found; found = slots[slot]) {
      if (isSameHash(records, (found - 1) * RECORD_WORDS, hash, start)) return slot;
      slot = (slot + 1) & last;
    }
    return slot;
  };
  const grow = () => {
    const more = new Uint32Array(records.length * 2);
    more.set(records);
    records = more;
    slots = new Uint32Array(slots.length * 2);
    for (let n = 0; n < count; n++) slots[slotOf(records, n * RECORD_WORDS)] = n + 1;
  };
  const find = (sha256: string): number | undefined => {
    writeHash(sha256, sought);
    const found = slots[slotOf(sought, 0)];
    if (!found) return undefined;
    const start = (found - 1) * RECORD_WORDS;
    return records[start + PACK] === NOWHERE ? undefined : start;
  };

  return {
    get size() {
      return count - forgotten;
    },
    get(sha256) {
      const start = find(sha256);
      return start === undefined ? undefined : placeAt(records, start);
    },
    take(from, start) {
      if (count * RECORD_WORDS === records.length) grow();
      const slot = slotOf(from, start);
      const known = slots[slot];
      const to = (known ? known - 1 : count) * RECORD_WORDS;
      if (known && records[to + PACK] === NOWHERE) forgotten -= 1;
      if (!known) slots[slot] = ++count;
      for (let word = 0; word < RECORD_WORDS; word++) records[to + word] = from[start + word] ?? 0;
    },
    forget(sha256) {
      const start = find(sha256);
      if (start === undefined) return;
      records[start + PACK] = NOWHERE;
      forgotten += 1;
    },
    entries: () => entriesOf(records.subarray(0, count * RECORD_WORDS)),
    records: () => liveRecords(records.subarray(0, count * RECORD_WORDS), count - forgotten),
  };
}

function* entriesOf(records: Uint32Array): IterableIterator<[string, Place]> {
  for (let start = 0; start < records.length; start += RECORD_WORDS) {
    if (records[start + PACK] !== NOWHERE) yield [hashAt(records, start), placeAt(records, start)];
  }
}

function liveRecords(records: Uint32Array, count: number): Uint32Array {
  const live = new Uint32Array(count * RECORD_WORDS);
  let to = 0;
  for (let start = 0; start < records.length; start += RECORD_WORDS) {
    if (records[start + PACK] === NOWHERE) continue;
    live.set(records.subarray(start, start + RECORD_WORDS), to);
    to += RECORD_WORDS;
  }
  return live;
}

function placeAt(records: Uint32Array, start: number): Place {
  return {
    pack: records[start + PACK] ?? 0,
    offset: records[start + OFFSET] ?? 0,
    size: records[start + SIZE] ?? 0,
    at: records[start + AT] ?? 0,
  };
}

/** The words are seen as bytes, so that they are the hash's own bytes on every machine. */
function writeHash(sha256: string, words: Uint32Array): void {
  Buffer.from(words.buffer, words.byteOffset).write(sha256, 'hex');
}

function hashAt(records: Uint32Array, start: number): string {
  return Buffer.from(records.buffer, records.byteOffset + start * 4, HASH_WORDS * 4).toString('hex');
}

function isSameHash(records: Uint32Array, start: number, hash: Uint32Array, at: number): boolean {
  for (let word = 0; word < HASH_WORDS; word++) if (records[start + word] !== hash[at + word]) return false;
  return true;
}

/** Finds what a crash leaves (zeros, a half of another record), at a tenth of the cost of a CRC. Not 0 for zeros. */
function checkOf(records: Uint32Array, start: number): number {
  let check = 0x9e3779b9;
  for (let word = start; word < start + CHECK; word++) {
    check = Math.imul(check ^ (records[word] ?? 0), 0x85ebca6b);
    check ^= check >>> 15;
  }
  return check >>> 0;
}
