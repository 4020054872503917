import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { appendLine, makeFolder, readJson, writeAtomic } from '../../src/store/files.ts';
import { suite } from '../support/suite.ts';

const test = suite('state files');
const context = { dir: '' };

test.before.each(async () => {
  context.dir = await mkdtemp(join(tmpdir(), 'holdfast-files-'));
});

test.after.each(async () => {
  await rm(context.dir, { recursive: true });
});

const inDir = (name: string): string => join(context.dir, name);

test('a file is replaced whole, its folders are made, and nothing else is left', async () => {
  await writeAtomic(inDir('a/b/state.json'), '{"n":1}');
  await writeAtomic(inDir('a/b/state.json'), Buffer.from('{"n":2}'));
  assert.equal(await readJson(inDir('a/b/state.json')), { n: 2 });
  assert.equal(await readdir(inDir('a/b')), ['state.json']);
});

test('a reader of a file that is replaced all the time never sees a part of it', async () => {
  const contents = ['x'.repeat(50_000), 'y'.repeat(90_000)] as const;
  await writeAtomic(inDir('state'), contents[0]);
  let writing = true;
  const writer = (async () => {
    for (let n = 0; n < 60; n += 1) await writeAtomic(inDir('state'), contents[n % 2] ?? '');
    writing = false;
  })();
  let reads = 0;
  while (writing) {
    const seen = await readFile(inDir('state'), 'utf8');
    assert.ok(contents.some((content) => content === seen));
    reads += 1;
  }
  await writer;
  assert.ok(reads > 10);
});

test('a link in the place of the file is replaced, what it points to is not written', async () => {
  await writeFile(inDir('elsewhere'), 'mine');
  await symlink(inDir('elsewhere'), inDir('state'));
  await writeAtomic(inDir('state'), 'ours');
  assert.is(await readFile(inDir('elsewhere'), 'utf8'), 'mine');
  assert.is(await readFile(inDir('state'), 'utf8'), 'ours');
});

test('a write that fails says which file and why, and leaves the old content alone', async () => {
  await writeFile(inDir('file'), 'old');
  const error = await writeAtomic(inDir('file/state'), 'new').catch((failure: unknown) => failure);
  assert.ok(isHoldfastError(error, 'state-unwritable'));
  assert.match((error as Error).message, /file\/state cannot be written: ENOTDIR/);
  assert.equal(await readdir(context.dir), ['file']);
});

test('JSON that is not there is undefined, and JSON that is none is an error', async () => {
  assert.is(await readJson(inDir('absent.json')), undefined);
  for (const broken of ['', '{"a":', 'no']) {
    await writeFile(inDir('broken.json'), broken);
    assert.ok(isHoldfastError(await readJson(inDir('broken.json')).catch((error: unknown) => error), 'state-damaged'));
  }
});

test('a line after a torn one is a line of its own', async () => {
  const file = inDir('logs/runs.jsonl');
  await appendLine(file, 'one');
  await writeFile(file, 'one\nto', 'utf8');
  await appendLine(file, 'three');
  await appendLine(file, 'four');
  assert.is(await readFile(file, 'utf8'), 'one\nto\nthree\nfour\n');
});

test('making a folder that is there does nothing, and one in a file is an error', async () => {
  await makeFolder(inDir('a/b/c'));
  await makeFolder(inDir('a/b/c'));
  await chmod(inDir('a/b/c'), 0o700);
  await writeFile(inDir('file'), '');
  const error = await makeFolder(inDir('file/a')).catch((failure: unknown) => failure);
  assert.is((error as NodeJS.ErrnoException).code, 'ENOTDIR');
});

test.run();
