import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { MarkupScanner } from '../../src/model/markup.ts';
import { createSite } from '../../src/model/site.ts';
import { type Analytics, assertAnalytics, createAnalytics, type PageFacts } from '../../src/render/analytics/index.ts';
import { PIXEL_GIF, PIXEL_PATH } from '../../src/render/analytics/pixel.ts';
import { editPage } from '../../src/render/edit.ts';
import { launchBrowser } from '../support/browser.ts';
import { suite } from '../support/suite.ts';

const test = suite('analytics');

const SCRIPT = 'https://stats.example.net/js/script.pageview-props.js';
const plausible = createAnalytics({ use: 'plausible', domain: 'example.org', script: SCRIPT });
const pixel = createAnalytics({ use: 'pixel' });

/** An analytics known by the text of its inline script, as custom markup and several vendors are. */
const inline: Analytics = {
  name: 'inline',
  sources: { script: [], img: ['https://count.example.net'], connect: [], inline: true },
  unscripted: { counted: true },
  snippet: () => ({
    head: '<script>count("UA-1")</script>',
    body: '<noscript><img src="https://count.example.net/c?id=UA-1" alt=""></noscript>',
  }),
  owns: (tag) => tag.name === 'script' && /count\("UA-1"\)/.test(tag.text),
};
const drivers: readonly Analytics[] = [plausible, pixel, inline];

const FACTS: readonly PageFacts[] = [
  { kind: 'page', address: '/' },
  { kind: 'page', address: `/caf%C3%A9/it's/(1)*&a"<b>/` },
  { kind: 'holding', address: '/_holdfast/holding/busy.html', name: 'busy "now" <é>' },
  { kind: '404', address: '/404.html' },
  { kind: 'redirect', address: '/old/' },
];

for (const driver of drivers) {
  for (const facts of FACTS) {
    test(`${driver.name} gives ASCII markup of which it owns one element, on ${facts.kind} ${facts.address}`, () => {
      const { head, body } = driver.snippet(facts);
      assert.match(head + body, /^[\x20-\x7e\n]+$/);
      assert.equal(driver.snippet(facts), { head, body });
      const page = Buffer.from(`<html><head>${head}</head><body>${body}</body></html>`);
      assertAnalytics(page, [driver], 'x');
    });
  }
}

test('Plausible loads one script with the site and the page kind', () => {
  assert.equal(plausible.sources.script, ['https://stats.example.net']);
  assert.is(
    plausible.snippet({ kind: '404', address: '/404.html' }).head,
    `<script defer data-domain="example.org" event-kind="404" src="${SCRIPT}"></script>`,
  );
});

const PLAUSIBLE: readonly [html: string, owned: boolean][] = [
  ['<script defer data-domain="example.org" src="https://plausible.io/js/script.js"></script>', true],
  ["<script async data-domain='EXAMPLE.org' src='/stats/js/script.outbound-links.js'></script>", true],
  ['<script data-domain="other.org, example.org" src="x.js"></script>', true],
  ['<script data-domain="other.org" src="x.js"></script>', false],
  ['<script data-domain="sub.example.org" src="x.js"></script>', false],
  ['<script data-domain="example.org">inline</script>', false],
  ['<div data-domain="example.org" src="x"></div>', false],
  [
    `<script>var s=document.createElement('script');s.setAttribute('data-domain','Example.org');s.src='/js/x.js'</script>`,
    true,
  ],
  ['<script>s=document.createElement("script");s.dataset.domain="a.org,example.org"</script>', true],
  ['<script>s=document.createElement("script");s.dataset.domain="sub.example.org"</script>', false],
  ['<script src="https://plausible.io/js/script.js"></script>', false],
  [`<script>'<script data-domain="example.org" src="x.js">'</script>`, false],
];

const PIXEL: readonly [html: string, owned: boolean][] = [
  ['<img src="/_holdfast/pixel.gif?kind=page&amp;path=%2F">', true],
  ['<img src=https://www.example.org/_holdfast/pixel.gif>', true],
  ['<img src="/x/_holdfast/pixel.gif">', false],
  ['<img src="/pixel.gif?x=/_holdfast/pixel.gif">', false],
  ['<img data-src="/_holdfast/pixel.gif">', false],
  ['<a href="/_holdfast/pixel.gif"></a>', false],
];

