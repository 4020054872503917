import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { type Blobs, openBlobs } from '../../src/store/blobs.ts';
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

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const pathOf = (sha256: string): string => join(context.dir, sha256.slice(0, 2), sha256);

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => assert.unreachable('it should have failed'),
    (error: unknown) => error,
  );
}

const SIZES = [0, 1, 20_000, 65_536, 65_537, 262_144, 262_145, 1_000_000];

test('bytes of every size come back as they were, read whole and streamed', async () => {
  for (const size of SIZES) {
    const bytes = randomBytes(size);
    const ref = await context.blobs.put(bytes);
    assert.equal(ref, { sha256: hashOf(bytes), size });
    assert.ok(bytes.equals(await context.blobs.read(ref.sha256)), `read ${size}`);
    assert.ok(bytes.equals(await buffer(context.blobs.open(ref))), `open ${size}`);
  }
});

test('a blob lies in a folder named by the first two digits of its hash', async () => {
  const { sha256 } = await context.blobs.put(Buffer.from('page'));
  assert.is(await readFile(pathOf(sha256), 'utf8'), 'page');
});

test('a stream is stored under the hash of all its chunks', async () => {
  async function* chunks() {
    yield Buffer.from('one ');
    yield Buffer.from('two');
  }
  const ref = await context.blobs.putStream(chunks());
  assert.equal(ref, { sha256: hashOf(Buffer.from('one two')), size: 7 });
  assert.is((await context.blobs.read(ref.sha256)).toString(), 'one two');
});

test('a stream that fails leaves nothing behind and passes its own error on', async () => {
  async function* chunks() {
    yield Buffer.from('half');
    throw new Error('cut');
  }
  const error = await failure(context.blobs.putStream(chunks()));
  assert.is((error as Error).message, 'cut');
  assert.equal(await readdir(context.dir), []);
});

test('thousands of puts at once leave exactly their blobs', async () => {
  const pages = Array.from({ length: 2000 }, (_, n) => Buffer.from(`page ${n % 1500}`));
  const refs = await Promise.all(pages.map((page) => context.blobs.put(page)));
  const folders = await readdir(context.dir);
  const files = (await Promise.all(folders.map((folder) => readdir(join(context.dir, folder))))).flat();
  assert.equal(files.sort(), [...new Set(refs.map((ref) => ref.sha256))].sort());
  assert.is(files.length, 1500);
});

const DAMAGES: readonly [string, (path: string) => Promise<void>][] = [
  ['a changed byte', (path) => writeFile(path, 'pagE')],
  ['a cut end', (path) => truncate(path, 2)],
  ['nothing left', (path) => truncate(path, 0)],
  ['bytes added', (path) => writeFile(path, 'page and more')],
];

test('a damaged blob is never handed out, is removed, and can be put again', async () => {
  for (const [damage, inflict] of DAMAGES) {
    for (const way of ['read', 'open'] as const) {
      const ref = await context.blobs.put(Buffer.from('page'));
      await inflict(pathOf(ref.sha256));
      const reading = way === 'read' ? context.blobs.read(ref.sha256) : buffer(context.blobs.open(ref));
      assert.ok(isHoldfastError(await failure(reading), 'blob-damaged'), `${damage}, ${way}`);
      assert.not(await context.blobs.has(ref.sha256), `${damage}, ${way}`);
      await context.blobs.put(Buffer.from('page'));
      assert.is((await context.blobs.read(ref.sha256)).toString(), 'page');
    }
  }
});

test('a blob torn by a power loss is made whole by putting it again', async () => {
  const ref = await context.blobs.put(Buffer.from('page'));
  await truncate(pathOf(ref.sha256), 0);
  await context.blobs.put(Buffer.from('page'));
  assert.is((await context.blobs.read(ref.sha256)).toString(), 'page');
});

test('a blob that was never put is missing', async () => {
  const absent = hashOf(Buffer.from('absent'));
  assert.not(await context.blobs.has(absent));
  assert.ok(isHoldfastError(await failure(context.blobs.read(absent)), 'blob-missing'));
  assert.ok(isHoldfastError(await failure(buffer(context.blobs.open({ sha256: absent, size: 6 }))), 'blob-missing'));
});

test('a large damaged blob fails before its last bytes are let out', async () => {
  const bytes = randomBytes(1_000_000);
  const ref = await context.blobs.put(bytes);
  bytes[10] = (bytes[10] ?? 0) ^ 1;
  await writeFile(pathOf(ref.sha256), bytes);
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
  const [kept, old, young] = await Promise.all(
    ['kept', 'old', 'young'].map((text) => context.blobs.put(Buffer.from(text))),
  );
  assert.ok(kept && old && young);
  const torn = join(context.dir, '.incoming-torn');
  await writeFile(torn, 'half');
  const before = new Date(Date.now() - 2 * 3_600_000);
  for (const path of [pathOf(kept.sha256), pathOf(old.sha256), torn]) await utimes(path, before, before);
  assert.is(await context.blobs.sweep(new Set([kept.sha256])), 2);
  assert.ok(await context.blobs.has(kept.sha256));
  assert.not(await context.blobs.has(old.sha256));
  assert.ok(await context.blobs.has(young.sha256));
});

test('an old blob that is put again is young', async () => {
  const ref = await context.blobs.put(Buffer.from('page'));
  const before = new Date(Date.now() - 2 * 3_600_000);
  await utimes(pathOf(ref.sha256), before, before);
  await context.blobs.put(Buffer.from('page'));
  assert.ok((await stat(pathOf(ref.sha256))).mtimeMs > before.getTime() + 3_600_000);
  assert.is(await context.blobs.sweep(new Set()), 0);
});

test('sweeping a store that was never used removes nothing', async () => {
  assert.is(await openBlobs(join(context.dir, 'absent')).sweep(new Set()), 0);
});

test('a folder that cannot be written is one clear error', async () => {
  await writeFile(join(context.dir, 'file'), '');
  const error = await failure(openBlobs(join(context.dir, 'file')).put(Buffer.from('page')));
  assert.ok(isHoldfastError(error, 'state-unwritable'));
});

test.run();
