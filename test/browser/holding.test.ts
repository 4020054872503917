import { createHash } from 'node:crypto';
// takes: 20 s
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { configSchema } from '../../src/config/schema.ts';
import { createSite } from '../../src/model/site.ts';
import type * as Compose from '../../src/render/compose.ts';
import { jobsOf, wholeOf } from '../../src/render/jobs.ts';
import { openBlobs } from '../../src/store/blobs.ts';
import { openJournal } from '../../src/store/journal.ts';
import { launchBrowser } from '../support/browser.ts';
import { importBuilt } from '../support/built.ts';
import { suite } from '../support/suite.ts';
import { CONTRAST, FOCUS, TEXTS } from './looking.ts';

const { compose } = await importBuilt<typeof Compose>('render/compose');
const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const NAMES = ['busy', 'launch', 'maintenance', 'not-found', 'not-kept', 'received'];
const WAITING = ['busy', 'maintenance'];
const ASKED = '/a/page/that/was/asked/for?and=1';

const test = suite('the built-in holding pages', { needs: ['chromium'] });
let folder: string;
let browser: Browser;
let server: Server;
let origin: string;
let requests: string[] = [];
/** The page that the server answers every address with. */
let shown = '';
let state = 'down';
const files = new Map<string, Buffer>();

const SCRIPT = '/stats/script.js';

/** The release's own files, analytics and all, as a publish would render them. */
async function renderFiles(): Promise<void> {
  const site = { name: 'Example', url: 'https://www.example.org' };
  const config = configSchema.parse({
    site,
    origin: { url: 'https://origin.example.org' },
    lanes: [{ name: 'hot', paths: ['/'], every: '1m' }],
    analytics: [{ use: 'plausible', domain: 'example.org', script: `${origin}${SCRIPT}` }],
    destinations: [{ use: 'mirror', name: 'web', dir: join(folder, 'www') }],
  });
  const pages = ['/', '/report/', '/about/'].map((address) => ({ address, title: `Page ${address}` }));
  const { pages: composed } = await compose({
    root: PACKAGE,
    templates: 'templates',
    content: 'content',
    fallback: PACKAGE,
    data: { site: { ...site, language: 'en' }, environment: 'production', pages },
    at: 0,
    signal: new AbortController().signal,
  });
  const context = {
    config,
    environment: 'production',
    site: createSite({ ...site, origin: 'https://origin.example.org', aliases: [] }),
    blobs: openBlobs(join(folder, 'blobs')),
    rendered: await openJournal<never>(join(folder, 'rendered')),
  };
  const nothing = () => [];
  const snapshot = {
    pages: nothing,
    assets: nothing,
    redirects: nothing,
    shortlink: () => undefined,
    mayStay: () => false,
    isWithdrawn: () => false,
    origin: () => ({ state: 'up' as const, since: '2027-02-02T09:00:00.000Z' }),
    isHot: () => false,
    withdrawnByHand: nothing,
  };
  const stored = composed.map(({ html, ...page }) => ({
    ...page,
    body: { sha256: createHash('sha256').update(html).digest('hex'), size: html.length },
    html: async () => html,
  }));
  for (const job of jobsOf(context, snapshot, stored)) files.set(job.path, await wholeOf(await job.render()));
}

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  server = createServer((request, response) => {
    const address = request.url ?? '';
    requests.push(address);
    if (address === '/_holdfast/origin.json') return response.end(JSON.stringify({ state }));
    if (address === SCRIPT) return response.writeHead(200, { 'content-type': 'text/javascript' }).end('');
    if (address.startsWith('/_holdfast/pixel.gif'))
      return response.writeHead(200, { 'content-type': 'image/gif' }).end(files.get('_holdfast/pixel.gif'));
    const page = files.get(`_holdfast/holding/${shown}.html`);
    // 200, since a browser writes any other status of a page on its console.
    return response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await renderFiles();
  browser = await launchBrowser();
});

