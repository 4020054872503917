// takes: 12 s
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('threads in pages');

const POST = page(
  'A post',
  '<div id="comments"><h2 class="n">12 comments</h2><ol class="comment-list"><li>What was captured.</li></ol></div>',
);
const SLOW = '1d';

interface Said {
  readonly id: number;
  readonly parent?: number;
  readonly author: string;
  readonly date: string;
  readonly html: string;
  readonly email?: string;
}

const say = (id: number, html: string, parent?: number): Said => ({
  id,
  ...(parent === undefined ? {} : { parent }),
  author: `Reader ${id}`,
  date: `2026-05-04T10:${String(id % 60).padStart(2, '0')}:00Z`,
  html,
  email: 'reader@private.example',
});

let site: ScriptedSite;
let project: Project;

/** The news, published once more. */
const newsAgain = async (): Promise<string> => {
  await project.publish();
  return project.read('news/index.html');
};
let comments: Said[];

test.before.each(async () => {
  comments = [say(1, '<p>One.</p>'), say(2, '<p>Two.</p>', 1)];
  site = await startSite({
    '/': page('Front', ''),
    '/post/': POST,
    '/comments.json': (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(comments));
    },
  });
  project = await openProject(config());
});

test.after.each(async () => {
  await project.close();
  await site.close();
});

function config(more: object = {}, whole: Partial<HoldfastConfig> = {}): HoldfastConfig {
  const entry = {
    from: 'json',
    url: '/comments.json',
    page: '/post/',
    every: '1ms',
    into: '.comment-list',
    counts: '.n',
  };
  return smallConfig(site.url, {
    lanes: [{ name: 'slow', paths: ['/', '/post/'], every: SLOW }],
    assets: { every: SLOW },
    comments: [{ ...entry, ...more }] as HoldfastConfig['comments'],
    ...whole,
  });
}

const codes = (json: { warnings: readonly { code: string }[] }) => json.warnings.map(({ code }) => code);

test('only new comments: one list is asked for, one page and its variants are written', async () => {
  await project.publish('--now');
  const first = await project.read('post/index.html');
  assert.match(first, '2 comments');
  assert.match(first, /id="comment-1".*<ol class="children">\s*<li id="comment-2"/s);
  assert.not.match(first, 'What was captured.');
  assert.not.match(first, 'private.example');
  site.hits();
  comments.push(say(3, '<p>Three.</p>'));
  const { exit, json } = await project.publish();
  assert.is(exit, 0);
  assert.equal(site.hits(), ['/comments.json']);
  assert.equal(json.comments, { new: 1, edited: 0, removed: 0 });
  assert.equal([json.files.changed, json.destinations[0]?.put], [1, 1]);
  assert.match(await project.read('post/index.html'), '3 comments');
});

test('nothing of the page but its thread and its count is touched', async () => {
  await project.publish('--now');
  const published = await project.read('post/index.html');
  const cut = (html: string) =>
    html.replace(/\d+ comments/, '').replace(/(<ol class="comment-list">).*(<\/div>)/s, '$1$2');
  assert.is(cut(published), cut(POST));
});

test('a page that has no place for its comments is published as it was captured, and a warning says so until it has one', async () => {
  await project.configure(config({ into: '.no-such-list' }));
  for (const args of [['--now'], []]) {
    const { exit, json } = await project.publish(...args);
    assert.is(exit, 3);
    assert.equal(codes(json), ['comments-misplaced']);
  }
  assert.match(await project.read('post/index.html'), 'What was captured.');
  await project.configure(config());
  assert.is((await project.publish()).exit, 0);
});

test('a page that loses the place of its thread is kept from its last good look, with the fresh thread, and says so', async () => {
  await project.publish('--now');
  site.pages.set('/post/', page('A post', '<div id="talk">Redesigned.</div>'));
  comments.push(say(3, '<p>Three.</p>'));
  const { exit, json } = await project.publish('--now');
  assert.is(exit, 3);
  assert.equal([json.pages.kept, codes(json)], [1, []]);
  const shown = await project.read('post/index.html');
  assert.match(shown, /3 comments.*id="comment-3"/s);
  assert.not.match(shown, 'Redesigned.');
  const { stdout } = await project.run(['status']);
  assert.match(stdout, /kept: \/post\/ for .*: place, holds nothing that matches \.comment-list any more/);
  assert.match(stdout, /comments \/post\/: 3, read \d+ (?:ms|s) ago, every /);
  const taken = await project.publish('--now', '--accept-shrink');
  assert.equal(codes(taken.json), ['comments-misplaced']);
  assert.match(await project.read('post/index.html'), 'Redesigned.');
});

