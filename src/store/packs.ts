import type { Clock } from '../model/clock.ts';
import { openIndex } from './blob-index.ts';
import { blobDamaged, blobMissing, blobUnreadable, hashOf } from './blob-stream.ts';
import { asUnwritable } from './files.ts';
import { readPlace, statOfPack } from './pack-files.ts';
import { sweepPacks } from './pack-sweep.ts';
import { createPackWriter } from './pack-writer.ts';
import type { Place } from './places.ts';

/**
 * Small blobs, appended to a few large files, `<dir>/pack-<n>`: making a file costs 0.1 to 0.8 ms on a busy disk and an
 * inode, appending to an open one 14 µs. What was written is never changed, and is written before its record in the index.
 */
export interface Packs {
  put(sha256: string, bytes: Uint8Array): void;
  has(sha256: string): boolean;
  /** The blob, verified; undefined where none is known. Throws `blob-damaged` or `blob-missing`, and then forgets it. */
  read(sha256: string): Promise<Buffer | undefined>;
  /** Forgets blobs not in `keep` that nobody has put for `sparedMs`, and frees the room they took; how many. */
  sweep(keep: ReadonlySet<string>): Promise<number>;
  /** Forgets all blobs not in `keep`, however young, and leaves nothing of them in any pack. */
  scrub(keep: ReadonlySet<string>): Promise<void>;
}

export interface PackOptions {
  readonly clock: Clock;
  /** A pack of this size is not appended to any more, in bytes. */
  readonly packBytes: number;
  /** How long a blob and a pack are young, in ms: not forgotten, not rewritten. */
  readonly sparedMs: number;
}

/** Packs in the folder `dir`, which is made when the first blob is put. One process at a time may put or sweep. */
export function openPacks(dir: string, { clock, packBytes, sparedMs }: PackOptions): Packs {
  const index = openIndex(dir, (pack) => statOfPack(dir, pack)?.size ?? -1);
  const writer = createPackWriter(dir, index, packBytes);

  const find = (sha256: string): Place | undefined => {
    const place = index.get(sha256);
    if (place !== undefined) return place;
    index.refresh();
    return index.get(sha256);
  };
  /** Where another process has moved it; otherwise it is forgotten. */
  const movedFrom = (place: Place, sha256: string): Place | undefined => {
    index.refresh();
    const now = index.get(sha256);
    if (now !== undefined && (now.pack !== place.pack || now.offset !== place.offset)) return now;
    index.forget(sha256);
    return undefined;
  };

  return {
    put(sha256, bytes) {
      const at = Math.floor(clock.now() / 1000);
      try {
        if (writer.pack === undefined) index.refresh();
        const known = index.get(sha256);
        if (known === undefined) writer.append(sha256, bytes, at);
        // Well before a sweep could take it.
        else if ((at - known.at) * 1000 > sparedMs / 2) writer.renew(sha256, at);
      } catch (error) {
        throw asUnwritable(dir, error);
      }
    },
    has: (sha256) => find(sha256) !== undefined,
    async read(sha256) {
      for (let place = find(sha256); place !== undefined; ) {
        const bytes = await readPlace(dir, place).catch((error: unknown) => blobUnreadable(sha256, error));
        if (Buffer.isBuffer(bytes) && hashOf(bytes) === sha256) return bytes;
        // Removed under us: what is appended to a removed file would be lost too.
        if (bytes === undefined) writer.close();
        place = movedFrom(place, sha256);
        if (place !== undefined) continue;
        if (bytes === undefined) throw blobMissing(sha256);
        throw Buffer.isBuffer(bytes) ? blobDamaged(sha256) : bytes;
      }
      return undefined;
    },
    async sweep(keep) {
      try {
        return await sweepPacks({ dir, index, writer }, { keep, oldest: clock.now() - sparedMs });
      } catch (error) {
        throw asUnwritable(dir, error);
      }
    },
    async scrub(keep) {
      try {
        await sweepPacks({ dir, index, writer }, { keep, oldest: Number.POSITIVE_INFINITY, thorough: true });
      } catch (error) {
        throw asUnwritable(dir, error);
      }
    },
  };
}
