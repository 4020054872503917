import { crc32 } from 'node:zlib';
import { HoldfastError } from '../model/errors.ts';
import { asUnwritable, systemCode, writeAll, writeAtomic } from './files.ts';
import { linesOf, openExisting, partsOf } from './journal-lines.ts';

/**
 * Records by key, kept in an append-only file of lines, the last of a key wins. Changes are in memory until `flush`.
 * One process at a time may have it open: the caller holds the lock.
 */
export interface Journal<T> {
  get(key: string): T | undefined;
  /** The value must be JSON and must not be changed afterwards. */
  set(key: string, value: T): void;
  delete(key: string): void;
  /** In the order in which keys were first set. */
  entries(): IterableIterator<[string, T]>;
  readonly size: number;
  /** Lines that were damaged when the journal was opened; what they held is lost. A torn last line does not count. */
  readonly damaged: number;
  /**
   * Appends what changed, durably; touches nothing where nothing did. After a failure it may be called again. 'anew' writes the file
   * anew instead, so that nothing of what was deleted or replaced stays in it.
   */
  flush(how?: 'anew'): Promise<void>;
}

const HEADER = 'holdfast journal 1\n';
/** A short journal is not worth writing anew. */
const COMPACT_LINES = 64;
const NEWLINE = 0x0a;
/** `<crc32 of the rest, 8 hex digits> <JSON of [key] or [key, value]>` */
const CRC_LENGTH = 8;

export interface JournalOptions {
  /** What keys begin with that others name in their values: they are written before those, so that a file that is cut off never names what it lacks. */
  readonly first?: string;
}

/** Opens a journal, or an empty one where there is no file. It writes nothing before `flush`. */
export async function openJournal<T>(file: string, { first }: JournalOptions = {}): Promise<Journal<T>> {
  const state = await replay<T>(file);
  const { records } = state;
  const changed = new Set<string>();
  return {
    get: (key) => records.get(key),
    set(key, value) {
      records.set(key, value);
      changed.add(key);
    },
    delete(key) {
      if (records.delete(key)) changed.add(key);
    },
    entries: () => records.entries(),
    get size() {
      return records.size;
    },
    damaged: state.damaged,
    async flush(how) {
      if (changed.size === 0 && how === undefined) return;
      const keys = first === undefined ? [...changed] : firstOnes([...changed], first);
      changed.clear();
      try {
        if (how === 'anew') await rewrite(file, state);
        else await persist(file, state, keys);
      } catch (error) {
        for (const key of keys) changed.add(key);
        throw asUnwritable(file, error);
      }
    },
  };
}

function firstOnes(keys: readonly string[], prefix: string): readonly string[] {
  const isFirst = (key: string) => key.startsWith(prefix);
  return [...keys.filter(isFirst), ...keys.filter((key) => !isFirst(key))];
}

interface State<T> {
  readonly records: Map<string, T>;
  damaged: number;
  /** Whole lines in the file, old ones included. */
  lines: number;
  /** Bytes up to the end of the last whole line; what follows is cut off before the next append. */
  length: number;
}

async function replay<T>(file: string): Promise<State<T>> {
  const state: State<T> = { records: new Map(), damaged: 0, lines: 0, length: 0 };
  try {
    for await (const bytes of linesOf(file)) take(state, bytes, state.length === 0 ? headerLength(bytes, file) : 0);
    return state;
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    throw new HoldfastError('state-damaged', `${file} cannot be read: ${systemCode(error)}`, { cause: error });
  }
}

/** Takes whole lines over, from `from` on. */
function take<T>(state: State<T>, bytes: Buffer, from: number): void {
  const { records } = state;
  // Decoded at once: line by line costs as much as parsing. Damaged bytes do not change where lines end.
  const texts = bytes.toString('utf8', from).split('\n');
  let start = from;
  for (let at = 0; start < bytes.length; at++) {
    const end = bytes.indexOf(NEWLINE, start);
    const record = parseLine<T>(texts[at] ?? '', bytes.subarray(start + CRC_LENGTH + 1, end));
    if (record === undefined) state.damaged += 1;
    else if (record.length === 1) records.delete(record[0]);
    else records.set(record[0], record[1]);
    state.lines += 1;
    start = end + 1;
  }
  state.length += bytes.length;
}

function headerLength(bytes: Buffer, file: string): number {
  const end = bytes.indexOf(NEWLINE) + 1;
  const header = bytes.toString('latin1', 0, end);
  if (header === HEADER || end === 0) return end;
  if (!header.startsWith('holdfast journal ')) return 0;
  throw new HoldfastError('state-damaged', `${file} was written by another version: ${header.trim()}`, {
    hint: 'use the version that wrote it, or move the file away',
  });
}

function parseLine<T>(text: string, rest: Buffer): [string] | [string, T] | undefined {
  if (!text.startsWith(`${checksum(rest)} `)) return undefined;
  return JSON.parse(text.slice(CRC_LENGTH + 1)) as [string] | [string, T];
}

function checksum(rest: Buffer | string): string {
  return crc32(rest).toString(16).padStart(CRC_LENGTH, '0');
}

function formatLine<T>(records: ReadonlyMap<string, T>, key: string): string {
  const rest = JSON.stringify(records.has(key) ? [key, records.get(key)] : [key]);
  return `${checksum(rest)} ${rest}\n`;
}

function* linesFor<T>({ records }: State<T>, keys: readonly string[]): Generator<string> {
  for (const key of keys) yield formatLine(records, key);
}

function* allLines<T>(state: State<T>, keys: readonly string[]): Generator<string> {
  yield HEADER;
  yield* linesFor(state, keys);
}

async function persist<T>(file: string, state: State<T>, keys: readonly string[]): Promise<void> {
  const lines = state.lines + keys.length;
  const old = lines - state.records.size;
  if (state.length === 0 || (lines > COMPACT_LINES && old > lines / 2) || !(await append(file, state, keys))) {
    await rewrite(file, state);
  } else {
    state.lines = lines;
  }
}

/** False where the file is not as we left it: then nothing was written. */
async function append<T>(file: string, state: State<T>, keys: readonly string[]): Promise<boolean> {
  const handle = await openExisting(file);
  if (handle === undefined) return false;
  try {
    const { size } = await handle.stat();
    if (size < state.length) return false;
    if (size > state.length) await handle.truncate(state.length);
    let length = state.length;
    for (const bytes of partsOf(linesFor(state, keys))) {
      await writeAll(handle, bytes, length);
      length += bytes.length;
    }
    await handle.sync();
    state.length = length;
    return true;
  } finally {
    await handle.close();
  }
}

async function rewrite<T>(file: string, state: State<T>): Promise<void> {
  const keys = [...state.records.keys()];
  let length = 0;
  function* counted(): Generator<Buffer> {
    for (const bytes of partsOf(allLines(state, keys))) {
      length += bytes.length;
      yield bytes;
    }
  }
  await writeAtomic(file, counted());
  state.lines = keys.length;
  state.length = length;
}
