import { hash } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { Reply } from '../../src/check/ask.ts';
import { checkEdge, judge, type Question, questionsFor, type Served } from '../../src/check/edge.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import { FILES } from '../edge/release.ts';
import { smallConfig } from '../support/project.ts';
import { suite } from '../support/suite.ts';

const signal = new AbortController().signal;
const NOW = Date.parse('2027-02-02T09:00:00Z');

const typeOf = (path: string): string =>
  path.endsWith('.json')
    ? 'application/json'
    : path.endsWith('.txt')
      ? 'text/plain; charset=utf-8'
      : 'text/html; charset=utf-8';
const manifest: Manifest = {
  format: 1,
  site: 'www.example.org',
  environment: 'production',
  lineage: 'x',
  id: '20270202T090000Z-4f2a9c1d77aa',
  parent: null,
  created: '',
  files: Object.entries(FILES).map(([path, text]) => ({
    path,
    kind: 'page',
    sha256: hash('sha256', text),
    size: text.length,
    type: typeOf(path),
    headers: {},
    variants: {},
  })),
};

const served = (more: Partial<Served> = {}, edge = {}): Served => ({
  manifest,
  hold: null,
  hasRedirects: true,
  config: configSchema.parse(smallConfig('http://10.0.0.5', { edge })),
  ...more,
});

/** What a generated configuration answers; `changes` are by path. */
function answering(
  changes: Readonly<
    Record<string, Partial<{ status: number; body: string; headers: Record<string, string> }> | string>
  > = {},
) {
  const asked: string[] = [];
  const ask = async (url: string): Promise<Reply | string> => {
    const { pathname } = new URL(url);
    asked.push(pathname);
    const change = changes[pathname] ?? changes[pathname.replace(/[0-9a-f]{16}/, 'X')] ?? {};
    if (typeof change === 'string') return change;
    const path = pathname === '/' ? 'index.html' : pathname.slice(1);
    const text = FILES[path];
    const { status = text === undefined ? 404 : 200, body = text ?? FILES['404.html'] ?? '', headers = {} } = change;
    const caching = path.startsWith('_holdfast/') ? 'no-store' : 'max-age=60';
    const all = {
      'content-type': typeOf(path),
      'cache-control': caching,
      date: new Date(NOW).toUTCString(),
      ...headers,
    };
    return { status, headers: new Headers(all), body: Buffer.from(body), asked: NOW, answered: NOW + 100 };
  };
  return { asked, ask };
}

const test = suite('checks of the public address');

test('an edge that answers as generated is asked five times, and never for what would reach the origin', async () => {
  const { asked, ask } = answering();
  const { findings, stamps } = await checkEdge(served(), ask, signal);
  assert.equal(
    findings.map(({ level, text }) => `${level}: ${text}`),
    [
      "ok: https://www.example.org answers as generated: the origin's state, the front page, robots.txt, the holding page busy, a page that is not there",
    ],
  );
  assert.is(stamps.length, 5);
  assert.equal(asked.slice(0, 4), ['/_holdfast/origin.json', '/', '/robots.txt', '/_holdfast/holding/busy.html']);
  assert.match(asked[4] ?? '', /^\/holdfast-check-[0-9a-f]{16}\/$/);
  const open = answering();
  await checkEdge(served({}, { elsewhere: 'origin' }), open.ask, signal);
  assert.is(open.asked.length, 4);
});

const ABSENT: readonly [name: string, change: Parameters<typeof answering>[0], said: RegExp][] = [
  ['the origin, which has no such file', { '/_holdfast/origin.json': { status: 404 } }, /answers 404 instead of 200$/],
  ['nobody', { '/_holdfast/origin.json': 'ENOTFOUND' }, /cannot be asked: ENOTFOUND$/],
  ['another release', { '/_holdfast/origin.json': { body: '{}' } }, /has another content than the live release$/],
];
for (const [name, change, said] of ABSENT) {
  test(`where ${name} answers, that is one warning, and nothing more is asked`, async () => {
    const { asked, ask } = answering(change);
    const { findings } = await checkEdge(served(), ask, signal);
    assert.equal([findings.length, findings[0]?.level, asked.length], [1, 'warn', 1]);
    assert.match(findings[0]?.text ?? '', said);
  });
}

