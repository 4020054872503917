import { createHash, type Hash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { BlobRef } from '../../../model/capture.ts';
import type { ReleaseFile } from '../../../model/manifest.ts';
import { systemCode } from '../../../store/files.ts';
import type { ReadBack } from '../../destination.ts';
import { encodingOf, holds, storedSha256 } from './form.ts';
import { keptForms } from './keep.ts';
import type { Shared } from './shared.ts';
import type { Got } from './store.ts';

type State = ReadBack['state'];

/** How a file is found at its public name; every byte of the object is read. */
export async function stateAt(
  { store }: Pick<Shared, 'store'>,
  { key, ref }: { readonly key: string; readonly ref: BlobRef },
  signal: AbortSignal,
): Promise<State> {
  const got = await store.get(key, signal);
  return got === undefined ? 'absent' : stateOf(got, ref);
}

/** How a file of a release that is not live is found: at its public name where that still holds it, else among what is kept. */
export async function stateKept(shared: Shared, file: ReleaseFile, signal: AbortSignal): Promise<State> {
  const { store, keys } = shared;
  const got = await store.get(keys.file(file.path), signal);
  if (got !== undefined && holds(got, file)) return stateOf(got, file);
  got?.discard();
  for (const encoding of keptForms(shared, file)) {
    const state = await stateAt(shared, { key: keys.kept(file.sha256, encoding), ref: file }, signal);
    if (state !== 'absent') return state;
  }
  return 'absent';
}

/** Whole where the stored bytes are those that were sent, and what visitors make of them is what `ref` says. */
export async function stateOf(got: Got, ref: BlobRef): Promise<State> {
  const stored = createHash('sha256');
  const decoded = createHash('sha256');
  const isZipped = encodingOf(got) === 'gzip';
  try {
    if (isZipped) await pipeline(got.body, through(stored), createGunzip(), into(decoded));
    else await pipeline(got.body, into(decoded));
  } catch (error) {
    if (systemCode(error).startsWith('Z_')) return 'damaged';
    throw error;
  }
  const isTrue = decoded.digest('hex') === ref.sha256;
  const isAsSent = !isZipped || stored.digest('hex') === storedSha256(got);
  return isTrue && isAsSent ? 'whole' : 'damaged';
}

function through(hash: Hash) {
  return async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
}

function into(hash: Hash) {
  return async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) hash.update(chunk);
  };
}
