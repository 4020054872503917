import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Script } from 'node:vm';
import fc from 'fast-check';
import { parseDocument } from 'htmlparser2';
import { chromium } from 'playwright-core';
import * as assert from 'uvu/assert';
import { analytics } from '../../src/config/analytics.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import { createSite } from '../../src/model/site.ts';
import { type Analytics, assertAnalytics, createAnalytics, type PageFacts } from '../../src/render/analytics/index.ts';
import { type EditContext, editPage } from '../../src/render/edit.ts';
import { suite } from '../support/suite.ts';
import { PROVIDERS } from './providers.ts';

const test = suite('analytics providers');

const site = createSite({ name: 'Example', url: 'https://www.example.org', origin: 'http://10.0.0.5', aliases: [] });
const FACTS: readonly PageFacts[] = [
  { kind: 'page', address: '/caf%C3%A9/' },
  { kind: 'holding', address: '/_holdfast/holding/busy.html', name: 'busy' },
  { kind: '404', address: '/404.html' },
  { kind: 'redirect', address: '/old/' },
];
const HOLDING: PageFacts = { kind: 'holding', address: '/_holdfast/holding/busy.html', name: 'busy' };

function driverOf(entry: object): Analytics {
  const [config] = analytics.parse([entry]);
  if (config === undefined) throw new Error('no entry');
  return createAnalytics(config);
}

const contextOf = (drivers: readonly Analytics[], facts: PageFacts): EditContext => ({
  ...facts,
  site,
  noindex: false,
  analytics: drivers,
  shortlink: () => undefined,
});

function edit(html: string, drivers: readonly Analytics[], facts: PageFacts = { kind: 'page', address: '/' }): string {
  return editPage(Buffer.from(html, 'latin1'), contextOf(drivers, facts)).toString('latin1');
}

