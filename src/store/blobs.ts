import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { BlobRef } from '../model/capture.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import { abandon, type BlobFiles, type Incoming, openBlobFiles } from './blob-files.ts';
import { hashOf, openWhole } from './blob-stream.ts';
import { openPacks, type Packs } from './packs.ts';

/**
 * Bytes named by their SHA-256. A blob appears whole; it is not forced to the disk one by one, so after a power loss
 * one may be torn: whoever reads it finds that out by its hash and gets an error instead of wrong bytes.
 * One process at a time may put and sweep: the caller holds the lock. Others may read meanwhile.
 */
export interface Blobs {
  put(bytes: Uint8Array): Promise<BlobRef>;
  /** Stores a stream without holding more of it in memory than `PACKED_BYTES`; nothing is stored where it fails. */
  putStream(chunks: AsyncIterable<Uint8Array>): Promise<BlobRef>;
  /** The whole blob, verified; throws `blob-damaged`, and forgets it so that it can be made again, or `blob-missing`. */
  read(sha256: string): Promise<Buffer>;
  /** The same as a stream, which fails before its last bytes where they are not what `ref` says. */
  open(ref: BlobRef): Readable;
  /** True where a blob of that name is there, damaged or not, until it was found damaged. */
  has(sha256: string): Promise<boolean>;
  /** Removes blobs not in `keep` that are older than an hour (a younger one may be about to be needed); how many. */
  sweep(keep: ReadonlySet<string>): Promise<number>;
  /** Removes all blobs not in `keep`, however young, and leaves nothing of them on the disk; it costs a copy of most that is kept. */
  scrub(keep: ReadonlySet<string>): Promise<void>;
}

export interface BlobOptions {
  readonly clock?: Clock;
  /** A pack of this size is not appended to any more, in bytes; `PACK_BYTES` unless told. */
  readonly packBytes?: number;
}

/** Up to this size a blob goes into a pack: any page and most assets do, and one is read at once and held in memory. */
export const PACKED_BYTES = 262_144;
/** Some thousand pages, so that a large site has dozens of packs; emptying one copies less than half of this. */
export const PACK_BYTES = 64 * 1_048_576;
/** What `sweep` spares: longer than any cycle stores blobs before it names them in a file of its own. */
const SPARED_MS = 3_600_000;

/** Blobs in the folder `dir`, which is made when the first one is put and read when the first one is asked for. */
export function openBlobs(dir: string, { clock = systemClock, packBytes = PACK_BYTES }: BlobOptions = {}): Blobs {
  const packs = openPacks(dir, { clock, packBytes, sparedMs: SPARED_MS });
  const files = openBlobFiles(dir, clock, SPARED_MS);
  const read = async (sha256: string) => (await packs.read(sha256)) ?? files.read(sha256);

  return {
    async put(bytes) {
      const ref = { sha256: hashOf(bytes), size: bytes.length };
      if (ref.size <= PACKED_BYTES) packs.put(ref.sha256, bytes);
      else await files.put(ref, bytes);
      return ref;
    },
    putStream: (chunks) => putStream(chunks, packs, files),
    read,
    open: (ref) => (ref.size <= PACKED_BYTES ? openWhole(ref, read) : files.open(ref)),
    has: async (sha256) => packs.has(sha256) || files.has(sha256),
    sweep: async (keep) => (await packs.sweep(keep)) + (await files.sweep(keep)),
    scrub: async (keep) => {
      await packs.scrub(keep);
      await files.scrub(keep);
    },
  };
}

async function putStream(chunks: AsyncIterable<Uint8Array>, packs: Packs, files: BlobFiles): Promise<BlobRef> {
  const hash = createHash('sha256');
  let held: Uint8Array[] = [];
  let size = 0;
  let incoming: Incoming | undefined;
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
      held.push(chunk);
      if (size <= PACKED_BYTES) continue;
      incoming ??= await files.begin();
      for (const waiting of held) await incoming.append(waiting);
      held = [];
    }
  } catch (error) {
    return abandon(incoming, error);
  }
  const ref = { sha256: hash.digest('hex'), size };
  if (incoming === undefined) packs.put(ref.sha256, Buffer.concat(held));
  else await incoming.store(ref.sha256);
  return ref;
}
