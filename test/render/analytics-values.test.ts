import { Script } from 'node:vm';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { analytics } from '../../src/config/analytics.ts';
import { assertAnalytics } from '../../src/render/analytics/index.ts';
import { suite } from '../support/suite.ts';
import { PROVIDERS } from './providers.ts';
import { driverOf, edit, HOLDING, scriptsOf, shapeOf } from './snippets.ts';

const test = suite('values in analytics');

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
  fc.assert(fc.property(fc.constantFrom(...cases), hostile, hostile, check), { numRuns: 1500 });
  assert.ok(accepted > 500, `${accepted}`);
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
    const page = `<script>${hints} ${mark.repeat(3e5 / mark.length)}</script>`;
    const began = performance.now();
    edit(page, all);
    // Up to 120 ms where measured; by the square of the size it would be minutes.
    assert.ok(performance.now() - began < 3000, mark);
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
