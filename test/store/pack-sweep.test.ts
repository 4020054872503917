import { cp, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BlobRef } from '../../src/model/capture.ts';
import { systemClock } from '../../src/model/clock.ts';
import { openBlobs } from '../../src/store/blobs.ts';
import { suite } from '../support/suite.ts';
import { overwrite, pageOf, putPages, states, whole } from './pages.ts';

const test = suite('sweeping packs');
let dir = '';

test.before.each(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-packs-'));
});

test.after.each(async () => {
  await rm(dir, { recursive: true });
});

const RECORD_BYTES = 52;
const HOUR_MS = 3_600_000;
const PACK_BYTES = 300_000;
const clockAt = (offset: number) => ({ ...systemClock, now: () => Date.now() + offset });
const inTwoHours = () => openBlobs(dir, { clock: clockAt(2 * HOUR_MS) });
const at = (name: string): string => join(dir, name);
const names = (refs: readonly BlobRef[]): Set<string> => new Set(refs.map(({ sha256 }) => sha256));
const packsIn = async (folder: string) => (await readdir(folder)).filter((name) => name.startsWith('pack-')).sort();
const bytesIn = (refs: readonly BlobRef[]): number => refs.reduce((sum, { size }) => sum + size, 0);

async function bytesOnDisk(): Promise<number> {
  const stats = await Promise.all((await packsIn(dir)).map((name) => stat(at(name))));
  return stats.reduce((sum, { size }) => sum + size, 0);
}

/** Forty pages in three packs: of the first ones few are needed, of the last all are. */
async function storeWithGarbage() {
  const refs = await putPages(openBlobs(dir, { packBytes: PACK_BYTES }), 0, 40);
  const kept = refs.filter((_, n) => n % 5 === 0 || n > 30);
  return { refs, kept, forgotten: refs.filter((ref) => !kept.includes(ref)) };
}

test('packs that are mostly garbage are emptied, and the index names only what is kept', async () => {
  const { refs, kept, forgotten } = await storeWithGarbage();
  assert.equal(await packsIn(dir), ['pack-1', 'pack-2', 'pack-3']);
  assert.is(await inTwoHours().sweep(names(kept)), forgotten.length);
  assert.not((await packsIn(dir)).includes('pack-1'));
  assert.ok((await bytesOnDisk()) < bytesIn(kept) * 2, 'less than half of it is garbage');
  assert.is((await stat(at('index'))).size, kept.length * RECORD_BYTES);
  const blobs = openBlobs(dir);
  assert.equal(await states(blobs, kept), whole(kept.length));
  assert.equal(new Set(await states(blobs, forgotten)), new Set(['blob-missing']));
  await putPages(blobs, 0, 40);
  assert.equal(await states(openBlobs(dir), refs), whole(40));
});

test('a second sweep writes nothing', async () => {
  const { kept } = await storeWithGarbage();
  await inTwoHours().sweep(names(kept));
  const before = await stat(at('index'));
  assert.is(await inTwoHours().sweep(names(kept)), 0);
  const after = await stat(at('index'));
  assert.equal([after.ino, after.mtimeMs], [before.ino, before.mtimeMs]);
});

test('a pack that is mostly needed is left, and so is one that was written within the hour', async () => {
  const refs = await putPages(openBlobs(dir, { clock: clockAt(-2 * HOUR_MS) }), 0, 20);
  assert.is(await inTwoHours().sweep(names(refs.slice(0, 15))), 5);
  assert.is((await stat(at('pack-1'))).size, bytesIn(refs), 'mostly needed');
  assert.is(await openBlobs(dir).sweep(names(refs.slice(0, 3))), 12);
  assert.is((await stat(at('pack-1'))).size, bytesIn(refs), 'written just now');
  const then = new Date(Date.now() - 2 * HOUR_MS);
  await utimes(at('pack-1'), then, then);
  assert.is(await openBlobs(dir).sweep(names(refs.slice(0, 3))), 0);
  assert.is(await bytesOnDisk(), bytesIn(refs.slice(0, 3)));
  assert.equal(await states(openBlobs(dir), refs.slice(0, 3)), whole(3));
});

test('young blobs stay, whatever is kept', async () => {
  const { refs } = await storeWithGarbage();
  assert.is(await openBlobs(dir, { clock: clockAt(HOUR_MS - 60_000) }).sweep(new Set()), 0);
  assert.equal(await states(openBlobs(dir), refs), whole(40));
});

