import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Manifest } from '../../../model/manifest.ts';
import type { ReadBack, ReadBackWish } from '../../destination.ts';
import { ahead } from './ahead.ts';
import { encodingOf } from './form.ts';
import { isSafePath, MOST_KEY_BYTES } from './keys.ts';
import type { Shared } from './shared.ts';
import { stateAt, stateKept } from './verify.ts';

/** A file as a visitor gets it, or one of ours, unpacked; undefined where there is none. */
export async function openFile(
  { store, keys }: Shared,
  path: string,
  signal: AbortSignal,
): Promise<Readable | undefined> {
  signal.throwIfAborted();
  const key = keys.file(path);
  if (!isSafePath(path) || Buffer.byteLength(key) > MOST_KEY_BYTES) return undefined;
  const got = await store.get(key, signal);
  if (got === undefined) return undefined;
  const stored = Readable.from(got.body, { objectMode: false });
  // Whoever reads what comes out learns of a failure on the way in.
  return encodingOf(got) === 'gzip' ? pipeline(stored, createGunzip(), () => undefined) : stored;
}

export interface Checked extends ReadBackWish {
  readonly release: Manifest;
  /** Reads at once. */
  readonly atOnce: number;
}

/** How each file of a release is found; every byte is read. */
export function readBack(
  shared: Shared,
  { files, isLive, atOnce }: Checked,
  signal: AbortSignal,
): AsyncIterable<ReadBack> {
  return ahead(files, atOnce, async (file) => {
    signal.throwIfAborted();
    if (file.kind === 'internal') return { file, state: 'whole' };
    const key = shared.keys.file(file.path);
    const state = isLive ? stateAt(shared, { key, ref: file }, signal) : stateKept(shared, file, signal);
    return { file, state: await state };
  });
}
