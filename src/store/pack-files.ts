import { closeSync, openSync, read, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAbsent } from './files.ts';
import type { Place } from './places.ts';

const PACK_NAME = /^pack-([1-9]\d{0,8})$/;

const readPart = promisify(read);

/** The file of a pack. */
export function pathOfPack(dir: string, pack: number): string {
  return join(dir, `pack-${pack}`);
}

/** The numbers of the packs in a folder, none where there is no folder. */
export function packsIn(dir: string): readonly number[] {
  try {
    return readdirSync(dir).flatMap((name) => PACK_NAME.exec(name)?.slice(1).map(Number) ?? []);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** What the disk says of a pack; undefined where it is not there. */
export function statOfPack(dir: string, pack: number): Stats | undefined {
  try {
    return statSync(pathOfPack(dir, pack));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The bytes at a place, fewer where the pack ends before, not verified; undefined where the pack is not there. */
export async function readPlace(dir: string, { pack, offset, size }: Place): Promise<Buffer | undefined> {
  const descriptor = openPack(dir, pack);
  if (descriptor === undefined) return undefined;
  const bytes = Buffer.allocUnsafe(size);
  let done = 0;
  try {
    while (done < size) {
      const { bytesRead } = await readPart(descriptor, bytes, done, size - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
  } finally {
    closeSync(descriptor);
  }
  return bytes.subarray(0, done);
}

/** Opened for one read and at once: this is less than a hand-over to another thread, and no sweep can come between. */
function openPack(dir: string, pack: number): number | undefined {
  try {
    return openSync(pathOfPack(dir, pack), 'r');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