test('a store of which nothing is needed is emptied, and used again', async () => {
  const { refs } = await storeWithGarbage();
  const blobs = inTwoHours();
  assert.is(await blobs.sweep(new Set()), refs.length);
  assert.equal(await packsIn(dir), []);
  for (const store of [blobs, openBlobs(dir)]) {
    assert.equal(await states(store, await putPages(store, 0, 3)), whole(3));
  }
});

test('an index of which most is old is written anew', async () => {
  const refs = await putPages(openBlobs(dir), 0, 2);
  for (let hour = 1; hour < 100; hour++) await putPages(openBlobs(dir, { clock: clockAt(hour * HOUR_MS) }), 0, 2);
  assert.is((await stat(at('index'))).size, 200 * RECORD_BYTES);
  assert.is(await openBlobs(dir).sweep(names(refs)), 0);
  assert.is((await stat(at('index'))).size, 2 * RECORD_BYTES);
  assert.equal(await states(openBlobs(dir), refs), whole(2));
});

test('a blob found damaged while its pack is emptied is forgotten, the others are moved', async () => {
  const refs = (await putPages(openBlobs(dir), 0, 10)).slice(0, 3);
  await overwrite(at('pack-1'), 3, Buffer.from('X'));
  const blobs = inTwoHours();
  await blobs.sweep(names(refs));
  assert.equal(await packsIn(dir), ['pack-2']);
  for (const store of [blobs, openBlobs(dir)]) {
    assert.equal(await states(store, refs), ['blob-missing', 'whole', 'whole']);
  }
});

test('what is put while a sweep is at work is kept', async () => {
  const { kept } = await storeWithGarbage();
  const blobs = inTwoHours();
  let isDone = false;
  const sweeping = blobs.sweep(names(kept)).finally(() => {
    isDone = true;
  });
  const added: BlobRef[] = [];
  for (let n = 1; !isDone; n++) {
    added.push(await blobs.put(pageOf(n % 40)), await blobs.put(pageOf(1000 + n)));
    await new Promise(setImmediate);
  }
  await sweeping;
  assert.ok(added.length > 10);
  for (const store of [blobs, openBlobs(dir)]) {
    assert.equal(new Set(await states(store, [...kept, ...added])), new Set(['whole']));
  }
});

/** The folder as a sweep leaves it that is killed, made from what it is before the sweep and `after`, a copy of what it is after. */
const KILLED: readonly [string, (after: string) => Promise<void>][] = [
  ['when it had begun to copy', () => writeFile(at('pack-4'), pageOf(5).subarray(0, 900))],
  ['after the copies were written', (after) => addPacks(after)],
  [
    'after the records of the copies were appended',
    async (after) => {
      await addPacks(after);
      await writeFile(at('index'), await readFile(join(after, 'index')), { flag: 'a' });
    },
  ],
  [
    'while the new index was written',
    async (after) => {
      await addPacks(after);
      await writeFile(at('index.0123456789ab.tmp'), (await readFile(join(after, 'index'))).subarray(0, 100));
    },
  ],
  [
    'before the old packs were removed',
    async (after) => {
      await addPacks(after);
      await cp(join(after, 'index'), at('index'));
    },
  ],
  [
    'between the removal of two packs',
    async (after) => {
      await addPacks(after);
      await cp(join(after, 'index'), at('index'));
      await rm(at('pack-1'));
    },
  ],
];

async function addPacks(after: string): Promise<void> {
  for (const name of await packsIn(after)) await cp(join(after, name), at(name));
}

for (const [when, inflict] of KILLED) {
  test(`killed ${when}: every blob is readable, and the next sweep ends it`, async () => {
    const { kept } = await storeWithGarbage();
    const live = dir;
    const after = `${live}-after`;
    await cp(live, after, { recursive: true });
    try {
      await openBlobs(after, { clock: clockAt(2 * HOUR_MS), packBytes: PACK_BYTES }).sweep(names(kept));
      const moved = await packsIn(after);
      assert.ok(moved.includes('pack-4') && !moved.includes('pack-1') && !moved.includes('pack-2'), moved.join());
      await inflict(after);
    } finally {
      await rm(after, { recursive: true });
    }
    assert.equal(await states(openBlobs(dir), kept), whole(kept.length));
    const blobs = inTwoHours();
    await blobs.sweep(names(kept));
    for (const store of [blobs, openBlobs(dir)]) assert.equal(await states(store, kept), whole(kept.length));
    assert.ok((await bytesOnDisk()) < bytesIn(kept) * 2);
    assert.is((await stat(at('index'))).size, kept.length * RECORD_BYTES);
  });
}

test.run();
