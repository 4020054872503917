// takes: 5 s
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { configSchema, type HoldfastConfig } from '../../../src/config/schema.ts';
import { type Comment, toComment } from '../../../src/model/comment.ts';
import { isHoldfastError } from '../../../src/model/errors.ts';
import { createSite } from '../../../src/model/site.ts';
import type { Captured } from '../../../src/model/snapshot.ts';
import { layOut, pageKey, type Thread } from '../../../src/model/thread.ts';
import { openWorkbench } from '../../../src/render/bench.ts';
import { compress } from '../../../src/render/compress.ts';
import { editPage } from '../../../src/render/edit.ts';
import { graft } from '../../../src/render/graft/graft.ts';
import { openTemplates } from '../../../src/render/graft/template.ts';
import { type RenderedRecord, render } from '../../../src/render/render.ts';
import { type Blobs, openBlobs } from '../../../src/store/blobs.ts';
import { openJournal } from '../../../src/store/journal.ts';
import { inUse } from '../../support/in-use.ts';
import { suite } from '../../support/suite.ts';

const test = suite('long threads, and what is held of them');

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const ORIGIN = 'https://origin.example.org';
const LIST = '<ol class="comment-list"><li>What was captured.</li></ol>';
const FORM = '<form action="/wp-comments-post.php" id="respond"><input name="comment_post_ID" value="7"></form>';
const POST = `<!doctype html><html><head><meta charset="utf-8"><title>A post</title></head><body><!-- comments 1 --><h2 class="n">2 comments</h2>${LIST}${FORM}</body></html>`;

const config = configSchema.parse({
  site: { name: 'Pools', url: 'https://www.example.org' },
  origin: { url: ORIGIN },
  lanes: [{ name: 'hot', paths: ['/post/'], every: '1m' }],
  destinations: [{ use: 'mirror', dir: 'mirror' }],
  analytics: [{ use: 'plausible', domain: 'example.org' }],
} as HoldfastConfig);
const site = createSite({ name: 'Pools', url: 'https://www.example.org', origin: ORIGIN, aliases: [] });
const rules = { into: '.comment-list', counts: '.n', timeZone: 'UTC', language: 'en' };
const templates = await openTemplates({ root: '/nonexistent', templates: 'templates', fallback: ROOT });

function said(id: number, html: string): Comment {
  const parent = id % 3 === 0 ? id - 1 : 0;
  const comment = toComment({ id, parent, author: `Reader ${id}`, date: 1_780_000_000 + id, html });
  assert.ok(comment);
  return comment;
}

/** With links that an edit makes public, leads to a page's own address, or empties. */
const linked = (id: number): string =>
  `<p>Número ${id} “said” 🐚 <a href="${ORIGIN}/a/">one</a> <a href="${ORIGIN}/?p=${id % 3}">two</a> <a href="${ORIGIN}/post/?replytocom=${id}">three</a></p>`;

const threadOf = (comments: readonly Comment[]): Thread => {
  const layout = { order: 'oldest', perPage: undefined, depth: 5 } as const;
  const pages = layOut(comments, layout);
  const keys = Object.fromEntries(pages.map((page) => [page.number, pageKey(page)]));
  return { page: '/post/', keys, count: comments.length, open: async () => pages };
};

let dir: string;
let blobs: Blobs;

test.before.each(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  blobs = openBlobs(join(dir, 'blobs'));
});

test.after.each(() => rm(dir, { recursive: true, force: true }));

async function rendered(thread: Thread, into: Blobs) {
  const nothing = () => [];
  const page: Captured = {
    address: '/post/',
    body: await blobs.put(Buffer.from(POST)),
    type: 'text/html; charset=utf-8',
    tempo: 'hot',
    shortlinks: [],
  } as never;
  const snapshot = {
    pages: () => [page],
    assets: nothing,
    redirects: nothing,
    shortlink: (query: string) => (query === 'p=1' ? '/one/' : undefined),
    mayStay: () => false,
    isWithdrawn: () => false,
    origin: () => undefined,
    isHot: () => false,
    withdrawnByHand: nothing,
  };
  const records = await openJournal<RenderedRecord>(join(dir, 'rendered'));
  const context = { config, environment: 'production', site, blobs: into, rendered: records };
  const grafts = new Map([['/post/', { thread, rules, templates }]]);
  const { files } = await render({ ...context, grafts }, snapshot, []);
  const file = files.find(({ path }) => path === 'post/index.html');
  assert.ok(file);
  return { file, analytics: openWorkbench(context, snapshot).analytics, shortlink: snapshot.shortlink };
}