test.after(async () => {
  await browser?.close();
  await new Promise((resolve) => server?.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

interface Visit {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
  readonly scripts?: boolean;
}

/** Looks at a holding page at an address that was asked for in vain; nothing may be said on the console. */
async function visit(
  name: string,
  { width = 390, scheme = 'light', scripts = true }: Visit,
  look: (page: Page) => Promise<void>,
) {
  const page = await browser.newPage({
    viewport: { width, height: width < 600 ? 844 : 900 },
    colorScheme: scheme,
    javaScriptEnabled: scripts,
  });
  const messages: string[] = [];
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(error.message));
  requests = [];
  shown = name;
  state = 'down';
  try {
    await page.goto(origin + ASKED, { waitUntil: 'load' });
    await look(page);
    assert.equal(messages, [], 'nothing on the console');
  } finally {
    await page.close();
  }
}

// What runs in the page is written as text: the page has neither our types nor our compiler's helpers.

/** What a screen reader is told first, and whether anything has no name or is there twice. */
const OUTLINE = `(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const ids = all('[id]').map(({ id }) => id);
  return {
    lang: document.documentElement.lang,
    title: document.title !== '',
    robots: all('meta[name=robots]').map(({ content }) => content),
    viewport: all('meta[name=viewport]').map(({ content }) => content),
    headings: all('h1').length,
    mains: all('main').length,
    nameless: all('a, button').filter((element) => element.textContent.trim() === '').length,
    pictures: all('svg').filter((svg) => svg.closest('[aria-hidden=true]') === null).length,
    twice: ids.length - new Set(ids).size,
    refresh: all('meta[http-equiv=refresh]').length,
  };
})()`;

const PIXEL = (name: string) =>
  `/_holdfast/pixel.gif?kind=holding&path=%2F_holdfast%2Fholding%2F${name}.html&name=${name}`;

for (const name of NAMES) {
  for (const scheme of ['light', 'dark'] as const) {
    for (const width of [320, 390, 1440]) {
      test(`${name} at ${width} px, ${scheme}: fits, can be read, and asks for its analytics only`, async () => {
        await visit(name, { width, scheme }, async (page) => {
          const widest = await page.evaluate<number>('document.documentElement.scrollWidth');
          assert.ok(widest <= width, `${widest} px wide`);
          const texts = await page.evaluate<{ text: string; ratio: number }[]>(TEXTS);
          assert.ok(texts.length > 8, `${texts.length} texts`);
          const faint = texts.filter(({ ratio }) => !(ratio >= CONTRAST));
          assert.equal(faint, []);
          assert.equal(requests, [ASKED, SCRIPT]);
        });
      });
    }
  }

  test(`${name} says what it is to a screen reader and to a search engine`, async () => {
    await visit(name, {}, async (page) => {
      assert.equal(await page.evaluate(OUTLINE), {
        lang: 'en',
        title: true,
        robots: ['noindex'],
        viewport: ['width=device-width, initial-scale=1'],
        headings: 1,
        mains: 1,
        nameless: 0,
        pictures: 0,
        twice: 0,
        refresh: 0,
      });
      const counted = page.locator('script[data-domain]');
      assert.is(await counted.getAttribute('event-kind'), 'holding');
      assert.is(await counted.getAttribute('event-holding'), name);
    });
  });

  test(`${name} without scripts: the same words, a pixel, and no promise that it will look by itself`, async () => {
    await visit(name, { scripts: false }, async (page) => {
      assert.equal(requests, [ASKED, PIXEL(name)]);
      assert.ok(await page.locator('h1').isVisible());
      assert.is(await page.locator('#waiting:visible').count(), 0);
    });
  });

  test(`${name}: the keyboard reaches each link in order, and shows where it is`, async () => {
    await visit(name, { width: 1440, scheme: 'dark' }, async (page) => {
      const links = await page.evaluate<number>("document.querySelectorAll('a[href]').length");
      assert.ok(links >= 3);
      for (let index = 0; index < links; index += 1) {
        await page.keyboard.press('Tab');
        assert.equal(await page.evaluate(FOCUS), { place: index, seen: true, ring: '3px' });
      }
    });
  });
}

for (const name of WAITING) {
  test(`${name} looks by itself, at one small file, and shows the page that was asked for when the origin is up`, async () => {
    await visit(name, {}, async (page) => {
      assert.ok(await page.locator('#waiting').isVisible());
    });
    const page = await browser.newPage();
    requests = [];
    try {
      await page.clock.install();
      await page.goto(origin + ASKED, { waitUntil: 'load' });
      const looked = page.waitForResponse(/origin\.json/);
      await page.clock.fastForward('04:00');
      await looked;
      assert.equal(requests, [ASKED, SCRIPT, '/_holdfast/origin.json']);
      state = 'up';
      const loaded = page.waitForEvent('load');
      await page.clock.fastForward('08:00');
      await loaded;
      assert.equal(requests.slice(3), ['/_holdfast/origin.json', ASKED, SCRIPT]);
    } finally {
      await page.close();
    }
  });
}

test('a page that is shown again where the origin is up waits longer each time', async () => {
  shown = 'busy';
  state = 'up';
  const page = await browser.newPage();
  try {
    await page.clock.install();
    await page.goto(origin + ASKED, { waitUntil: 'load' });
    const patience: unknown[] = [];
    for (let times = 0; times < 3; times += 1) {
      const loaded = page.waitForEvent('load');
      await page.clock.fastForward('08:00');
      await loaded;
      patience.push(await page.evaluate('history.state'));
    }
    assert.equal(
      patience,
      [30, 45, 67.5].map((holdfastWait) => ({ holdfastWait })),
    );
  } finally {
    await page.close();
  }
});

test('their facts are a file of the release', () => {
  const { format, pages } = JSON.parse(String(files.get('_holdfast/holding.json'))) as {
    format: number;
    pages: { name: string }[];
  };
  assert.is(format, 1);
  assert.equal(
    pages.map(({ name }) => name),
    NAMES,
  );
});

test.run();
