import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readlink, rm, stat, symlink, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { BlobRef } from '../../src/model/capture.ts';
import { systemClock } from '../../src/model/clock.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import { type Blobs, openBlobs } from '../../src/store/blobs.ts';
import { suite } from '../support/suite.ts';
import { hashOf, overwrite, pageOf, putPages, states, whole } from './pages.ts';

const test = suite('packs of blobs');
let dir = '';

test.before.each(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-packs-'));
});

test.after.each(async () => {
  await rm(dir, { recursive: true });
});

/** Stands in the format: 32 bytes of hash, then pack, offset, size, time and check of 4 bytes each. */
const RECORD_BYTES = 52;
const later = { ...systemClock, now: () => Date.now() + 2 * 3_600_000 };
const at = (name: string): string => join(dir, name);
const hashes = (refs: readonly BlobRef[]): Set<string> => new Set(refs.map(({ sha256 }) => sha256));
const packs = async (): Promise<string[]> => (await readdir(dir)).filter((name) => name.startsWith('pack-')).sort();

const INDEX_DAMAGES: readonly [string, () => Promise<void>, string[]][] = [
  [
    'a torn last record',
    () => truncate(at('index'), RECORD_BYTES * 4 - 20),
    ['whole', 'whole', 'whole', 'blob-missing'],
  ],
  [
    'a zeroed record',
    () => overwrite(at('index'), RECORD_BYTES, Buffer.alloc(RECORD_BYTES)),
    ['whole', 'blob-missing', 'whole', 'whole'],
  ],
  [
    'a record with half of it zeroed',
    () => overwrite(at('index'), RECORD_BYTES * 2, Buffer.alloc(26)),
    ['whole', 'whole', 'blob-missing', 'whole'],
  ],
  [
    'a record of another size',
    () => overwrite(at('index'), RECORD_BYTES * 2 + 40, Buffer.from([1, 1])),
    ['whole', 'whole', 'blob-missing', 'whole'],
  ],
  [
    'a zeroed tail',
    () => overwrite(at('index'), RECORD_BYTES * 2, Buffer.alloc(RECORD_BYTES * 2)),
    ['whole', 'whole', 'blob-missing', 'blob-missing'],
  ],
  ['no index', () => rm(at('index')), ['blob-missing', 'blob-missing', 'blob-missing', 'blob-missing']],
];

for (const [damage, inflict, expected] of INDEX_DAMAGES) {
  test(`${damage}: its blobs are missing, the others are whole, and what is put then is found by the next run`, async () => {
    const refs = await putPages(openBlobs(dir), 0, 4);
    await inflict();
    const blobs = openBlobs(dir);
    assert.equal(await states(blobs, refs), expected);
    const more = await putPages(blobs, 2, 8);
    assert.equal(await states(openBlobs(dir), [...refs.slice(2), ...more]), whole(8));
  });
}

const PACK_DAMAGES: readonly [string, () => Promise<void>, string[]][] = [
  [
    'a torn tail',
    () => truncate(at('pack-1'), pageOf(0).length + pageOf(1).length + 5),
    ['whole', 'whole', 'blob-missing'],
  ],
  [
    'zeros in the middle',
    () => overwrite(at('pack-1'), pageOf(0).length + 1, Buffer.alloc(100)),
    ['whole', 'blob-damaged', 'whole'],
  ],
  ['nothing', () => truncate(at('pack-1'), 0), ['blob-missing', 'blob-missing', 'blob-missing']],
  ['no file', () => rm(at('pack-1')), ['blob-missing', 'blob-missing', 'blob-missing']],
];

for (const [damage, inflict, expected] of PACK_DAMAGES) {
  test(`a pack with ${damage}: what it lost is lost, the rest is whole, and all can be put again`, async () => {
    const refs = await putPages(openBlobs(dir), 0, 3);
    await inflict();
    assert.equal(await states(openBlobs(dir), refs), expected);
    const blobs = openBlobs(dir);
    await states(blobs, refs);
    await putPages(blobs, 0, 3);
    assert.equal(await states(openBlobs(dir), refs), whole(3));
  });

  test(`a pack with ${damage} under a store that has read its index: never other bytes, and all can be put again`, async () => {
    const blobs = openBlobs(dir);
    const refs = await putPages(blobs, 0, 3);
    await inflict();
    await states(blobs, refs);
    for (const [n, { sha256 }] of refs.entries()) assert.is(await blobs.has(sha256), expected[n] === 'whole');
    await putPages(blobs, 0, 3);
    assert.equal(await states(blobs, refs), whole(3));
    assert.equal(await states(openBlobs(dir), refs), whole(3));
  });
}

test('a pack that lost its end is not appended to: old records never come to point at other bytes', async () => {
  const refs = await putPages(openBlobs(dir), 0, 3);
  await truncate(at('pack-1'), pageOf(0).length);
  await putPages(openBlobs(dir), 10, 20);
  assert.equal(await states(openBlobs(dir), refs), ['whole', 'blob-missing', 'blob-missing']);
  assert.equal(await packs(), ['pack-1', 'pack-2']);
});

