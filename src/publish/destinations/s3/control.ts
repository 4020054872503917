import { HoldfastError } from '../../../model/errors.ts';
import { controlText, parseControl } from '../../control.ts';
import type { Control } from '../../destination.ts';
import { pauseAfter, TRIES } from './asking.ts';
import { conditionOn, probe, textObject } from './probe.ts';
import { moved, type Shared } from './shared.ts';
import type { ConditionalObject, StoredObject } from './store.ts';

/** A record is some kilobytes; what is much larger is none. */
const MOST_BYTES = 4_194_304;

/** The control record in a bucket: read with one request, moved with one conditional put. */
export function createControl(shared: Shared): Control {
  const { name, keys, known } = shared;
  return {
    async read(signal) {
      const found = await stored(shared, signal);
      if (found === undefined) return undefined;
      const record = parseControl(found.text);
      if (record === undefined) throw unreadable(name, keys.control);
      known.conditions = record.conditions;
      return { record, version: found.version, settled: true };
    },
    swap(next, expected, signal) {
      known.conditions = next.conditions;
      const text = controlText(next);
      const move = { text, object: textObject(text, 'application/json'), expected };
      if (next.conditions === 'ignored') return swapUnguarded(shared, move, signal);
      return swapGuarded(shared, { ...move, condition: conditionOn(expected, next.conditions) }, signal);
    },
    async probe(signal) {
      known.conditions = await probe(shared, signal);
      return known.conditions;
    },
  };
}

interface Move {
  /** What `object` holds; no two moves have the same. */
  readonly text: string;
  readonly object: StoredObject;
  readonly expected: string | undefined;
}

/** Where the answer is lost, or says no to what may be our own move, the record itself tells what became of it. */
async function swapGuarded(
  shared: Shared,
  { text, object, expected, condition }: Move & Pick<ConditionalObject, 'condition'>,
  signal: AbortSignal,
): Promise<string> {
  const { name, store, keys, clock, random } = shared;
  for (let tries = 1; ; tries += 1) {
    const put = await store.putIf(keys.control, { ...object, condition }, signal);
    if (put.state === 'stored') return put.etag;
    const now = await stored(shared, signal);
    if (now?.text === text) return now.version;
    if (now?.version !== expected) throw moved(name, 'the control record is not the one that was read');
    if (tries === TRIES) throw put.state === 'unknown' ? put.error : unyielding(name);
    await clock.sleep(pauseAfter(tries, random), signal);
  }
}

/** Where the store ignores conditions one machine alone may publish, so this only has to see that nobody else did. */
async function swapUnguarded(shared: Shared, { text, object, expected }: Move, signal: AbortSignal): Promise<string> {
  const { name, store, keys } = shared;
  const before = await stored(shared, signal);
  if (before?.version !== expected) throw moved(name, 'the control record is not the one that was read');
  await store.put(keys.control, object, signal);
  const after = await stored(shared, signal);
  if (after?.text !== text) throw moved(name, 'the control record was overwritten at once');
  return after.version;
}

interface Stored {
  readonly text: string;
  readonly version: string;
}

async function stored({ store, keys, name }: Shared, signal: AbortSignal): Promise<Stored | undefined> {
  const found = await store.get(keys.control, signal);
  if (found === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of found.body) {
    size += chunk.length;
    if (size > MOST_BYTES) throw unreadable(name, keys.control);
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString(), version: found.etag };
}

function unreadable(name: string, key: string): HoldfastError {
  return new HoldfastError('destination-damaged', `${name}: ${key} is not a control record of this version`, {
    hint: 'use the version that wrote it; where it is damaged, remove it and run publish --force',
  });
}

function unyielding(name: string): HoldfastError {
  return new HoldfastError(
    'destination-unwritable',
    `${name}: the store refuses to move the control record, which is as expected`,
    {
      hint: `the store takes conditions otherwise than it did: holdfast claim ${name} finds out how`,
    },
  );
}