const WRONG: readonly [name: string, change: Parameters<typeof answering>[0], said: RegExp][] = [
  ['an old page', { '/': { body: 'an older one' } }, /org\/ has another content than the live release$/],
  ['a soft 404', { '/holdfast-check-X/': { status: 200 } }, /answers 200 instead of 404$/],
  ['another 404 page', { '/holdfast-check-X/': { body: 'nginx' } }, /has another content than the live release$/],
  [
    'a holding page that caches keep',
    { '/_holdfast/holding/busy.html': { headers: { 'cache-control': 'max-age=60' } } },
    /may be kept by caches \(cache-control: max-age=60\)$/,
  ],
  [
    'a wrong type',
    { '/robots.txt': { headers: { 'content-type': 'application/octet-stream' } } },
    /is sent as application\/octet-stream instead of text\/plain$/,
  ],
  ['a cookie', { '/': { headers: { 'set-cookie': 'a=b' } } }, /sets a cookie$/],
  [
    'an answer that never comes',
    { '/robots.txt': 'no answer within 5 s' },
    /robots\.txt cannot be asked: no answer within 5 s$/,
  ],
];
for (const [name, change, said] of WRONG) {
  test(`${name} fails, and the rest is told as well`, async () => {
    const { findings } = await checkEdge(served(), answering(change).ask, signal);
    assert.equal(
      findings.map(({ level }) => level),
      ['ok', 'fail'],
    );
    assert.match(findings[1]?.text ?? '', said);
  });
}

const target = 'https://www.example.org/new/';
const small = '<meta http-equiv="refresh" content="0; url=/new/">';
const moved: Manifest = {
  ...manifest,
  files: [
    ...manifest.files,
    ...Array.from({ length: 9 }, (_, n) => ({
      path: `old-${n}/index.html`,
      kind: 'redirect' as const,
      sha256: hash('sha256', small),
      size: small.length,
      type: 'text/html',
      headers: { location: target },
      status: 301 as const,
      variants: {},
    })),
  ],
};
const redirected = { status: 301, headers: { location: target } };

for (const [name, change, said] of [
  ['redirects', redirected, /^ok: 5 redirects of 5 asked for are redirects$/],
  [
    'small pages',
    { status: 200, body: small },
    /^warn: redirects still answered by small pages: 5 of 5 asked for, as \/old-0\/$/,
  ],
  ['nothing', { status: 404 }, /^fail: .*\/old-0\/ answers 404 instead of 301$/],
  ['others', { ...redirected, headers: { location: '/x' } }, /^fail: .* leads to \/x instead of .*\/new\/$/],
  ['another page', { status: 200, body: 'x' }, /^fail: .* answers 200 instead of 301$/],
] as const)
  test(`of nine redirects that the edge answers by ${name} five are asked for, and that is said`, async () => {
    const changes = Object.fromEntries(moved.files.map(({ path }) => [`/${path.replace('index.html', '')}`, change]));
    const only = Object.fromEntries(Object.entries(changes).filter(([path]) => path.startsWith('/old-')));
    const { asked, ask } = answering(only);
    const { findings } = await checkEdge(served({ manifest: moved }), ask, signal);
    const told = findings.map(({ level, text }) => `${level}: ${text}`).slice(1);
    assert.match(told[0] ?? '', said);
    assert.is(told.length, said.source.startsWith('^fail') ? 5 : 1);
    assert.equal(
      asked.filter((path) => path.startsWith('/old-')),
      [0, 1, 3, 5, 7].map((n) => `/old-${n}/`),
    );
  });

test('where the store answers them, or during a hold, no redirect is asked for', async () => {
  for (const more of [{ hasRedirects: false }, { hold: { page: 'busy', since: '2027-02-02T08:00:00Z', by: 'x' } }]) {
    const { asked, ask } = answering();
    await checkEdge(served({ manifest: moved, ...more }), ask, signal);
    assert.equal(asked.filter((path) => path.startsWith('/old-')).length, 0);
  }
});

test('during a hold the front page is to be the holding page, whatever its status, and a page that is not there is not asked for', () => {
  const hold = { page: 'maintenance', since: '2027-02-02T08:00:00Z', by: 'x' };
  const questions = questionsFor(served({ hold }), 'abc');
  assert.equal(
    questions.map(({ what }) => what),
    ["the origin's state", 'the holding page maintenance in its place', 'robots.txt', 'the holding page busy'],
  );
  const front = questions[1] as Question;
  const reply = (body: string): Reply => ({
    status: 503,
    headers: new Headers({ 'content-type': 'text/html', 'cache-control': 'no-store' }),
    body: Buffer.from(body),
    asked: NOW,
    answered: NOW,
  });
  assert.is(judge(front, reply(FILES['_holdfast/holding/maintenance.html'] ?? '')), undefined);
  assert.match(judge(front, reply(FILES['index.html'] ?? '')) ?? '', /another content/);
});

test.run();