test('the index is not read before a blob is asked for, and an unreadable one is never taken for an empty one', async () => {
  await mkdir(at('index'));
  const blobs = openBlobs(dir);
  for (const work of [() => blobs.read('0'.repeat(64)), () => blobs.put(pageOf(0)), () => blobs.sweep(new Set())]) {
    const error = await work().catch((failure: unknown) => failure);
    assert.ok(isHoldfastError(error, 'state-damaged'), String(error));
  }
});

test('a full pack is followed by the next, and a later run goes on where there is room', async () => {
  const options = { packBytes: 1_000 };
  const put = async (blobs: Blobs, from: number, to: number) => {
    for (let n = from; n < to; n++) await blobs.put(Buffer.from(String(n).padStart(300, ' ')));
  };
  await put(openBlobs(dir, options), 0, 10);
  const sizes = async () => Promise.all((await packs()).map(async (name) => (await stat(at(name))).size));
  assert.equal(await sizes(), [1200, 1200, 600]);
  await put(openBlobs(dir, options), 0, 13);
  assert.equal(await sizes(), [1200, 1200, 1200, 300]);
  for (let n = 0; n < 13; n++) assert.ok(await openBlobs(dir).has(hashOf(Buffer.from(String(n).padStart(300, ' ')))));
});

test('a reader sees what is put, and what is moved, after it has read the index', async () => {
  const reader = openBlobs(dir);
  const writer = openBlobs(dir, { packBytes: 100_000 });
  const first = await putPages(writer, 0, 1);
  assert.equal(await states(reader, first), ['whole']);
  const more = await putPages(writer, 1, 20);
  assert.equal(await states(reader, more), whole(19));
  const kept = more.filter((_, n) => n % 5 === 0);
  assert.is(await openBlobs(dir, { clock: later }).sweep(hashes(kept)), 16);
  assert.not((await packs()).includes('pack-1'), 'a pack was emptied');
  assert.equal(await states(reader, kept), whole(4));
  for (const ref of kept) assert.is((await buffer(reader.open(ref))).length, ref.size);
  assert.not(await reader.has(first[0]?.sha256 ?? ''));
});

test('a store that knew a blob before another run swept it away stores it when it is put', async () => {
  const refs = await putPages(openBlobs(dir), 0, 3);
  const blobs = openBlobs(dir);
  assert.equal(await states(blobs, refs), whole(3));
  assert.is(await openBlobs(dir, { clock: later }).sweep(new Set()), 3);
  await putPages(blobs, 0, 3);
  assert.equal(await states(openBlobs(dir), refs), whole(3));
});

for (const name of ['pack-1', 'index']) {
  test(`a full disk under ${name} is one clear error, and the store goes on when there is room`, async () => {
    const blobs = openBlobs(dir);
    await symlink('/dev/full', at(name));
    const error = await blobs.put(pageOf(0)).catch((failure: unknown) => failure);
    assert.ok(isHoldfastError(error, 'state-unwritable') && error.message.includes('ENOSPC'), String(error));
    assert.not(await blobs.has(hashOf(pageOf(0))));
    await rm(at(name));
    const refs = await putPages(blobs, 0, 3);
    for (const store of [blobs, openBlobs(dir)]) assert.equal(await states(store, refs), whole(3));
  });
}

test('a store that puts nothing for a while keeps no file open, and goes on when it puts again', async () => {
  const blobs = openBlobs(dir);
  await putPages(blobs, 0, 2);
  assert.ok((await openFiles()) > 0);
  for (const end = Date.now() + 20_000; (await openFiles()) > 0; await wait(50)) assert.ok(Date.now() < end);
  const refs = await putPages(blobs, 0, 4);
  for (const store of [blobs, openBlobs(dir)]) assert.equal(await states(store, refs), whole(4));
});

/** How many files of the store this process has open. */
async function openFiles(): Promise<number> {
  const links = (await readdir('/proc/self/fd')).map((name) => readlink(`/proc/self/fd/${name}`).catch(() => ''));
  return (await Promise.all(links)).filter((path) => path.startsWith(dir)).length;
}

test('killed while it puts: what resolved is whole, read meanwhile or after, and the rest is missing, not wrong', async () => {
  const program = new URL('blob-putter.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', program, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const reader = openBlobs(dir);
  let told = -1;
  for await (const line of createInterface({ input: child.stdout })) {
    told = Number(line);
    if (told < 150) assert.ok(pageOf(told).equals(await reader.read(hashOf(pageOf(told)))), `page ${told}`);
    else child.kill('SIGKILL');
  }
  await ended;
  assert.ok(told >= 150 && (await packs()).length > 1);
  const refs = Array.from({ length: told + 20 }, (_, n) => ({ sha256: hashOf(pageOf(n)), size: pageOf(n).length }));
  const found = await states(openBlobs(dir), refs);
  assert.equal(found.slice(0, told + 1), whole(told + 1));
  assert.not(found.includes('blob-damaged'));
  assert.equal(found.slice(told + 3), Array(17).fill('blob-missing'), 'at most one more had begun');
  await putPages(openBlobs(dir), told, told + 20);
  assert.equal(await states(openBlobs(dir), refs), whole(told + 20));
});

test.run();
