import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import type { BlobRef } from '../../src/model/capture.ts';
import { systemClock } from '../../src/model/clock.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import { type Blobs, openBlobs, PACKED_BYTES } from '../../src/store/blobs.ts';
import { suite } from '../support/suite.ts';

interface Context {
  dir: string;
  blobs: Blobs;
}

const test = suite('the blob store');
const context = {} as Context;

test.before.each(async () => {
  context.dir = await mkdtemp(join(tmpdir(), 'holdfast-blobs-'));
  context.blobs = openBlobs(context.dir);
});

test.after.each(async () => {
  await rm(context.dir, { recursive: true });
});

const HOUR_MS = 3_600_000;
const twoHoursAgo = { ...systemClock, now: () => Date.now() - 2 * HOUR_MS };
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const pathOf = (sha256: string): string => join(context.dir, sha256.slice(0, 1), sha256);
const packPath = (): string => join(context.dir, 'pack-1');

/** One blob that goes into a pack and one that is a file of its own. */
const KINDS: readonly [string, Buffer][] = [
  ['packed', Buffer.from('a page')],
  ['a file of its own', Buffer.alloc(PACKED_BYTES + 1, 'large ')],
];

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => assert.unreachable('it should have failed'),
    (error: unknown) => error,
  );
}

async function* inChunks(bytes: Buffer, size = 65_536) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** The file that holds a blob's bytes, and where in it they begin. */
async function whereIs(bytes: Buffer): Promise<{ path: string; start: number }> {
  if (bytes.length > PACKED_BYTES) return { path: pathOf(hashOf(bytes)), start: 0 };
  return { path: packPath(), start: (await readFile(packPath())).lastIndexOf(bytes) };
}

async function overwrite(path: string, start: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write(bytes, 0, bytes.length, start);
  await handle.close();
}

/** Makes a blob look as though nobody had put it for two hours. */
async function putLongAgo(bytes: Buffer): Promise<BlobRef> {
  const ref = await openBlobs(context.dir, { clock: twoHoursAgo }).put(bytes);
  const then = new Date(twoHoursAgo.now());
  if (bytes.length > PACKED_BYTES) await utimes(pathOf(ref.sha256), then, then);
  return ref;
}

const SIZES = [0, 1, 20_000, 65_536, PACKED_BYTES - 1, PACKED_BYTES, PACKED_BYTES + 1, 1_000_000];

test('bytes of every size come back as they were, put whole or as a stream, read whole or as a stream', async () => {
  for (const size of SIZES) {
    for (const way of ['put', 'putStream'] as const) {
      const bytes = randomBytes(size);
      const ref = await (way === 'put' ? context.blobs.put(bytes) : context.blobs.putStream(inChunks(bytes)));
      assert.equal(ref, { sha256: hashOf(bytes), size });
      for (const blobs of [context.blobs, openBlobs(context.dir)]) {
        assert.ok(await blobs.has(ref.sha256), `has ${way} ${size}`);
        assert.ok(bytes.equals(await blobs.read(ref.sha256)), `read ${way} ${size}`);
        assert.ok(bytes.equals(await buffer(blobs.open(ref))), `open ${way} ${size}`);
      }
    }
  }
});

test('blobs up to the limit share a pack; a larger one is a file in a folder named by the first digit of its hash', async () => {
  for (const put of [context.blobs.put, (bytes: Buffer) => context.blobs.putStream(inChunks(bytes))]) {
    for (let n = 0; n < 20; n++) await put(randomBytes(100));
    await put(randomBytes(PACKED_BYTES));
    assert.equal((await readdir(context.dir)).sort(), ['index', 'pack-1']);
    const large = randomBytes(PACKED_BYTES + 1);
    assert.ok(large.equals(await readFile(pathOf((await put(large)).sha256))));
    await rm(context.dir, { recursive: true });
    context.blobs = openBlobs(context.dir);
  }
  await context.blobs.put(Buffer.from('the folder is made again'));
});

