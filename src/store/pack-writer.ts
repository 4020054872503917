import { closeSync, constants, fstatSync, mkdirSync, openSync } from 'node:fs';
import { type BlobIndex, writeFully } from './blob-index.ts';
import { packsIn, pathOfPack, statOfPack } from './pack-files.ts';

/** Appends to the newest pack. It closes its files by itself when nothing was written for a while. */
export interface PackWriter {
  /** The pack that is open now. */
  readonly pack: number | undefined;
  /** Writes the bytes and then their record, at once; `at` is in seconds since 1970. Throws system errors and `state-unwritable`. */
  append(sha256: string, bytes: Uint8Array, at: number): void;
  /** Says anew of a blob that lies somewhere that it was put `at` that time. */
  renew(sha256: string, at: number): void;
  /** Keeps these packs from being appended to, until the next call. */
  avoid(packs: ReadonlySet<number>): void;
  close(): void;
}

/** Nobody has to close a store: a program that keeps one and puts nothing keeps no file open. */
const IDLE_MS = 1000;

interface OpenPack {
  readonly pack: number;
  readonly descriptor: number;
  position: number;
}

/** A pack of `packBytes` is not appended to any more. */
export function createPackWriter(dir: string, index: BlobIndex, packBytes: number): PackWriter {
  let current: OpenPack | undefined;
  let avoided: ReadonlySet<number> = new Set();
  let idle: NodeJS.Timeout | undefined;

  const close = (): void => {
    if (current !== undefined) closeSync(current.descriptor);
    current = undefined;
    index.close();
  };
  const closeLater = (): void => {
    idle ??= setTimeout(close, IDLE_MS).unref();
    idle.refresh();
  };
  return {
    get pack() {
      return current?.pack;
    },
    append(sha256, bytes, at) {
      closeLater();
      current ??= openNewest(dir, index, (pack, size) => size < packBytes && !avoided.has(pack));
      const { pack, descriptor, position } = current;
      try {
        writeFully(descriptor, bytes, position);
        index.add(sha256, { pack, offset: position, size: bytes.length, at });
      } catch (error) {
        close();
        throw error;
      }
      current.position += bytes.length;
      if (current.position >= packBytes) close();
    },
    renew(sha256, at) {
      closeLater();
      const place = index.get(sha256);
      if (place !== undefined) index.add(sha256, { ...place, at });
    },
    avoid(packs) {
      avoided = packs;
      close();
    },
    close,
  };
}

/** The newest pack, or a new one where that has no room, or has lost bytes that the index still names. */
function openNewest(dir: string, index: BlobIndex, hasRoom: (pack: number, size: number) => boolean): OpenPack {
  mkdirSync(dir, { recursive: true });
  index.refresh();
  const newest = Math.max(index.newestPack(), ...packsIn(dir));
  const size = newest === 0 ? undefined : statOfPack(dir, newest)?.size;
  const isOpen = size !== undefined && !index.isTorn(newest) && hasRoom(newest, size);
  const pack = isOpen ? newest : newest + 1;
  const descriptor = openSync(pathOfPack(dir, pack), constants.O_WRONLY | constants.O_CREAT);
  return { pack, descriptor, position: fstatSync(descriptor).size };
}
