import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { BlobRef } from '../../../model/capture.ts';
import { HoldfastError } from '../../../model/errors.ts';

/** What is at most so large is held in memory and sent with one request; larger files go in parts. Bytes. */
export const WHOLE_BYTES = 16 * 1_048_576;
/** A part of a multipart upload; S3 takes ten thousand of at least 5 MB each. */
export const PART_BYTES = 8 * 1_048_576;

/** All bytes of a stream that must be exactly what `ref` says, else `blob-damaged`. */
export async function wholeOf(source: Readable, ref: BlobRef): Promise<Buffer> {
  let whole: Buffer = Buffer.alloc(0);
  for await (const part of partsOf(source, ref, ref.size)) whole = part;
  return whole;
}

/**
 * The bytes of a stream in parts of `partBytes`, the last one smaller, none for no bytes. Throws `blob-damaged` before the last part
 * where they are not what `ref` says.
 */
export async function* partsOf(source: Readable, ref: BlobRef, partBytes: number): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256');
  let held: Buffer[] = [];
  let heldBytes = 0;
  let size = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
    if (size > ref.size) throw damaged(ref);
    held.push(chunk);
    heldBytes += chunk.length;
    while (heldBytes > partBytes) {
      const bytes = Buffer.concat(held);
      yield bytes.subarray(0, partBytes);
      held = [bytes.subarray(partBytes)];
      heldBytes -= partBytes;
    }
  }
  if (size !== ref.size || hash.digest('hex') !== ref.sha256) throw damaged(ref);
  if (size > 0) yield held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held);
}

function damaged({ sha256 }: BlobRef): HoldfastError {
  return new HoldfastError('blob-damaged', `what was to be published as ${sha256} has other bytes`, {
    hint: 'run again: they are fetched or made anew',
  });
}
