import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Script } from 'node:vm';
import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { assertAnalytics, type PageFacts } from '../../src/render/analytics/index.ts';
import { launchBrowser } from '../support/browser.ts';
import { suite } from '../support/suite.ts';
import { PROVIDERS } from './providers.ts';
import { driverOf, edit, elements, HOLDING, scriptsOf, shapeOf } from './snippets.ts';

const test = suite('analytics providers');

const FACTS: readonly PageFacts[] = [
  { kind: 'page', address: '/caf%C3%A9/' },
  { kind: 'holding', address: '/_holdfast/holding/busy.html', name: 'busy' },
  { kind: '404', address: '/404.html' },
  { kind: 'redirect', address: '/old/' },
];
const OWN = 'https://www.example.org';

for (const provider of PROVIDERS) {
  const driver = driverOf(provider.config);
  const { on, attribute } = provider.beyondPages ?? {};
  const headOn = (kind: PageFacts['kind']) =>
    kind !== 'page' && (on === 'all' || on === kind)
      ? provider.head.replace(' src', ` ${attribute} src`)
      : provider.head;

  for (const facts of FACTS) {
    test(`${driver.name} is whole on ${facts.kind}, in ASCII, and there exactly once`, () => {
      const { head, body } = driver.snippet(facts);
      assert.match(head + body, /^[\x20-\x7e\n]+$/);
      assert.is(shapeOf(head), headOn(facts.kind));
      assert.is(shapeOf(body), provider.body);
      for (const script of scriptsOf(head + body)) new Script(script);
      const once = edit('<html><head></head><body><p>x</p></body></html>', [driver], facts);
      assert.is(
        once,
        `<html><head>${head}${head === '' ? '' : '\n'}</head><body><p>x</p>${body === '' ? '' : `${body}\n`}</body></html>`,
      );
      assertAnalytics(Buffer.from(once), [driver], 'x');
      assert.is(edit(once, [driver], facts), once);
      const twice = edit(`<html><head>${head}${head}</head><body>${body}${body}</body></html>`, [driver], facts);
      assertAnalytics(Buffer.from(twice), [driver], 'x');
      const marks = /UA-1|getTracker|data-domain|data-goat|data-website|"config"|pixel\.gif/g;
      const marked = head === '' ? body : head;
      assert.is(twice.split('</head>')[head === '' ? 1 : 0]?.match(marks)?.length, marked.match(marks)?.length);
    });
  }

  test(`${driver.name} tells a holding page by its name`, () => {
    const { head, body } = driver.snippet(HOLDING);
    assert.ok((head + body).includes(provider.tells), head + body);
  });

  test(`${driver.name} says what a Content-Security-Policy needs, and counts without scripts where it says so`, () => {
    assert.equal(driver.sources, provider.csp);
    assert.is(driver.unscripted.counted, provider.body !== '');
    if (!driver.unscripted.counted)
      assert.match(driver.unscripted.why, /count/, 'it says plainly that it does not, and why');
    const markup = elements(Object.values(driver.snippet(HOLDING)).join(''));
    assert.is(
      driver.sources.inline,
      markup.some(({ name, attribs }) => name === 'script' && !('src' in attribs)),
    );
    for (const { attribs } of markup) {
      if (attribs['src'] === undefined) continue;
      const { origin: from } = new URL(attribs['src'], OWN);
      const origin = from === OWN ? "'self'" : from;
      assert.ok([...driver.sources.script, ...driver.sources.img].includes(origin), origin);
    }
  });

  for (const html of provider.there) {
    test(`${driver.name} is there already: ${html}`, () => {
      const page = `<html><head></head><body>${html}</body></html>`;
      assert.is(edit(page, [driver]), page);
    });
  }

  for (const html of provider.absent) {
    test(`${driver.name} is not there: ${html}`, () => {
      const page = `<html><head></head><body>${html}</body></html>`;
      assert.throws(
        () => assertAnalytics(Buffer.from(page), [driver], 'x'),
        (error: unknown) => isHoldfastError(error, 'analytics-missing'),
      );
      const edited = edit(page, [driver]);
      assert.ok(edited.includes(html));
      assertAnalytics(Buffer.from(edited), [driver], 'x');
    });
  }

  const { other } = provider;
  if (other === undefined) continue;
  test(`${driver.name} goes in beside the same provider for another site, and both stay`, () => {
    const both = [driver, driverOf(other)];
    const page = edit('<html><head></head><body></body></html>', both);
    for (const one of both) assertAnalytics(Buffer.from(page), [one], one.name);
    assert.is(edit(page, [...both].reverse()), page);
  });
}

test('all providers share a page, each once', () => {
  const all = PROVIDERS.map(({ config }) => driverOf(config));
  const page = edit('<html><head></head><body></body></html>', all);
  assertAnalytics(Buffer.from(page), all, 'x');
  assert.is(edit(page, all), page);
});

test.run();

const browsing = suite('analytics providers in a browser', { needs: ['chromium'] });

const SCRIPTS = [
  'https://plausible.io/js/script.pageview-props.js',
  'https://gc.zgo.at/count.js',
  'https://cloud.umami.is/script.js',
  'https://stats.example.net/matomo/matomo.js',
  'https://www.googletagmanager.com/gtag/js?id=G-ABC123XYZ9',
];
const IMAGES = [
  'https://example.goatcounter.com/count?p=%2F_holdfast%2Fholding%2Fbusy',
  'https://stats.example.net/matomo/matomo.php?idsite=7&rec=1&dimension2=holding%2Fbusy',
];

for (const scripts of [true, false]) {
  browsing(
    `Chromium asks for each ${scripts ? 'script' : 'image'} once ${scripts ? 'with' : 'without'} scripts`,
    async () => {
      const services = PROVIDERS.filter(({ config }) => !['custom', 'pixel'].includes(config.use));
      const all = services.map(({ config }) => driverOf(config));
      const html = edit(
        '<!doctype html><html lang="en"><head><title>x</title></head><body></body></html>',
        all,
        HOLDING,
      );
      const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(html));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage({ javaScriptEnabled: scripts });
        const asked: { url: string; referer: string | undefined }[] = [];
        await page.route(/^https:/, (route) => {
          asked.push({ url: route.request().url(), referer: route.request().headers()['referer'] });
          return route.abort();
        });
        const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}/launch/?x=1`;
        await page.goto(here, { waitUntil: 'networkidle' });
        assert.equal(asked.map(({ url }) => url).sort(), [...(scripts ? SCRIPTS : IMAGES)].sort());
        const matomo = asked.find(({ url }) => url.includes('matomo.php'));
        assert.is(matomo?.referer, scripts ? undefined : here);
        for (const image of await page.locator('noscript img').all()) assert.is(await image.boundingBox(), null);
      } finally {
        await browser.close();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  );
}

browsing.run();