test('a stream that fails leaves nothing behind and passes its own error on', async () => {
  for (const size of [10, PACKED_BYTES * 3]) {
    async function* chunks() {
      yield* inChunks(Buffer.alloc(size));
      throw new Error('cut');
    }
    const error = await failure(context.blobs.putStream(chunks()));
    assert.is((error as Error).message, 'cut');
    assert.equal(await readdir(context.dir), [], `${size}`);
  }
});

test('thousands of puts at once store each blob once', async () => {
  const pages = Array.from({ length: 2000 }, (_, n) => Buffer.from(`page ${String(n % 1500).padStart(5, '0')}`));
  const refs = await Promise.all(pages.map((page) => context.blobs.put(page)));
  assert.is(new Set(refs.map((ref) => ref.sha256)).size, 1500);
  assert.is((await stat(packPath())).size, 1500 * 10);
  const later = openBlobs(context.dir);
  for (const [n, ref] of refs.entries()) assert.ok(pages[n]?.equals(await later.read(ref.sha256)));
});

test('equal bytes put at once, whole and as streams, are stored once', async () => {
  for (const [kind, bytes] of KINDS) {
    const puts = Array.from({ length: 9 }, (_, n) =>
      n % 2 === 0 ? context.blobs.put(bytes) : context.blobs.putStream(inChunks(bytes, 7_000)),
    );
    const refs = await Promise.all(puts);
    for (const ref of refs) assert.equal(ref, { sha256: hashOf(bytes), size: bytes.length }, kind);
    assert.ok(bytes.equals(await context.blobs.read(hashOf(bytes))), kind);
  }
  assert.is((await stat(packPath())).size, 6);
  const left = (await readdir(context.dir)).filter((name) => name.startsWith('.'));
  assert.equal(left, [], 'nothing half written is left');
});

const DAMAGES: readonly [string, (path: string, start: number, size: number) => Promise<void>][] = [
  ['a changed byte', (path, start, size) => overwrite(path, start + size - 1, Buffer.from('E'))],
  ['a cut end', (path, start, size) => truncate(path, start + size - 2)],
  ['nothing left', (path) => truncate(path, 0)],
  ['zeros', (path, start, size) => overwrite(path, start, Buffer.alloc(size))],
];

test('a damaged blob is never handed out, is forgotten, and can be put again', async () => {
  for (const [kind, bytes] of KINDS) {
    for (const [damage, inflict] of DAMAGES) {
      for (const way of ['read', 'open'] as const) {
        const told = `${kind}, ${damage}, ${way}`;
        const ref = await context.blobs.put(bytes);
        const { path, start } = await whereIs(bytes);
        await inflict(path, start, bytes.length);
        const reading = way === 'read' ? context.blobs.read(ref.sha256) : buffer(context.blobs.open(ref));
        assert.ok(isHoldfastError(await failure(reading), 'blob-damaged'), told);
        assert.not(await context.blobs.has(ref.sha256), told);
        await context.blobs.put(bytes);
        assert.ok(bytes.equals(await context.blobs.read(ref.sha256)), told);
        assert.ok(bytes.equals(await openBlobs(context.dir).read(ref.sha256)), `${told}, by a later run`);
      }
    }
  }
});

test('a file of its own with bytes added is damaged', async () => {
  const bytes = randomBytes(PACKED_BYTES + 1);
  const ref = await context.blobs.put(bytes);
  await writeFile(pathOf(ref.sha256), Buffer.concat([bytes, Buffer.from('more')]));
  assert.ok(isHoldfastError(await failure(buffer(context.blobs.open(ref))), 'blob-damaged'));
  assert.not(await context.blobs.has(ref.sha256));
});

