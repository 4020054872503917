import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import type { BlobRef } from '../../src/model/capture.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import type { Blobs } from '../../src/store/blobs.ts';

/** The n-th of a row of different pages of 5 to 40 KB. */
export function pageOf(n: number): Buffer {
  return Buffer.alloc(5_000 + ((n * 7_919) % 35_000), `page ${n} `);
}

/** The name of a blob. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Puts the pages from `from` up to, and without, `to`, one after the other. */
export async function putPages(blobs: Blobs, from: number, to: number): Promise<BlobRef[]> {
  const refs: BlobRef[] = [];
  for (let n = from; n < to; n++) refs.push(await blobs.put(pageOf(n)));
  return refs;
}

/** 'whole', 'blob-missing' or 'blob-damaged' of each; any other end, and other bytes, fail the test. */
export async function states(blobs: Blobs, refs: readonly BlobRef[]): Promise<string[]> {
  const found: string[] = [];
  for (const { sha256 } of refs) {
    const bytes = await blobs.read(sha256).catch((error: unknown) => error);
    if (Buffer.isBuffer(bytes)) assert.is(hashOf(bytes), sha256);
    else assert.ok(isHoldfastError(bytes, 'blob-missing', 'blob-damaged'), String(bytes));
    found.push(isHoldfastError(bytes) ? bytes.code : 'whole');
  }
  return found;
}

/** So many whole ones. */
export const whole = (count: number): string[] => Array<string>(count).fill('whole');

/** Changes bytes of a file and leaves the others. */
export async function overwrite(path: string, start: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write(bytes, 0, bytes.length, start);
  await handle.close();
}
