import { createHash, hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { BlobRef } from '../model/capture.ts';
import { HoldfastError } from '../model/errors.ts';
import { isAbsent, systemCode } from './files.ts';

/** Few reads for a file that may be of any size, and far from memory's limits. */
const CHUNK_BYTES = 262_144;
const MADE_ANEW = 'run again: what it held is fetched or made anew';

/** The name of a blob: lower-case hex. */
export function hashOf(bytes: Uint8Array): string {
  return hash('sha256', bytes);
}

/** The error for bytes that are not what their name says. */
export function blobDamaged(sha256: string): HoldfastError {
  return new HoldfastError('blob-damaged', `blob ${sha256} has other bytes than its name says`, { hint: MADE_ANEW });
}

/** The error for a blob that is not there. */
export function blobMissing(sha256: string, cause?: unknown): HoldfastError {
  return new HoldfastError('blob-missing', `blob ${sha256} is not in the store`, { cause, hint: MADE_ANEW });
}

/** The error for a blob that cannot be opened or read. */
export function blobUnreadable(sha256: string, error: unknown): HoldfastError {
  if (isAbsent(error)) return blobMissing(sha256, error);
  return new HoldfastError('blob-damaged', `blob ${sha256} cannot be read: ${systemCode(error) || String(error)}`, {
    cause: error,
    hint: 'check the disk',
  });
}

/** Removes the file of a blob whose bytes are not what its name says, so that it can be made again; the error to throw. */
export function damagedFile(sha256: string, path: string): HoldfastError {
  rmSync(path, { force: true });
  return blobDamaged(sha256);
}

/** Streams a blob that is read and verified whole before its first byte is let out. */
export function openWhole(ref: BlobRef, readWhole: (sha256: string) => Promise<Buffer>): Readable {
  return new Readable({
    read() {
      readWhole(ref.sha256).then(
        (bytes) => {
          if (bytes.length !== ref.size) return this.destroy(blobDamaged(ref.sha256));
          if (bytes.length > 0) this.push(bytes);
          return this.push(null);
        },
        (error: Error) => this.destroy(error),
      );
    },
  });
}
/** Streams a blob from a file of its own; its last chunk is let out only when size and hash of the whole are right. */
export function openVerified(ref: BlobRef, path: string): Readable {
  const hashing = createHash('sha256');
  let handle: FileHandle | undefined;
  let left = ref.size;

  async function next(file: FileHandle): Promise<Buffer> {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(left, CHUNK_BYTES)));
    const chunk = buffer.subarray(0, bytesRead);
    hashing.update(chunk);
    left -= bytesRead;
    const cut = bytesRead === 0 && left > 0;
    if (cut || (left === 0 && hashing.digest('hex') !== ref.sha256)) throw damagedFile(ref.sha256, path);
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
  throw damagedFile(ref.sha256, path);
}
