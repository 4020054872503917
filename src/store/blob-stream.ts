import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { BlobRef } from '../model/capture.ts';
import { HoldfastError } from '../model/errors.ts';
import { isAbsent, systemCode } from './files.ts';

/** Most pages are one read; a large file stays far from memory's limits. */
const CHUNK_BYTES = 262_144;

/** Removes a blob whose bytes are not what its name says, so that it can be made again; the error to throw. */
export async function blobDamaged(sha256: string, path: string): Promise<HoldfastError> {
  await rm(path, { force: true });
  return new HoldfastError('blob-damaged', `blob ${sha256} has other bytes than its name says`, {
    hint: 'run again: what it held is fetched or made anew',
  });
}

/** The error for a blob that cannot be opened or read. */
export function blobUnreadable(sha256: string, error: unknown): HoldfastError {
  if (isAbsent(error)) {
    return new HoldfastError('blob-missing', `blob ${sha256} is not in the store`, {
      cause: error,
      hint: 'run again: what it held is fetched or made anew',
    });
  }
  return new HoldfastError('blob-damaged', `blob ${sha256} cannot be read: ${systemCode(error) || String(error)}`, {
    cause: error,
    hint: 'check the disk',
  });
}

/** Streams a blob; its last chunk is let out only when size and hash of the whole are right. */
export function openVerified(ref: BlobRef, path: string): Readable {
  const hash = createHash('sha256');
  let handle: FileHandle | undefined;
  let left = ref.size;

  async function next(file: FileHandle): Promise<Buffer> {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(left, CHUNK_BYTES)));
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    left -= bytesRead;
    const cut = bytesRead === 0 && left > 0;
    if (cut || (left === 0 && hash.digest('hex') !== ref.sha256)) throw await blobDamaged(ref.sha256, path);
    return chunk;
  }

  return new Readable({
    construct(done) {
      openOfSize(ref, path).then((opened) => {
        handle = opened;
        done();
      }, done);
    },
    read() {
      if (handle === undefined) return;
      next(handle).then(
        (chunk) => {
          if (chunk.length > 0) this.push(chunk);
          if (left === 0) this.push(null);
        },
        (error: unknown) => this.destroy(error instanceof HoldfastError ? error : blobUnreadable(ref.sha256, error)),
      );
    },
    destroy(error, done) {
      const closed = handle?.close() ?? Promise.resolve();
      closed.then(
        () => done(error),
        (failure: Error) => done(error ?? failure),
      );
    },
  });
}

async function openOfSize(ref: BlobRef, path: string): Promise<FileHandle> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw blobUnreadable(ref.sha256, error);
  });
  const { size } = await handle.stat();
  if (size === ref.size) return handle;
  await handle.close();
  throw await blobDamaged(ref.sha256, path);
}
