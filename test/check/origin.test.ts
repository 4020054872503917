import * as assert from 'uvu/assert';
import { checkAnalytics } from '../../src/check/analytics.ts';
import { checkCapacity, lookInPairs, SINGLE_LOOKS, type Timing } from '../../src/check/capacity.ts';
import { clockFinding } from '../../src/check/clock.ts';
import type { Finding } from '../../src/check/finding.ts';
import { checkGate } from '../../src/check/gate.ts';
import { lookAt, type Seen } from '../../src/check/look.ts';
import { checkOrigin, stampsOf } from '../../src/check/origin.ts';
import type { LoadedConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Address } from '../../src/model/address.ts';
import { systemClock } from '../../src/model/clock.ts';
import { HoldfastError } from '../../src/model/errors.ts';
import type { Answer, AnswerHeaders } from '../../src/origin/client.ts';
import { suite } from '../support/suite.ts';

const NOW = Date.parse('2027-02-02T09:00:00Z');

function headersOf(headers: Record<string, string>, setCookies: readonly string[] = []): AnswerHeaders {
  const date = headers['date'] === undefined ? {} : { date: Date.parse(headers['date']) };
  return { get: (name) => headers[name], setCookies, ...date };
}

function body(headers: Record<string, string> = {}, more: { html?: string; setCookies?: string[] } = {}): Answer {
  const html = more.html ?? `<!doctype html><title>x</title><body>${'text '.repeat(200)}</body></html>`;
  const all = { 'content-type': 'text/html; charset=utf-8', date: 'Tue, 02 Feb 2027 09:00:00 GMT', ...headers };
  return { kind: 'body', status: 200, headers: headersOf(all, more.setCookies), bytes: Buffer.from(html) };
}

const seenAs = (result: Answer | HoldfastError, address = '/', took = 100): Seen => ({
  address,
  asked: NOW,
  answered: NOW + took,
  result,
});