interface Found {
  readonly name: string;
  readonly attribs: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Every element as another parser than ours sees them; text outside of scripts is an element `#text`. */
function elements(html: string): Found[] {
  const found: Found[] = [];
  const visit = (nodes: ReturnType<typeof parseDocument>['children'], inScript: boolean): void => {
    for (const node of nodes) {
      if ('attribs' in node) {
        const text = node.children.map((child) => ('data' in child ? child.data : '')).join('');
        found.push({ name: node.name, attribs: node.attribs, text: node.name === 'script' ? text : '' });
        visit(node.children, node.name === 'script');
      } else if (!inScript && 'data' in node && node.data.trim() !== '') {
        found.push({ name: '#text', attribs: {}, text: node.data });
      }
    }
  };
  visit(parseDocument(html).children, false);
  return found;
}

const shapeOf = (html: string): string =>
  elements(html)
    .map(({ name, attribs }) => `${name}[${Object.keys(attribs).join(' ')}]`)
    .join(' ');
const scriptsOf = (html: string): string[] => elements(html).flatMap(({ text }) => (text === '' ? [] : [text]));

for (const provider of PROVIDERS) {
  const driver = driverOf(provider.config);
  const settings = provider.config.use === 'goatcounter' ? ' data-goatcounter-settings' : '';

  for (const facts of FACTS) {
    test(`${driver.name} is whole on ${facts.kind}, in ASCII, and there exactly once`, () => {
      const { head, body } = driver.snippet(facts);
      assert.match(head + body, /^[\x20-\x7e\n]+$/);
      assert.is(
        shapeOf(head),
        facts.kind === 'page' ? provider.head : provider.head.replace(' src', `${settings} src`),
      );
      assert.is(shapeOf(body), provider.body);
      for (const script of scriptsOf(head + body)) new Script(script);
      const once = edit('<html><head></head><body><p>x</p></body></html>', [driver], facts);
      assert.is(once, `<html><head>${head}\n</head><body><p>x</p>${body === '' ? '' : `${body}\n`}</body></html>`);
      assertAnalytics(Buffer.from(once), [driver], 'x');
      assert.is(edit(once, [driver], facts), once);
      assert.is(
        edit(`<head>${head}${head}</head>`, [driver], facts).match(/UA-1|getTracker|data-|"config"/g)?.length,
        head.match(/UA-1|getTracker|data-|"config"/g)?.length,
      );
    });
  }

  test(`${driver.name} tells a holding page by its name`, () => {
    const { head, body } = driver.snippet(HOLDING);
    assert.ok((head + body).includes(provider.tells), head + body);
  });

  test(`${driver.name} says what a Content-Security-Policy needs, and counts without scripts where it says so`, () => {
    assert.equal(driver.sources, provider.csp);
    assert.is(driver.unscripted.counted, provider.body !== '');
    const markup = elements(Object.values(driver.snippet(HOLDING)).join(''));
    assert.is(
      driver.sources.inline,
      markup.some(({ name, attribs }) => name === 'script' && !('src' in attribs)),
    );
    for (const { attribs } of markup) {
      if (attribs['src'] === undefined) continue;
      const { origin } = new URL(attribs['src']);
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

  test(`${driver.name} goes in beside the same provider for another site, and both stay`, () => {
    const both = [driver, driverOf(provider.other)];
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

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '"',
        "'",
        '`',
        '<',
        '>',
        '</script>',
        '<!--',
        '-->',
        '<script>',
        '</noscript>',
        '\\',
        '\n',
        '\u2028',
        '&quot;',
        '&',
        ' x=y',
        ')',
        '*/',
        '//',
        '${',
        '{{kind}}',
        'é',
        '\ud800',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('')),
);

/** Texts of an entry that anything may be put behind, which the schema then takes or refuses; a service's script is one of them. */
const FIELDS: readonly [use: string, fields: Readonly<Record<string, string>>][] = [
  ['matomo', { url: 'https://stats.example.net/m', script: 'https://s.example/x.js' }],
  ['goatcounter', { url: 'https://a.goatcounter.com', script: 'https://s.example/x.js' }],
  [
    'umami',
    { website: '94db1cb1-74f4-4a40-ad6c-962362670409', script: 'https://s.example/x.js', host: 'https://h.example' },
  ],
  ['ga4', { id: 'G-ABC123XYZ9' }],
  ['plausible', { domain: 'example.org', script: 'https://s.example/x.js' }],
  ['custom', { name: 'x' }],
];
const cases = FIELDS.flatMap(([use, fields]) => {
  const config = PROVIDERS.find((one) => one.config.use === use)?.config;
  return Object.keys(fields).map((field) => [{ use, ...config, ...fields }, field] as const);
});

test('whatever the configuration and the names hold, no value breaks out of an attribute or a script', () => {
  let accepted = 0;
  const check = ([entry, field]: (typeof cases)[number], text: string, name: string): void => {
    const values: Readonly<Record<string, unknown>> = entry;
    const changed = { ...values, [field]: `${values[field]}${text}` };
    if (!analytics.safeParse([changed]).success) return;
    accepted++;
    const driver = driverOf(changed);
    const { head, body } = driver.snippet({ kind: 'holding', address: `/${text}`, name });
    const expected = driverOf(entry).snippet(HOLDING);
    assert.match(head + body, /^[\x20-\x7e\n\t]+$/);
    assert.is(shapeOf(head), shapeOf(expected.head));
    assert.is(shapeOf(body), shapeOf(expected.body));
    for (const script of scriptsOf(head + body)) new Script(script);
    assertAnalytics(Buffer.from(`<html><head>${head}</head><body>${body}</body></html>`), [driver], 'x');
  };
  fc.assert(fc.property(fc.constantFrom(...cases), hostile, hostile, check), { numRuns: 3000 });
  assert.ok(accepted > 1000, `${accepted}`);
});

test('what a script is given is what was configured, and the name of the page', () => {
  const script = 'https://s.example/m.js?a="</script>&b=\'\\';
  const name = 'busy "now" </script> \u2028 é';
  const ran: unknown[][] = [];
  const made: Record<string, unknown> = {};
  const tracker = new Proxy(
    {},
    {
      get:
        (_, method) =>
        (...args: unknown[]) =>
          ran.push([method, ...args]),
    },
  );
  const scope = {
    document: { createElement: () => made, head: { appendChild: () => {} } },
    Matomo: {
      getTracker: (...args: unknown[]) => {
        ran.push(['getTracker', ...args]);
        return tracker;
      },
    },
    window: {} as Record<string, unknown>,
    dataLayer: [] as Iterable<unknown>[],
  };
  scope.window['dataLayer'] = scope.dataLayer;
  const run = (entry: object): void => {
    const [text = ''] = scriptsOf(driverOf(entry).snippet({ ...HOLDING, name }).head);
    new Function(...Object.keys(scope), text)(...Object.values(scope));
  };
  run({ use: 'matomo', url: 'https://stats.example.net/m', site: 3, dimension: 4, script });
  assert.is(made['src'], script);
  (made['onload'] as () => void)();
  assert.equal(ran, [
    ['getTracker', 'https://stats.example.net/m/matomo.php', 3],
    ['setCustomDimension', 4, `holding/${name}`],
    ['trackPageView'],
    ['enableLinkTracking'],
  ]);
  run({ use: 'ga4', id: 'G-ABC123XYZ9' });
  assert.equal([...(scope.dataLayer[1] ?? [])], ['config', 'G-ABC123XYZ9', { kind: 'holding', holding: name }]);
});

test('code that is all marks is read in time that grows with its size', () => {
  const all = PROVIDERS.map(({ config }) => driverOf(config));
  const hints = '7 goatcounter config ebsite createElement("script") data-website-id';
  for (const mark of ['7getTracker(', 'getTracker("', "getTracker('7',", '/*', "'", '`', '\\', '"config","']) {
    const page = `<script>${hints} ${mark.repeat(1e6 / mark.length)}</script>`;
    const began = performance.now();
    edit(page, all);
    // 10 to 300 ms where measured; by the square of the size it would be minutes.
    assert.ok(performance.now() - began < 5000, mark);
  }
});

const REFUSED: readonly [entry: object, why: RegExp][] = [
  [{ marker: 'abcd', head: '<script>abcd' }, /leaves an element/],
  [{ marker: 'abcd', head: '<noscript><img src="abcd">' }, /leaves an element/],
  [{ marker: 'abcd', body: '<img alt="abcd"><!-- ' }, /leaves an element/],
  [{ marker: 'abcd', body: '<img alt="abcd"></body>' }, /leaves an element/],
  [{ marker: 'abcd', body: '<img alt="abcd é">' }, /is not ASCII/],
  [{ marker: 'abcd', body: '<img alt="x">' }, /is text of 0 elements/],
  [{ marker: 'abcd', body: '<img alt="abcd"><img alt="abcd">' }, /is text of 2 elements/],
  [{ marker: 'a{{b', body: '<img alt="a{{b">' }, /holds a brace/],
  [{ marker: 'kind', body: '<img alt="{{kind}}">' }, /is text of 0 elements/],
  [{ marker: 'abcd', body: '<img alt="abcd">', origins: ['https://x.example/path'] }, /is not an http/],
];
for (const [entry, why] of REFUSED) {
  test(`custom markup is refused: ${JSON.stringify(entry)}`, () => {
    const result = analytics.safeParse([{ use: 'custom', ...entry }]);
    assert.match(result.error?.message ?? '', why);
  });
}

test.run();

const browsing = suite('analytics providers in a browser', { needs: ['chromium'] });

const SCRIPTS = [
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
      const all = PROVIDERS.filter(({ config }) => config.use !== 'custom').map(({ config }) => driverOf(config));
      const html = edit(
        '<!doctype html><html lang="en"><head><title>x</title></head><body></body></html>',
        all,
        HOLDING,
      );
      const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(html));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
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
