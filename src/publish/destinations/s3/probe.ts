import { createHash } from 'node:crypto';
import type { Conditions } from '../../control.ts';
import { pauseAfter, TRIES } from './asking.ts';
import { CLEARING_MS, type Shared } from './shared.ts';
import type { ConditionalObject, Put, StoredObject } from './store.ts';

type Condition = ConditionalObject['condition'];

/** The condition "still this version", or "nothing there yet" for undefined, as a store of this kind takes it. */
export function conditionOn(version: string | undefined, conditions: Conditions): Condition {
  if (version === undefined) return { 'if-none-match': '*' };
  return { 'if-match': conditions === 'bare' ? version.replace(/^"(.*)"$/, '$1') : version };
}

/** A small text as an object that no cache may keep. */
export function textObject(text: string, type: string): StoredObject {
  const body = Buffer.from(text);
  const sha256 = createHash('sha256').update(body).digest('hex');
  return { body, sha256, headers: { 'content-type': type, 'cache-control': 'no-store' } };
}

/**
 * Finds out how the store takes conditions by trying them on an object of its own: that a second one of a name is refused, that
 * a change of what is there is taken, and that a change of what is there no more is refused.
 */
export async function probe(shared: Shared, signal: AbortSignal): Promise<Conditions> {
  const { store, keys, clock, random } = shared;
  for (let tries = 1; ; tries += 1) {
    const name = createHash('sha256').update(`${clock.now()} ${random()}`).digest('hex').slice(0, 32);
    const key = keys.probe(name);
    const put = (condition: Condition, text: string): Promise<Put> =>
      store.putIf(key, { ...textObject(text, 'text/plain'), condition }, signal);
    const found = await tried(put).finally(() =>
      store.remove(key, AbortSignal.timeout(CLEARING_MS)).catch(() => undefined),
    );
    if (typeof found === 'string') return found;
    // A put whose answer was lost has told nothing, nor does anything after it.
    if (tries === TRIES) throw found.error;
    await clock.sleep(pauseAfter(tries, random), signal);
  }
}

type Unknown = Extract<Put, { state: 'unknown' }>;

async function tried(put: (condition: Condition, text: string) => Promise<Put>): Promise<Conditions | Unknown> {
  const first = await put({ 'if-none-match': '*' }, 'first');
  if (first.state === 'unknown') return first;
  if (first.state === 'refused') return 'ignored';
  const second = await put({ 'if-none-match': '*' }, 'second');
  if (second.state === 'unknown') return second;
  if (second.state === 'stored') return 'ignored';
  for (const form of ['exact', 'bare'] as const) {
    const condition = conditionOn(first.etag, form);
    const changed = await put(condition, 'changed');
    if (changed.state === 'unknown') return changed;
    if (changed.state === 'refused') continue;
    const stale = await put(condition, 'stale');
    if (stale.state === 'unknown') return stale;
    return stale.state === 'refused' ? form : 'ignored';
  }
  return 'ignored';
}