function loadedWith(analytics: object[] = []): LoadedConfig {
  const config = configSchema.parse({
    site: { name: 'x', url: 'https://www.example.org' },
    origin: { url: 'http://10.0.0.5' },
    lanes: [{ name: 'hot', paths: ['/'], every: '1m' }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
    analytics,
  });
  return {
    config,
    environment: 'production',
    root: '/x',
    path: '/x/holdfast.config.ts',
    stateDir: '/x/.holdfast/production',
    secrets: [],
  };
}

const lines = (findings: readonly Finding[]): string[] => findings.map(({ level, text }) => `${level}: ${text}`);
const origin = (seen: readonly Seen[], analytics: object[] = []): string[] =>
  lines(checkOrigin(seen, loadedWith(analytics)));
const rules = loadedWith().config.gate;

const test = suite('checks of the origin');

test('an origin that answers well is told by its speed, its validators and its clock', () => {
  const seen = [
    seenAs(body({ etag: '"a"' }), '/', 80),
    seenAs(body({ 'last-modified': 'x' }), '/a/', 120),
    seenAs(body(), '/b/', 100),
  ];
  assert.equal(origin(seen), [
    'ok: http://10.0.0.5 answers in 100 ms, at most 120 ms (3 pages)',
    'ok: unchanged pages are told by: 1 with ETag, 1 with Last-Modified, 1 without a validator, known by the hash',
  ]);
});

test('an origin that cannot be reached is one failure, with the reason', () => {
  const error = new HoldfastError('origin-unreachable', '10.0.0.5 refused the connection', { hint: 'look' });
  const findings = checkOrigin([seenAs(error)], loadedWith());
  assert.equal(lines(findings), ['fail: http://10.0.0.5 cannot be looked at: 10.0.0.5 refused the connection']);
  assert.is(findings[0]?.hint, 'look');
  assert.equal(checkGate([seenAs(error)], rules), []);
});

test('an origin that takes a quarter of the deadline is slow', () => {
  assert.match(origin([seenAs(body(), '/', 5000)])[0] ?? '', /^warn: .* answers in 5000 ms$/);
  assert.match(origin([seenAs(body(), '/', 4999)])[0] ?? '', /^ok: /);
});

const CLOCKS: readonly [date: string, took: number, line: string][] = [
  ['Tue, 02 Feb 2027 09:00:02 GMT', 100, "ok: the origin's clock agrees with this machine's"],
  ['Tue, 02 Feb 2027 09:00:03 GMT', 100, "warn: the origin's clock is 3 s ahead of this machine's"],
  ['Tue, 02 Feb 2027 08:59:57 GMT', 100, "ok: the origin's clock agrees with this machine's"],
  ['Tue, 02 Feb 2027 08:59:56 GMT', 100, "warn: the origin's clock is 3 s behind this machine's"],
  ['Tue, 02 Feb 2027 09:00:04 GMT', 4500, "ok: the origin's clock agrees with this machine's"],
  ['Tue, 02 Feb 2027 10:00:00 GMT', 0, "warn: the origin's clock is 3600 s ahead of this machine's"],
];
for (const [date, took, line] of CLOCKS) {
  test(`a Date of ${date} in an answer of ${took} ms: ${line}`, () => {
    assert.equal(lines([clockFinding("the origin's", stampsOf([seenAs(body({ date }), '/', took)]))]), [line]);
  });
}

test('a time that comes out of a cache is nobody’s', () => {
  assert.equal(stampsOf([seenAs(body({ date: 'Tue, 02 Feb 2027 08:00:00 GMT', age: '3600' }))]), []);
  assert.equal(lines([clockFinding("the origin's", [])]), ["ok: the origin's clock is not known: no answer tells it"]);
});

const SHOP = { requestsPerSecond: 2 };
const CAPACITIES: readonly [
  name: string,
  timing: Timing,
  origin: { requestsPerSecond: number },
  said: readonly string[],
][] = [
  [
    'one worker: two at a time take twice as long',
    { single: [100, 100, 100, 100, 100, 100], paired: { pages: 4, ms: 400 } },
    SHOP,
    ['ok: it answered 10 pages a second, by 6 pages one by one and 4 two at a time; it is asked 2 at most'],
  ],
  [
    'two workers',
    { single: [400, 400], paired: { pages: 4, ms: 800 } },
    SHOP,
    ['ok: it answered 5.0 pages a second, by 2 pages one by one and 4 two at a time; it is asked 2 at most'],
  ],
  [
    'one page',
    { single: [1000], paired: undefined },
    SHOP,
    ['warn: it answered 1.0 pages a second, by 1 page one by one; it may be asked 2'],
  ],
  [
    'no bound',
    { single: [50], paired: undefined },
    { requestsPerSecond: 0 },
    ['warn: it answered 20 pages a second, by 1 page one by one; nothing bounds what it is asked'],
  ],
  ['an origin that was not well', { single: [], paired: undefined }, SHOP, []],
];
for (const [name, timing, rate, said] of CAPACITIES) {
  test(`what an origin bears: ${name}`, () => {
    const config = { origin: { ...loadedWith().config.origin, ...rate } };
    assert.equal(lines(checkCapacity(timing, [{ name: 'hot', pages: 1, every: 60_000 }], config)), said);
  });
}

test('a lane whose pages take longer than its interval, at the pace that is allowed, is told', () => {
  const timing = { single: [100], paired: undefined };
  const demands = [
    { name: 'hot', pages: 120, every: 60_000 },
    { name: 'archive', pages: 5000, every: 600_000 },
  ];
  const found = lines(checkCapacity(timing, demands, { origin: { ...loadedWith().config.origin, ...SHOP } }));
  assert.equal(found.slice(1), [
    'warn: a look at all 5,000 pages of lane archive takes 42 min, and is to begin each 10 min',
  ]);
});

test('what it bears is known from ten requests at most, whatever there is to ask for, two at once at most', async () => {
  for (const pages of [1, 2, 5, 6, 8, 20]) {
    const asked: Address[] = [];
    let [now, most] = [0, 0];
    const client = {
      look: async ({ address }: { address: Address }): Promise<Answer> => {
        asked.push(address);
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
        return body();
      },
    };
    const all = Array.from({ length: pages }, (_, n) => `/${n}/`);
    const first = all.slice(0, SINGLE_LOOKS);
    await lookAt(client, { addresses: first, clock: systemClock }, new AbortController().signal);
    const pairs = { first, rest: all.slice(SINGLE_LOOKS), clock: systemClock };
    const { paired } = await lookInPairs(client, pairs, new AbortController().signal);
    assert.ok(asked.length <= 10, `${asked.length} for ${pages} pages`);
    assert.equal([most, paired?.pages], pages === 1 ? [1, undefined] : [2, 4]);
  }
});

test('a Content-Security-Policy is reported, and what of it works in headers only', () => {
  const told = (policy: string) =>
    checkOrigin([seenAs(body({ 'content-security-policy': policy }))], loadedWith([{ use: 'pixel' }])).slice(2);
  const [found, ...others] = told("default-src 'self'; report-uri /csp, frame-ancestors 'none'");
  assert.is(found?.text, '1 page sent with a Content-Security-Policy (/), which goes into each page');
  assert.is(found?.hint, 'frame-ancestors, report-uri works in headers only: set it at the web server');
  assert.equal(others, []);
  assert.is(told("default-src 'self'")[0]?.hint, undefined);
});

test('a Content-Security-Policy that lets scripts in by nonce alone keeps analytics out, and that is said', () => {
  const header = { 'content-security-policy': "script-src 'nonce-abc' 'strict-dynamic'" };
  const found = origin([seenAs(body(header))], [{ use: 'plausible', domain: 'example.org' }, { use: 'pixel' }]);
  assert.equal(found.slice(3), ['warn: that Content-Security-Policy does not let plausible (example.org) load']);
});

test('analytics are looked for in each page, and held against what a publish would make of it', () => {
  const own = '<script data-domain="example.org" src="/js/x.js"></script>';
  const page = (text: string) => body({}, { html: `<html><head>${text}</head><body></body></html>` });
  const told = (analytics: object[], ...results: Answer[]) =>
    lines(
      checkAnalytics(
        results.map((result) => seenAs(result)),
        loadedWith(analytics),
      ),
    );
  const plausible = [{ use: 'plausible', domain: 'example.org' }];
  assert.equal(told(plausible, page(own), page('')), [
    'ok: plausible (example.org) is in 1 of 2 hot pages already, and is put into the others',
  ]);
  assert.equal(told(plausible, page(own)), ['ok: plausible (example.org) is in 1 of 1 hot pages already']);
  const feed = body({ 'content-type': 'application/rss+xml' }, { html: '<rss/>' });
  assert.equal(told(plausible, feed), []);
  const inTemplate = [{ use: 'custom', name: 'x', marker: 'abcd', body: '<template><img src="abcd"></template>' }];
  assert.equal(told(inTemplate, page('')), ['fail: / does not carry the analytics custom (x)']);
});

test('cookies are named, never their values', () => {
  const found = checkOrigin([seenAs(body({}, { setCookies: ['PHPSESSID=canary; path=/', 'b=canary'] }))], loadedWith());
  assert.is(found.at(-1)?.text, '1 page set the cookie PHPSESSID, b');
  assert.not.match(JSON.stringify(found), 'canary');
});

test('each page is judged as a publish would', () => {
  const broken = '<!doctype html><title>Error</title><h1>Error establishing a database connection</h1></html>'.padEnd(
    900,
  );
  const status = (code: number): Answer => ({
    kind: 'status',
    status: code,
    headers: headersOf({}),
    bytes: Buffer.from(''),
  });
  const found = checkGate(
    [
      seenAs(body(), '/'),
      seenAs(body({}, { html: broken }), '/broken/'),
      seenAs(body({ 'content-type': 'application/rss+xml' }, { html: '<rss/>' }), '/feed/'),
      seenAs(status(404), '/gone/'),
      seenAs(status(401), '/private/'),
      seenAs({ kind: 'redirect', status: 301, to: 'https://www.example.org/new/' }, '/old/'),
      seenAs(new HoldfastError('origin-timeout', 'no answer within 20 s'), '/slow/'),
      seenAs({ kind: 'unchanged' }, '/odd/'),
    ],
    rules,
  );
  const [good, refused, feed, gone, secret, old, slow, odd] = lines(found);
  assert.match(good ?? '', /^ok: \/ passes: 1\.\d KB$/);
  assert.match(refused ?? '', /^fail: \/broken\/ is refused: forbidden, /);
  assert.is(feed, 'ok: /feed/ passes: 0.0 KB of application/rss+xml');
  assert.is(gone, 'fail: /gone/ answered 404');
  assert.match(secret ?? '', /^fail: \/private\/ is refused: private, /);
  assert.is(old, 'warn: /old/ redirects to https://www.example.org/new/');
  assert.is(slow, 'fail: /slow/ has no answer: no answer within 20 s');
  assert.match(odd ?? '', /^fail: \/odd\/ answered 304/);
  assert.is(found.length, 8);
});

test('an origin that is away is asked once, one that answered before is asked for every page', async () => {
  const refusing = new HoldfastError('origin-unreachable', 'refused');
  const look = async (results: (Answer | HoldfastError)[]): Promise<number> => {
    const left = [...results];
    const client = {
      look: async () => {
        const next = left.shift();
        if (next === undefined || next instanceof HoldfastError) throw next;
        return next;
      },
    };
    const seen = await lookAt(
      client,
      { addresses: ['/a', '/b', '/c'], clock: systemClock },
      new AbortController().signal,
    );
    return seen.length;
  };
  assert.is(await look([refusing, refusing, refusing]), 1);
  assert.is(await look([body(), refusing, body()]), 3);
});

test.run();