test('a blob torn by a power loss is made whole by putting it again', async () => {
  for (const [kind, bytes] of KINDS) {
    const ref = await context.blobs.put(bytes);
    await truncate((await whereIs(bytes)).path, 0);
    const later = openBlobs(context.dir);
    await later.put(bytes);
    assert.ok(bytes.equals(await later.read(ref.sha256)), kind);
  }
});

test('a blob that was never put is missing', async () => {
  const absent = hashOf(Buffer.from('absent'));
  assert.not(await context.blobs.has(absent));
  assert.ok(isHoldfastError(await failure(context.blobs.read(absent)), 'blob-missing'));
  for (const size of [6, PACKED_BYTES + 1]) {
    const reading = buffer(context.blobs.open({ sha256: absent, size }));
    assert.ok(isHoldfastError(await failure(reading), 'blob-missing'));
  }
});

test('a large damaged blob fails before its last bytes are let out', async () => {
  const bytes = randomBytes(1_000_000);
  const ref = await context.blobs.put(bytes);
  await overwrite(pathOf(ref.sha256), 10, Buffer.from([(bytes[10] ?? 0) ^ 1]));
  let seen = 0;
  const error = await failure(
    (async () => {
      for await (const chunk of context.blobs.open(ref)) seen += (chunk as Buffer).length;
    })(),
  );
  assert.ok(isHoldfastError(error, 'blob-damaged'));
  assert.ok(seen < bytes.length);
});

test('sweeping removes what is old and not kept, half-written files too, and nothing else', async () => {
  const kept = await putLongAgo(Buffer.from('kept'));
  const keptLarge = await putLongAgo(randomBytes(PACKED_BYTES + 1));
  const old = [await putLongAgo(Buffer.from('old')), await putLongAgo(randomBytes(PACKED_BYTES + 1))];
  const young = [await context.blobs.put(Buffer.from('young')), await context.blobs.put(randomBytes(PACKED_BYTES + 1))];
  const then = new Date(twoHoursAgo.now());
  for (const name of ['.incoming-torn', 'index.0123456789ab.tmp']) {
    await writeFile(join(context.dir, name), 'half');
    await utimes(join(context.dir, name), then, then);
  }
  await writeFile(join(context.dir, '.incoming-now'), 'half');
  assert.is(await context.blobs.sweep(new Set([kept.sha256, keptLarge.sha256])), 4);
  for (const blobs of [context.blobs, openBlobs(context.dir)]) {
    for (const { sha256 } of [kept, keptLarge, ...young]) assert.is(hashOf(await blobs.read(sha256)), sha256);
    for (const { sha256 } of old) assert.not(await blobs.has(sha256));
  }
  assert.ok((await readdir(dirname(packPath()))).includes('.incoming-now'));
  assert.is(await context.blobs.sweep(new Set([kept.sha256, keptLarge.sha256])), 0);
});

test('an old blob that is put again is young', async () => {
  for (const [kind, bytes] of KINDS) {
    const ref = await putLongAgo(bytes);
    await openBlobs(context.dir).put(bytes);
    assert.is(await openBlobs(context.dir).sweep(new Set()), 0, kind);
    assert.ok(bytes.equals(await context.blobs.read(ref.sha256)), kind);
  }
  assert.is((await stat(packPath())).size, 6, 'it was not written twice');
});

test('sweeping a store that was never used removes nothing', async () => {
  const absent = join(context.dir, 'absent');
  assert.is(await openBlobs(absent).sweep(new Set()), 0);
  assert.equal(await readdir(context.dir), []);
});

test('a folder that cannot be written is one clear error', async () => {
  await writeFile(join(context.dir, 'file'), '');
  for (const [kind, bytes] of KINDS) {
    const blobs = openBlobs(join(context.dir, 'file'));
    assert.ok(isHoldfastError(await failure(blobs.put(bytes)), 'state-unwritable'), kind);
    assert.ok(isHoldfastError(await failure(blobs.putStream(inChunks(bytes))), 'state-unwritable'), kind);
  }
});

test.run();