test('six sources of the origin that fail keep no page from being looked at', async () => {
  const entry = { from: 'json' as const, every: '1ms', into: '.comment-list' };
  const broken = Array.from({ length: 6 }, (_, n) => ({ ...entry, url: `/broken-${n}.json`, page: `/p${n}/` }));
  for (const { url } of broken) site.pages.set(url, { status: 500, body: 'no' });
  await project.configure(config({}, { comments: broken }));
  const { exit, json } = await project.publish('--now');
  assert.is(exit, 3);
  assert.equal([json.pages.captured, json.warnings.length], [2, 6]);
  assert.is(site.hits().filter((path) => path.startsWith('/broken')).length, 5, 'the sixth is spared');
});

test('the first comment of a page that shows no list yet goes before its form', async () => {
  site.pages.set('/post/', page('A post', '<div id="respond"><form></form></div>'));
  await project.configure(config({ before: '#respond', counts: undefined }));
  comments = [];
  await project.publish('--now');
  assert.not.match(await project.read('post/index.html'), 'comment-list');
  comments = [say(1, '<p>First!</p>')];
  assert.is((await project.publish()).exit, 0);
  assert.match(await project.read('post/index.html'), /<ol class="comment-list">.*First!.*<\/ol>.*<div id="respond">/s);
});

test('a source that fails keeps the last good thread, and fails nothing else', async () => {
  await project.configure(config({ every: '1h' }));
  await project.publish('--now');
  const before = await project.read('post/index.html');
  site.pages.set('/comments.json', { status: 500, body: 'no' });
  for (let times = 0; times < 2; times++) {
    const { exit, json } = await project.publish('--now');
    assert.is(exit, 3);
    assert.equal(codes(json), ['comments-failed']);
    assert.is(await project.read('post/index.html'), before);
  }
  site.hits();
  assert.is((await project.publish()).exit, 3);
  assert.equal(site.hits(), []);
});

test('a long thread that is gone at once stays until a second look finds so too; one that comes back was never gone', async () => {
  const all = Array.from({ length: 12 }, (_, n) => say(n + 1, `<p>Number ${n + 1}.</p>`));
  comments = all;
  await project.publish('--now');
  const before = await project.read('post/index.html');
  for (const again of [all, []]) {
    comments = [];
    const { exit, json } = await project.publish();
    assert.is(exit, 3);
    assert.match(json.warnings[0]?.text ?? '', /all 12 comments are gone at once/);
    comments = again;
    assert.is((await project.publish()).exit, 0);
    if (again.length > 0) assert.is(await project.read('post/index.html'), before);
  }
  assert.match(await project.read('post/index.html'), '0 comments');
});

test('a long thread has pages of its own, of which a new comment changes the one it is on', async () => {
  comments = Array.from({ length: 7 }, (_, n) => say(n + 1, `<p>Number ${n + 1}.</p>`));
  await project.configure(config({ perPage: 3, order: 'newest' }));
  await project.publish('--now');
  const idsIn = async (path: string) =>
    [...(await project.read(path)).matchAll(/id="comment-(\d+)"/g)].map(([, id]) => Number(id));
  assert.equal(await idsIn('post/index.html'), [7, 6, 5, 4]);
  assert.equal(await idsIn('post/comment-page-1/index.html'), [3, 2, 1]);
  assert.match(await project.read('post/index.html'), 'href="/post/comment-page-1/"');
  comments.push(say(8, '<p>Number 8.</p>'));
  const { json } = await project.publish();
  assert.equal([json.files.added, json.files.changed], [0, 1]);
  comments.push(say(9, '<p>Number 9.</p>'));
  const next = await project.publish();
  assert.equal(await idsIn('post/index.html'), [9, 8, 7]);
  assert.equal(await idsIn('post/comment-page-2/index.html'), [6, 5, 4]);
  assert.is(next.json.files.added, 1);
});

test("a project's own template stands before the built-in one, and one that does not render is named", async () => {
  await mkdir(join(project.dir, 'templates'), { recursive: true });
  const template = join(project.dir, 'templates/comments.njk');
  await writeFile(
    template,
    '{% for comment in comments %}<li>{{ comment.author }}: {{ comment.text }}</li>{% endfor %}',
  );
  await project.publish('--now');
  assert.match(await project.read('post/index.html'), '<li>Reader 1: <p>One.</p></li>');
  await writeFile(template, '{{ comments[0].author | safe }}');
  const { exit, stderr } = await project.publish();
  assert.is(exit, 1);
  assert.match(stderr, /templates\/comments\.njk does not render: .*`safe` is switched off/);
  await readFile(join(project.dir, 'mirror/current/post/index.html'));
});

