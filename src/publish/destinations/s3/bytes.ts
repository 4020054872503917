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
 * The bytes of a stream in parts of `partBytes`, the last one smaller, none for no bytes; each in the same memory, so good until the
 * next is asked for. Throws `blob-damaged` before the last part where they are not what `ref` says.
 */
export async function* partsOf(source: Readable, ref: BlobRef, partBytes: number): AsyncGenerator<Buffer, void> {
  const part = Buffer.allocUnsafeSlow(Math.min(partBytes, ref.size));
  const hash = createHash('sha256');
  let [filled, size] = [0, 0];
  for await (const chunk of source as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ref.size) throw damaged(ref);
    hash.update(chunk);
    for (let rest = chunk; rest.length > 0; ) {
      if (filled === part.length) {
        yield part;
        filled = 0;
      }
      const copied = rest.copy(part, filled);
      filled += copied;
      rest = rest.subarray(copied);
    }
  }
  if (size !== ref.size || hash.digest('hex') !== ref.sha256) throw damaged(ref);
  if (filled > 0) yield part.subarray(0, filled);
}

function damaged({ sha256 }: BlobRef): HoldfastError {
  return new HoldfastError('blob-damaged', `what was to be published as ${sha256} has other bytes`, {
    hint: 'run again: they are fetched or made anew',
  });
}
