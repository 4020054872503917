// takes: 10 s
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { toComment } from '../../src/model/comment.ts';
import { layOut } from '../../src/model/thread.ts';
import type * as Compose from '../../src/render/compose.ts';
import { graft } from '../../src/render/graft/graft.ts';
import { openTemplates } from '../../src/render/graft/template.ts';
import { launchBrowser } from '../support/browser.ts';
import { importBuilt } from '../support/built.ts';
import { suite } from '../support/suite.ts';
import { CONTRAST, FOCUS, TEXTS } from './looking.ts';

const { compose } = await importBuilt<typeof Compose>('render/compose');
const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
const ANNOUNCEMENT = '/announcement/index.html';
/** What people may write under an announcement. */
const NEWEST = [
  [
    LONG,
    [LONG + LONG, 'https://www.example.org/an/address/that_nobody_would_break_anywhere/index.html?with=query&and=more'],
  ],
  ['', ['> Is the north path open again?', 'It is.', '• Mind the steps']],
  ['مريم', ['شكرا جزيلا']],
].map(([author, paragraphs], index) => ({
  id: String(index + 1),
  author: author as string,
  date: '2026-05-04T15:09:00Z',
  shown: 'May 4, 2026 at 5:09 PM GMT+2',
  paragraphs: paragraphs as readonly string[],
  href: `/announcement/#comment-${index + 1}`,
}));
const PATHS = [ANNOUNCEMENT, '/404.html', '/_holdfast/holding/busy.html'];

const test = suite('the built-in theme', { needs: ['chromium'] });
let browser: Browser;
let server: Server;
let origin: string;
let requests: string[] = [];

test.before(async () => {
  const pages = ['/', '/report/', '/about/', '/press/'].map((address) => ({
    address,
    title: `Page ${address} ${LONG}`,
  }));
  const { pages: composed } = await compose({
    root: PACKAGE,
    templates: 'templates',
    content: 'content',
    fallback: PACKAGE,
    data: {
      site: { name: 'Example', url: 'https://www.example.org', language: 'en' },
      environment: 'production',
      pages,
      comments: { '/announcement/': { count: 1234, newest: NEWEST } },
    },
    at: 0,
    signal: new AbortController().signal,
  });
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const page = composed.find(({ path }) => `/${path}` === request.url);
    if (request.url === '/favicon.ico') return response.writeHead(204).end();
    return response
      .writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' })
      .end(page?.html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchBrowser();
});

test.after(async () => {
  await browser?.close();
  await new Promise((resolve) => server?.close(resolve));
});

async function visit(path: string, width: number, colorScheme: 'light' | 'dark', look: (page: Page) => Promise<void>) {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const messages: string[] = [];
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(error.message));
  requests = [];
  try {
    await page.goto(origin + path, { waitUntil: 'load' });
    await look(page);
    assert.equal(messages, [], 'nothing on the console');
    // A page with an address of its own leaves the icon to the site; one that stands in for others must not ask for it.
    const own = path === ANNOUNCEMENT ? requests.filter((address) => address !== '/favicon.ico') : requests;
    assert.equal(own, [path], 'one request');
  } finally {
    await page.close();
  }
}

const GROUND = 'getComputedStyle(document.body).backgroundColor';
const INK = 'getComputedStyle(document.body).color';