test('a purged comment is gone from what is live, kept and stored, and does not come back while the source lists it', async () => {
  const words = 'herring-under-glass';
  comments = [say(1, '<p>One.</p>'), say(2, `<p>${words}</p>`, 1), say(3, '<p>To you.</p>', 2)];
  site.pages.set('/post/', POST.replace('What was captured.', `<div id="comment-2">${words}</div>`));
  await project.publish('--now');
  const first = (await project.publish()).json.release ?? '';
  comments.push(say(4, '<p>Four.</p>'));
  await project.publish();
  assert.ok((await wordsIn(project.dir, words)).length > 1);

  site.pages.set('/post/', POST);
  const { exit, stderr } = await project.run(['comments', 'purge', '2']);
  assert.is(exit, 0, stderr);
  assert.match(stderr, 'comment 2: out of the thread of /post/');
  assert.match(stderr, 'kept releases that may hold it are gone');
  assert.equal(await wordsIn(project.dir, words), []);
  const page = await project.read('post/index.html');
  assert.match(page, /3 comments.*id="comment-3".*id="comment-4"/s);
  assert.is((await project.run(['rollback', first])).exit, 2);

  for (const args of [['--now'], []]) {
    await project.publish(...args);
    assert.equal(await wordsIn(project.dir, words), []);
  }
  assert.is((await project.run(['comments', 'purge', '999'])).exit, 2);
  assert.is((await project.run(['comments', 'purge', '2', '--undo'])).exit, 0);
  assert.match(await project.read('post/index.html'), words);
});

/** Files below a folder that hold the words, plain or compressed. */
async function wordsIn(dir: string, words: string): Promise<readonly string[]> {
  const names = await readdir(dir, { recursive: true, withFileTypes: true });
  const holding: string[] = [];
  for (const entry of names) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const plain = path.endsWith('.gz') ? gunzipSync(bytes) : path.endsWith('.br') ? brotliDecompressSync(bytes) : bytes;
    if (plain.includes(words)) holding.push(path);
  }
  return holding;
}

test('composed pages know the newest comments, and values that a program computes', async () => {
  await mkdir(join(project.dir, 'content'), { recursive: true });
  const page = `---\nlayout: announcement.njk\n---\n{{ comments['/post/'].count }} said; {{ values.tide.metres }} m\n`;
  await writeFile(join(project.dir, 'content/news.md'), page);
  const program = join(project.dir, 'tide.sh');
  await writeFile(program, '#!/bin/sh\necho \'{"metres": 4.2}\'\nenv > seen\n', { mode: 0o755 });
  const values = [{ from: 'command' as const, name: 'tide', run: [program], every: '1d' }];
  await project.configure(config({}, { values }));
  assert.is((await project.publish('--now')).exit, 0);
  await until(newsAgain, /2 said; 4\.2 m/);
  assert.not.match(await readFile(join(project.dir, 'seen'), 'utf8'), /HOLDFAST|AWS|SECRET/);
});

test('a value that takes long holds up nothing, and a failed one leaves the last', async () => {
  await mkdir(join(project.dir, 'content'), { recursive: true });
  await writeFile(join(project.dir, 'content/news.md'), '---\ntitle: News\n---\n[{{ values.slow }}]\n');
  const gate = join(project.dir, 'gate');
  const answer = join(project.dir, 'answer');
  await writeFile(answer, '7');
  const run = ['sh', '-c', `until [ -e ${gate} ]; do sleep 0.1; done; cat ${answer}`];
  const values = [{ from: 'command' as const, name: 'slow', run, every: '1ms', deadline: '10m' }];
  await project.configure(config({}, { values }));
  assert.is((await project.publish('--now')).exit, 0);
  assert.match(await project.read('news/index.html'), '[]');
  await writeFile(gate, '');
  await until(newsAgain, /\[7\]/);
  await writeFile(answer, 'no JSON');
  await until(async () => (await project.publish()).stdout, /value-failed/);
  assert.match(await project.read('news/index.html'), '[7]');
});

/** Tries again until it says so; the runner's time limit is the end. */
async function until(ask: () => Promise<string>, says: RegExp): Promise<void> {
  while (!says.test(await ask())) await new Promise((resolve) => setTimeout(resolve, 100));
}

test.run();
