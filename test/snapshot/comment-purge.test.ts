import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type CommentsConfig, configSchema } from '../../src/config/schema.ts';
import { commentHash, toComment } from '../../src/model/comment.ts';
import { summarise } from '../../src/snapshot/comments/look.ts';
import { purgeFromThreads } from '../../src/snapshot/comments/purge.ts';
import { openThreads, type Threads } from '../../src/snapshot/comments/threads.ts';
import { suite } from '../support/suite.ts';

const test = suite('a comment that a person wants gone');

const WORDS = 'herring-under-glass';
let dir: string;
let threads: Threads;

const files = () => ({ states: join(dir, 'threads.jsonl'), comments: join(dir, 'comments') });

const ENTRIES: readonly CommentsConfig[] = configSchema.parse({
  site: { name: 'Pools', url: 'https://www.example.org' },
  origin: { url: 'http://127.0.0.1:9' },
  lanes: [{ name: 'hot', paths: ['/a/', '/b/'], every: '1m' }],
  destinations: [{ use: 'mirror', dir: 'mirror' }],
  comments: ['/a/', '/b/'].map((page) => ({ from: 'json', url: '/c.json', page, into: '.list' })),
}).comments;

/** Two pages with a comment 1 and a comment 2 each; what 2 says on `/a/` is to go. */
test.before.each(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-purge-'));
  threads = await openThreads(files());
  for (const entry of ENTRIES) {
    const comments = await threads.comments(entry.page);
    for (const id of [1, 2]) {
      const html = id === 2 && entry.page === '/a/' ? WORDS : 'A fine day';
      const comment = toComment({ id, author: 'Ann', date: 1_780_000_000 + id, html });
      assert.ok(comment);
      comments.set(comment.id, { version: commentHash(comment), comment });
    }
    const state = { began: 1, goodAt: 1, syncedAt: 1, cursor: 'seen', isWhole: true, purged: [] };
    threads.set(entry.page, { ...state, ...summarise(comments, entry) });
  }
  await threads.flush();
});

test.after.each(() => rm(dir, { recursive: true }));

/** Files below the folder that hold the words. */
async function holding(): Promise<readonly string[]> {
  const all = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = await Promise.all(all.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
  return all.filter((_, at) => texts[at]?.includes(WORDS)).map(({ name }) => name);
}

const purge = (more: { page?: string; isBack?: boolean; id?: string } = {}) =>
  purgeFromThreads(threads, ENTRIES, { id: more.id ?? '2', page: more.page, isBack: more.isBack ?? false });

test('its words leave both journals, on the page that was named alone, and its number stays known', async () => {
  assert.is((await holding()).length, 2, 'among the comments, and among the newest');
  assert.equal(
    (await purge({ page: '/a/' })).map(({ page }) => page),
    ['/a/'],
  );
  assert.equal(await holding(), []);
  threads = await openThreads(files());
  const [a, b] = [threads.state('/a/'), threads.state('/b/')];
  assert.equal([a?.size, a?.count, a?.purged, b?.count], [2, 1, ['2'], 2]);
  assert.equal(
    a?.newest.map(({ id }) => id),
    ['1'],
  );
  assert.ok(
    (await threads.comments('/a/')).get('2')?.version,
    'so that a source that still lists it brings nothing new',
  );
});

test('without a page it goes from every thread that has it, and one that none has is told', async () => {
  assert.is((await purge()).length, 2);
  assert.equal(await purge({ id: '3' }), []);
});

test('what is to come back is asked for anew, though the source has not changed', async () => {
  await purge({ page: '/a/' });
  assert.equal(await purge({ page: '/b/', isBack: true }), [], 'it was not purged there');
  assert.is((await purge({ isBack: true })).length, 1);
  const state = threads.state('/a/');
  assert.equal([state?.purged, state?.cursor, state?.syncedAt], [[], undefined, undefined]);
  assert.is((await threads.comments('/a/')).get('2')?.version, '', 'which no version of it is');
});

test('comments that the disk has lost are all asked for again, and those of other pages are not', async () => {
  const journals = (await readdir(files().comments)).map((name) => join(files().comments, name));
  const texts = await Promise.all(journals.map((path) => readFile(path, 'utf8')));
  const lost = journals[texts.findIndex((text) => text.includes(WORDS))] ?? '';
  const lines = (await readFile(lost, 'utf8')).split('\n');
  await writeFile(lost, lines.map((line) => (line.includes(WORDS) ? `x${line}` : line)).join('\n'));
  const again = await openThreads(files());
  assert.is(again.state('/a/')?.cursor, 'seen', 'nothing is read before it is wanted');
  const sizes = [(await again.comments('/a/')).size, (await again.comments('/b/')).size];
  assert.equal([sizes, again.state('/a/')?.cursor, again.state('/b/')?.cursor], [[1, 2], undefined, 'seen']);
});

test.run();
