import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { openJournal } from '../../src/store/journal.ts';
import { suite } from '../support/suite.ts';

interface Page {
  title: string;
}

const test = suite('the journal');
const context = { dir: '', file: '' };

test.before.each(async () => {
  context.dir = await mkdtemp(join(tmpdir(), 'holdfast-journal-'));
  context.file = join(context.dir, 'snapshot');
});

test.after.each(async () => {
  await rm(context.dir, { recursive: true });
});

const open = () => openJournal<Page>(context.file);

async function fill(titles: readonly string[]): Promise<void> {
  const journal = await open();
  for (const [n, title] of titles.entries()) journal.set(`/${n}/`, { title });
  await journal.flush();
}

test('records come back in the order in which their keys were first set', async () => {
  const journal = await open();
  journal.set('/b/', { title: 'B' });
  journal.set('/a/', { title: 'A, "quoted"\n, ünï' });
  journal.set('/gone/', { title: 'gone' });
  await journal.flush();
  journal.set('/b/', { title: 'B again' });
  journal.delete('/gone/');
  await journal.flush();

  const again = await open();
  assert.equal(
    [...again.entries()],
    [
      ['/b/', { title: 'B again' }],
      ['/a/', { title: 'A, "quoted"\n, ünï' }],
    ],
  );
  assert.is(again.size, 2);
  assert.is(again.get('/gone/'), undefined);
  assert.is(again.damaged, 0);
});

test('opening writes nothing, and neither does a flush without changes', async () => {
  const journal = await open();
  await journal.flush();
  journal.delete('/never there/');
  await journal.flush();
  assert.is(await stat(context.file).catch(() => 'absent'), 'absent');
});

test('a flush appends the changed records only', async () => {
  await fill(Array.from({ length: 2000 }, (_, n) => `page ${n} ${'x'.repeat(1000)}`));
  const before = await readFile(context.file);
  const journal = await open();
  for (let n = 0; n < 20; n += 1) journal.set(`/${n}/`, { title: 'changed' });
  await journal.flush();
  const after = await readFile(context.file);
  assert.ok(after.subarray(0, before.length).equals(before));
  assert.ok(after.length - before.length < 20 * 100);
  assert.is((await open()).get('/19/')?.title, 'changed');
});

test('every cut of the last line loses that line only, and the next flush takes its place', async () => {
  await fill(['one', 'two']);
  const whole = await readFile(context.file);
  const last = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (let length = last; length < whole.length; length += 1) {
    await writeFile(context.file, whole.subarray(0, length));
    const journal = await open();
    assert.equal([...journal.entries()], [['/0/', { title: 'one' }]], `cut at ${length}`);
    assert.is(journal.damaged, 0);
    journal.set('/2/', { title: 'three' });
    await journal.flush();
    const again = await open();
    assert.equal(
      [...again.entries()],
      [
        ['/0/', { title: 'one' }],
        ['/2/', { title: 'three' }],
      ],
    );
    assert.is(again.damaged, 0);
  }
});

test('of records that others name none is cut off before those', async () => {
  const journal = await openJournal<Page>(context.file, { first: 'name:' });
  journal.set('/old/', { title: 'a file that is appended to' });
  await journal.flush();
  journal.set('/a/', { title: 'found' });
  journal.set('name:0', { title: '/style.css' });
  journal.set('/a/', { title: 'refers to 0' });
  await journal.flush();
  await truncate(context.file, (await stat(context.file)).size - 1);
  assert.equal(
    [...(await open()).entries()].map(([key]) => key),
    ['/old/', 'name:0'],
  );
});

test('every damaged byte before the end loses at most one record and is reported', async () => {
  await fill(['one', 'two', 'three']);
  const whole = await readFile(context.file);
  const header = whole.indexOf('\n') + 1;
  for (let at = header; at < whole.length - 1; at += 1) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 0x04;
    await writeFile(context.file, bytes);
    const journal = await open();
    assert.ok(journal.damaged >= 1, `byte ${at}`);
    const expected = new Map([
      ['/0/', 'one'],
      ['/1/', 'two'],
      ['/2/', 'three'],
    ]);
    for (const [key, { title }] of journal.entries()) assert.is(expected.get(key), title, `byte ${at}`);
    // A newline that turns into another byte joins two lines: both are lost.
    assert.ok(journal.size >= (whole[at] === 0x0a ? 1 : 2), `byte ${at}`);
  }
});

test('a file that was emptied or removed under an open journal is written whole again', async () => {
  for (const spoil of [() => truncate(context.file, 5), () => rm(context.file)]) {
    await fill(['one', 'two']);
    const journal = await open();
    await spoil();
    journal.set('/2/', { title: 'three' });
    await journal.flush();
    assert.equal([...(await open()).entries()].length, 3);
  }
});

test('a journal of mostly old lines is written anew, and loses nothing', async () => {
  await fill(Array.from({ length: 50 }, (_, n) => `page ${n}`));
  const journal = await open();
  let largest = 0;
  for (let round = 0; round < 40; round += 1) {
    for (let n = 0; n < 10; n += 1) journal.set(`/${n}/`, { title: `round ${round}` });
    await journal.flush();
    largest = Math.max(largest, (await readFile(context.file, 'latin1')).split('\n').length);
  }
  assert.ok(largest <= 2 * 50 + 12, `${largest} lines`);
  const again = await open();
  assert.is(again.size, 50);
  assert.is(again.get('/9/')?.title, 'round 39');
  assert.is(again.get('/49/')?.title, 'page 49');
});

test('a flush that fails can be repeated', async () => {
  const journal = await openJournal<Page>(join(context.dir, 'taken', 'snapshot'));
  await writeFile(join(context.dir, 'taken'), '');
  journal.set('/a/', { title: 'A' });
  const error = await journal.flush().catch((failure: unknown) => failure);
  assert.ok(isHoldfastError(error, 'state-unwritable'));
  await rm(join(context.dir, 'taken'));
  await journal.flush();
  assert.is((await openJournal<Page>(join(context.dir, 'taken', 'snapshot'))).get('/a/')?.title, 'A');
});

test('a journal of another version is refused, and anything else is damage', async () => {
  await writeFile(context.file, 'holdfast journal 7\n');
  assert.ok(isHoldfastError(await open().catch((error: unknown) => error), 'state-damaged'));
  await writeFile(context.file, '{"what":1}\n');
  const journal = await open();
  assert.is(journal.damaged, 1);
  journal.set('/a/', { title: 'A' });
  await journal.flush();
  assert.is((await open()).get('/a/')?.title, 'A');
});

test('20,000 records of a kilobyte open, and 200 changes are flushed, well within a second', async () => {
  await fill(Array.from({ length: 20_000 }, (_, n) => `page ${n} ${'x'.repeat(1000)}`));
  await appendFile(context.file, 'torn');
  const start = performance.now();
  const journal = await open();
  for (let n = 0; n < 200; n += 1) journal.set(`/${n * 7}/`, { title: 'changed' });
  await journal.flush();
  assert.ok(performance.now() - start < 2000);
  assert.is(journal.size, 20_000);
});

test.run();