for (const path of PATHS) {
  for (const scheme of ['light', 'dark'] as const) {
    for (const width of [320, 390, 1440]) {
      test(`${path} at ${width} px, ${scheme}: fits its width, can be read, and asks for nothing more`, async () => {
        await visit(path, width, scheme, async (page) => {
          const widest = await page.evaluate<number>('document.documentElement.scrollWidth');
          assert.ok(widest <= width, `${widest} px wide`);
          const texts = await page.evaluate<{ text: string; ratio: number }[]>(TEXTS);
          assert.ok(texts.length > 8, `${texts.length} texts`);
          assert.equal(
            texts.filter(({ ratio }) => !(ratio >= CONTRAST)),
            [],
          );
        });
      });
    }
  }

  test(`${path}: the keyboard reaches each link in order, and shows where it is`, async () => {
    await visit(path, 1440, 'light', async (page) => {
      const links = await page.evaluate<number>("document.querySelectorAll('a[href]').length");
      assert.ok(links >= 3);
      for (let index = 0; index < links; index += 1) {
        await page.keyboard.press('Tab');
        assert.equal(await page.evaluate(FOCUS), { place: index, seen: true, ring: '3px' });
      }
    });
  });

  test(`${path}: the skip link leads to the text, and landmarks frame it`, async () => {
    await visit(path, 390, 'dark', async (page) => {
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      assert.is(await page.evaluate('document.activeElement.tagName'), 'MAIN');
      for (const role of ['banner', 'main', 'contentinfo', 'complementary'] as const) {
        assert.is(await page.getByRole(role).count(), 1, role);
      }
      assert.is(await page.getByRole('heading', { level: 1 }).count(), 1);
    });
  });

  test(`${path}: the two colour schemes differ, and print is black on white`, async () => {
    const grounds: string[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      await visit(path, 390, scheme, async (page) => {
        grounds.push(await page.evaluate<string>(GROUND));
        await page.emulateMedia({ media: 'print', colorScheme: scheme });
        assert.equal([await page.evaluate(GROUND), await page.evaluate(INK)], ['rgb(255, 255, 255)', 'rgb(0, 0, 0)']);
      });
    }
    assert.is(new Set(grounds).size, 2);
  });
}

test("an announcement's newest comments stand below it, each with its own address", async () => {
  await visit(ANNOUNCEMENT, 390, 'light', async (page) => {
    const remarks = page.getByRole('region', { name: 'Newest of 1234 comments' });
    assert.is(await remarks.getByRole('listitem').count(), NEWEST.length);
    assert.match(
      await remarks.locator('#comment-2').innerText(),
      /^Anonymous\s+May 4, 2026 at 5:09 PM GMT\+2\s+> Is the/,
    );
  });
});

test('a thread of ours keeps within a phone in a page whose theme knows nothing of comments', async () => {
  const comments = Array.from({ length: 9 }, (_, n) =>
    toComment({
      id: n + 1,
      parent: n,
      author: LONG,
      date: 1_780_000_000 + n,
      html: `<p>${LONG}${LONG}</p><pre><code>${'a word of code '.repeat(20)}</code></pre>`,
    }),
  ).filter((comment) => comment !== undefined);
  const [thread] = layOut(comments, { order: 'oldest', perPage: undefined, depth: 5 });
  assert.ok(thread);
  const html = '<!doctype html><meta name="viewport" content="width=device-width"><main><div id="talk"></div></main>';
  const { html: around, items } = await graft(Buffer.from(html), {
    address: '/post/',
    page: thread,
    numbers: [0],
    count: comments.length,
    rules: { into: '#talk', timeZone: 'UTC', language: 'en' },
    templates: await openTemplates({ root: PACKAGE, templates: 'templates', fallback: PACKAGE }),
    isUtf8: true,
  });
  assert.ok(items);
  const parts: string[] = [];
  for await (const part of items.parts) parts.push(part);
  const whole = around.toString('latin1').replace(items.mark, () => parts.join(''));
  const page = await browser.newPage({ viewport: { width: 320, height: 800 } });
  try {
    await page.setContent(Buffer.from(whole, 'latin1').toString('utf8'));
    assert.is(await page.locator('#comment-9').count(), 1);
    assert.is(await page.evaluate('document.documentElement.scrollWidth'), 320);
    const narrowest = await page.locator('#comment-9 .comment-content').boundingBox();
    assert.ok((narrowest?.width ?? 0) > 220, `${narrowest?.width} px are left for the deepest`);
  } finally {
    await page.close();
  }
});

test.run();
