import { closeSync, constants, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HoldfastError } from '../model/errors.ts';
import { asUnwritable, isAbsent, systemCode, writeAtomic } from './files.ts';
import { createPlaces, type Place, placeIn, RECORD_WORDS, recordOf } from './places.ts';

/**
 * Which packed blob lies where: the file `index` of fixed-size records, appended, the last of a hash wins. It is read at
 * the first call. A torn record, a zeroed one, and one that points beyond its pack (a power loss took the bytes) are passed over.
 */
export interface BlobIndex {
  get(sha256: string): Place | undefined;
  /** Sees what another process has added or rewritten since. */
  refresh(): void;
  /** Appends a record at once. Throws `state-unwritable`, and then nothing is added. */
  add(sha256: string, place: Place): void;
  /** Until a record of it is added, or another process reads the index. */
  forget(sha256: string): void;
  entries(): IterableIterator<[string, Place]>;
  /** The highest number of a pack that any record names, 0 for none. */
  newestPack(): number;
  /** True where a record pointed beyond the end of that pack: appended to, it would come to point at other bytes. */
  isTorn(pack: number): boolean;
  /** True where most records in the file are old. */
  isWasteful(): boolean;
  /** Replaces the file by one record a blob, in one step, durably; what is added meanwhile is kept. Throws `state-unwritable`. */
  rewrite(): Promise<void>;
  /** Closes the file until it is added to again. */
  close(): void;
}

const RECORD_BYTES = RECORD_WORDS * 4;
/** A short index is not worth writing anew. */
const WASTE_RECORDS = 64;

/** The size of a pack in bytes, -1 where it is not there. */
export type SizeOfPack = (pack: number) => number;

interface State {
  /** Which file was read: a rewritten one is another. */
  readonly file: string;
  readonly places: ReturnType<typeof createPlaces>;
  readonly torn: Set<number>;
  newest: number;
  /** Bytes of whole records; a torn one behind them is overwritten by the next. */
  length: number;
}

const emptyState = (file = '', expected = 0): State => ({
  file,
  places: createPlaces(expected),
  torn: new Set(),
  newest: 0,
  length: 0,
});

/** The index in the folder `dir`, which must be there when the first record is added. */
export function openIndex(dir: string, sizeOfPack: SizeOfPack): BlobIndex {
  const path = join(dir, 'index');
  let loaded: State | undefined;
  let descriptor: number | undefined;
  /** What is added while the file is rewritten. */
  let late: Uint32Array[] | undefined;

  const state = (): State => (loaded ??= read(path, undefined, sizeOfPack));
  const openForAdding = (): number => {
    loaded = read(path, loaded, sizeOfPack);
    const opened = openSync(path, constants.O_WRONLY | constants.O_CREAT);
    loaded = { ...loaded, file: identityOf(opened) };
    return opened;
  };
  const append = (record: Uint32Array): void => {
    descriptor ??= openForAdding();
    const current = state();
    writeFully(descriptor, bytesOf(record), current.length);
    current.length += RECORD_BYTES;
    late?.push(record);
    current.newest = Math.max(current.newest, placeIn(record, 0)?.pack ?? 0);
    current.places.take(record, 0);
  };
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };

  return {
    get: (sha256) => state().places.get(sha256),
    refresh() {
      if (late === undefined) loaded = read(path, loaded, sizeOfPack);
    },
    add(sha256, place) {
      try {
        append(recordOf(sha256, place));
      } catch (error) {
        throw asUnwritable(path, error);
      }
    },
    forget: (sha256) => state().places.forget(sha256),
    entries: () => state().places.entries(),
    newestPack: () => state().newest,
    isTorn: (pack) => state().torn.has(pack),
    isWasteful: () => state().length / RECORD_BYTES > WASTE_RECORDS + state().places.size * 2,
    async rewrite() {
      const records = state().places.records();
      const added: Uint32Array[] = [];
      late = added;
      try {
        await writeAtomic(path, bytesOf(records));
      } finally {
        late = undefined;
        close();
      }
      loaded = { ...state(), length: records.byteLength, file: identityOf(path) };
      for (const record of added) append(record);
    },
    close,
  };
}

/** What the file says: all of it, or what was appended to the one that is known. */
function read(path: string, known: State | undefined, sizeOfPack: SizeOfPack): State {
  const descriptor = openForReading(path);
  if (descriptor === undefined) return known?.file === '' ? known : emptyState();
  try {
    const file = identityOf(descriptor);
    const { size } = fstatSync(descriptor);
    const state = known?.file === file && size >= known.length ? known : emptyState(file, size / RECORD_BYTES);
    const records = readRecords(descriptor, state.length, Math.floor((size - state.length) / RECORD_BYTES));
    takeAll(state, records, sizeOfPack);
    return state;
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    closeSync(descriptor);
  }
}

function takeAll(state: State, records: Uint32Array, sizeOfPack: SizeOfPack): void {
  const sizes = new Map<number, number>();
  for (let start = 0; start < records.length; start += RECORD_WORDS) {
    const place = placeIn(records, start);
    if (place === undefined) continue;
    const size = sizes.get(place.pack) ?? sizeOfPack(place.pack);
    sizes.set(place.pack, size);
    state.newest = Math.max(state.newest, place.pack);
    if (place.offset + place.size <= size) state.places.take(records, start);
    else state.torn.add(place.pack);
  }
  state.length += records.byteLength;
}

function openForReading(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): HoldfastError {
  return new HoldfastError('state-damaged', `${path} cannot be read: ${systemCode(error) || String(error)}`, {
    cause: error,
    hint: 'check the permissions and the disk; the folder may be deleted: what it held is fetched or made anew',
  });
}

/** A number of a file may be given again to the next one, its time of birth may not. */
function identityOf(file: number | string): string {
  const { ino, birthtimeMs } = typeof file === 'number' ? fstatSync(file) : statSync(file);
  return `${ino} ${birthtimeMs}`;
}

function readRecords(descriptor: number, position: number, count: number): Uint32Array {
  const records = new Uint32Array(count * RECORD_WORDS);
  const bytes = bytesOf(records);
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(descriptor, bytes, done, bytes.length - done, position + done);
    if (read === 0) return records.subarray(0, Math.floor(done / RECORD_BYTES) * RECORD_WORDS);
    done += read;
  }
  return records;
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Writes all of `bytes` at a position, however many calls that takes, without leaving the main thread. */
export function writeFully(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  }
}
