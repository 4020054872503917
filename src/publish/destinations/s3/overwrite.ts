import { pauseAfter, TRIES } from './asking.ts';
import { isAs } from './form.ts';
import { type Before, isUnchanged, type Keeper } from './keep.ts';
import { conditionOn } from './probe.ts';
import { moved, type Shared } from './shared.ts';
import type { StoredObject } from './store.ts';

export interface Overwriting {
  readonly key: string;
  readonly object: StoredObject;
  readonly before: Before;
  readonly keeper: Keeper;
}

/**
 * Puts an object over what was there before, and over nothing else where the store takes conditions: a publisher that lost its lease and
 * wakes late fails here. Throws `destination-moved` where something else is there by now.
 */
export async function overwrite(shared: Shared, over: Overwriting, signal: AbortSignal): Promise<void> {
  const { name, store, clock, random, known } = shared;
  const { key, object, before, keeper } = over;
  if (before.etag === undefined || known.conditions === 'ignored') return store.put(key, object, signal);
  let etag = before.etag;
  for (let tries = 1; ; tries += 1) {
    const put = await store.putIf(key, { ...object, condition: conditionOn(etag, known.conditions) }, signal);
    if (put.state === 'stored') return;
    const seen = await store.head(key, signal);
    if (isAs(seen, object.headers)) return;
    if (seen === undefined || !isUnchanged(seen, before)) throw moved(name, `${key} is not what it was`);
    if (tries === TRIES) throw put.state === 'unknown' ? put.error : moved(name, `${key} is not to be overwritten`);
    if (seen.etag === etag) await clock.sleep(pauseAfter(tries, random), signal);
    else keeper.distrustCopies();
    etag = seen.etag;
  }
}