for (const [driver, cases] of [
  [plausible, PLAUSIBLE],
  [pixel, PIXEL],
] as const) {
  for (const [html, owned] of cases) {
    test(`${driver.name} ${owned ? 'knows' : 'does not claim'} ${html}`, () => {
      const edited = Buffer.from(html);
      if (owned) assertAnalytics(edited, [driver], 'x');
      else assert.throws(() => assertAnalytics(edited, [driver], 'x'), missing);
    });
  }
}

function missing(error: unknown): boolean {
  return isHoldfastError(error, 'analytics-missing');
}

test('the assertion names the page and the analytics, missing or doubled', () => {
  const { body } = pixel.snippet({ kind: 'page', address: '/' });
  const said = (html: string) => {
    try {
      assertAnalytics(Buffer.from(html), [pixel, plausible], 'a/index.html');
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.is(said('<p>'), 'a/index.html does not carry the analytics pixel');
  assert.is(said(body + body), 'a/index.html carries 2 times the analytics pixel');
  assert.is(said(body), 'a/index.html does not carry the analytics plausible (example.org)');
  assert.is(said(`${body}<!-- ${SCRIPT} -->`), 'a/index.html does not carry the analytics plausible (example.org)');
});

test('an analytics known by its inline text goes in once, and its doubles go', () => {
  const site = createSite({ name: 'Example', url: 'https://www.example.org', origin: 'http://10.0.0.5', aliases: [] });
  const context = {
    site,
    address: '/',
    kind: 'page' as const,
    noindex: false,
    analytics: [inline],
    shortlink: () => undefined,
  };
  const { head, body } = inline.snippet({ kind: 'page', address: '/' });
  const edited = editPage(Buffer.from('<head></head><body></body>'), context);
  assert.is(edited.toString(), `<head>${head}\n</head><body>${body}\n</body>`);
  assert.is(editPage(edited, context), edited);
  assert.is(editPage(Buffer.from(`<head>${head}${head}</head>`), context).toString(), `<head>${head}</head>`);
});

test('the pixel is a GIF of one transparent pixel, 43 bytes', () => {
  assert.is(PIXEL_GIF.length, 43);
  assert.is(PIXEL_GIF.subarray(0, 6).toString(), 'GIF89a');
  assert.equal([PIXEL_GIF.readUInt16LE(6), PIXEL_GIF.readUInt16LE(8)], [1, 1]);
  assert.is(PIXEL_GIF.at(-1), 0x3b);
  assert.is(PIXEL_PATH, '_holdfast/pixel.gif');
});

test('the pixel tells a page by its query, decoded to the very address', () => {
  for (const facts of FACTS) {
    const scanner = new MarkupScanner(pixel.snippet(facts).body);
    scanner.next();
    const query = new URL((scanner.raw('src') ?? '').replaceAll('&amp;', '&'), 'https://x.example').searchParams;
    assert.is(query.get('kind'), facts.kind);
    assert.is(query.get('path'), facts.address);
    assert.is(query.get('name'), facts.name ?? null);
  }
});

test.run();

const browsing = suite('analytics in a browser', { needs: ['chromium'] });

for (const scripts of [true, false]) {
  browsing(
    `Chromium asks for the pixel once, ${scripts ? 'with' : 'without'} scripts, and lays nothing out for it`,
    async () => {
      const asked: string[] = [];
      const { body } = pixel.snippet({ kind: 'page', address: '/a/' });
      const server = createServer((request, response) => {
        const isPixel = request.url?.startsWith(`/${PIXEL_PATH}`) === true;
        if (isPixel) asked.push(request.url ?? '');
        response.writeHead(200, { 'content-type': isPixel ? 'image/gif' : 'text/html' });
        response.end(isPixel ? PIXEL_GIF : `<!doctype html><html lang="en"><body><p>x</p>${body}</body></html>`);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage({ javaScriptEnabled: scripts });
        await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a/`, { waitUntil: 'networkidle' });
        assert.equal(asked, ['/_holdfast/pixel.gif?kind=page&path=%2Fa%2F']);
        assert.is(await page.locator('img').boundingBox(), null);
        assert.is(await page.getByRole('img').count(), 0);
      } finally {
        await browser.close();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  );
}

browsing.run();