test('a page whose comments come in parts is the page that is edited and compressed whole', async () => {
  const thread = threadOf(Array.from({ length: 250 }, (_, n) => said(n + 1, linked(n + 1))));
  const { file, analytics, shortlink } = await rendered(thread, blobs);
  const [page] = await thread.open();
  assert.ok(page);
  const scion = { address: '/post/', page, numbers: [0], count: thread.count, rules, templates, isUtf8: true };
  const { html, items, lacks } = await graft(Buffer.from(POST), scion);
  assert.ok(items);
  assert.is(lacks, 'nothing');
  const parts: string[] = [];
  for await (const part of items.parts) parts.push(part);
  assert.is(parts.length, 3);
  const grafted = Buffer.from(
    html.toString('latin1').replace(items.mark, () => parts.join('')),
    'latin1',
  );
  const facts = { site, address: '/post/', kind: 'page', noindex: false, charset: 'utf-8', shortlink } as const;
  const whole = editPage(grafted, { ...facts, analytics });
  const stored = await blobs.read(file.sha256);
  assert.is(stored.toString('utf8'), whole.toString('utf8'));
  assert.match(
    whole.toString('utf8'),
    /<!-- comments 1 -->.*250 comments.*https:\/\/www\.example\.org\/a\/.*href="https:\/\/www\.example\.org\/one\/"/s,
  );
  assert.not.match(whole.toString('utf8'), /origin\.example|replytocom|comments 2/);
  const { gzip, br } = await compress(whole, 'fast');
  assert.ok(file.variants.gzip && file.variants.br && gzip && br);
  assert.ok((await blobs.read(file.variants.gzip.sha256)).equals(gzip));
  assert.ok((await blobs.read(file.variants.br.sha256)).equals(br));
});

test('a template of comments that holds what a page has once is refused, with where to put it', async () => {
  await mkdir(join(dir, 'templates'));
  const write = (text: string) => writeFile(join(dir, 'templates/comments.njk'), text);
  const grafted = async () => {
    const own = await openTemplates({ root: dir, templates: 'templates', fallback: ROOT });
    const page = { number: 0, placed: [] };
    const scion = { address: '/post/', page, numbers: [0], count: 0, rules, templates: own, isUtf8: true };
    return graft(Buffer.from(POST), scion);
  };
  await write(
    '{# No <script> here. #}{% for comment in comments %}<li><header>{{ comment.text }}</header></li>{% endfor %}',
  );
  await grafted();
  await write('{% for comment in comments %}<li>{{ comment.text }}</li>{% endfor %}<Script src="/a.js"></script>');
  const refused = await grafted().then(
    () => assert.unreachable(),
    (error: unknown) => error,
  );
  assert.ok(isHoldfastError(refused, 'template-broken'));
  assert.match(refused.message, 'templates/comments.njk holds <Script>');
  assert.match(refused.hint ?? '', 'comments-after.njk');
});

test('while a page of many comments is made, stored and compressed, no second copy of them is held', async () => {
  const words = 'The tide turns twice a day, and the pools are never the same after it. '.repeat(40);
  const before = inUse();
  const comments = Array.from({ length: 3000 }, (_, n) => said(n + 1, `<p>${n} ${words}</p>`));
  const copy = inUse() - before;
  assert.ok(copy > 8_000_000, `one copy of them is ${copy} bytes`);
  const thread = threadOf(comments);
  const around = inUse();
  let most = 0;
  let looks = 0;
  /** Looks at what is in use each MB that go by. */
  async function* watched(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let passed = 0;
    for await (const chunk of chunks) {
      passed += chunk.length;
      yield chunk;
      if (passed < 1_000_000) continue;
      passed = 0;
      looks += 1;
      most = Math.max(most, inUse() - around);
    }
    most = Math.max(most, inUse() - around);
  }
  const { file } = await rendered(thread, { ...blobs, putStream: (chunks) => blobs.putStream(watched(chunks)) });
  assert.ok(file.size > copy, 'the page is longer than its comments');
  assert.ok(looks > 5, `${looks} looks`);
  assert.ok(most < copy / 2, `${most} bytes more are in use, of comments of ${copy} and a page of ${file.size}`);
  const { gzip, br } = file.variants;
  assert.ok(gzip && br);
  assert.is(gunzipSync(await blobs.read(gzip.sha256)).length, file.size);
  assert.is(brotliDecompressSync(await blobs.read(br.sha256)).length, file.size);
});

test.run();
