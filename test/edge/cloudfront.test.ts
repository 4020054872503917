import vm from 'node:vm';
import * as assert from 'uvu/assert';
import { configSchema, type HoldfastConfig } from '../../src/config/schema.ts';
import { edgeFacts } from '../../src/cycle/edge.ts';
import { ALWAYS } from '../../src/edge/decide.ts';
import { type EdgeFacts, fillEdge } from '../../src/edge/fillers.ts';
import { patternSource } from '../../src/edge/patterns.ts';
import { HoldfastError } from '../../src/model/errors.ts';
import { smallConfig } from '../support/project.ts';
import { suite } from '../support/suite.ts';
import { codeOf, distribution, readTemplate, type Template } from './cloudfront-service.ts';
import { filling } from './filling.ts';
import { type Case, TABLE, TABLE_HOLDING, TABLE_RELEASE } from './table.ts';

const ORIGIN = 'https://origin.example.net';
const test = suite('CloudFront, as its template says');

function factsFor(more: Partial<HoldfastConfig> = {}, origin = ORIGIN): EdgeFacts {
  const config = configSchema.parse(
    smallConfig(origin, {
      site: { name: 'x', url: 'https://www.example.org' },
      destinations: [
        { use: 'mirror', dir: '/srv/www' },
        { use: 's3', bucket: 'words', prefix: 'www', region: 'eu-central-1' },
      ],
      ...more,
    }),
  );
  const loaded = { config, environment: 'production', root: '/', path: '/x', stateDir: '/', secrets: [] };
  const holding = TABLE_HOLDING.map((page) => ({ ...page, html: Buffer.from(page.name) }));
  return edgeFacts(loaded, { name: 'cloudfront', to: undefined, holding });
}

const templateFor = (more?: Partial<HoldfastConfig>, origin?: string): Template =>
  readTemplate(fillEdge('cloudfront', factsFor(more, origin))[0]?.text ?? '');

/** Where it cannot do what the table says, and what it does instead. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'the missing page itself': 'release 200 404.html',
  'an error of the origin': 'holding 503 busy',
  'a comment, origin away': 'holding 503 busy',
  // What the bucket knows of a redirect is where it leads.
  'a redirect': 'redirect 301 https://e.org/a',
  'a redirect, asked by HEAD': 'redirect 301 https://e.org/a',
};

for (const [does, path, given, answer] of TABLE) {
  const { elsewhere, ...edge } = given.edge ?? {};
  // It refuses to be filled so; what is not asked of the origin all the same is the same.
  if (elsewhere === 'origin' && answer.startsWith('origin')) continue;
  const expected = OTHERWISE[does] ?? answer.replace(/^(origin \d+) .*/, '$1 origin');
  test(`${does}: ${expected}`, async () => {
    const { edge: _edge, hold, origin = 200, ...request }: Case = given;
    const ask = distribution(templateFor({ edge }), TABLE_RELEASE);
    const asked = { method: 'GET', query: '', cookies: [], authorized: false, ...request, path };
    const { answer: got, headers, told } = await ask(asked, hold, origin);
    assert.is(got, expected);
    if (got.startsWith('holding') && hold !== undefined) {
      const page = TABLE_HOLDING.find(({ name }) => name === hold);
      assert.is(headers['cache-control'], 'no-store');
      assert.is(headers['x-robots-tag'], 'noindex');
      assert.is(headers['retry-after'], page?.retryAfter === null ? undefined : `${page?.retryAfter}`);
    }
    if (got.startsWith('origin')) assert.is(headers['cache-control'], 'no-store');
    if (told !== undefined) {
      assert.equal(Object.keys(told.headers), ['host'], 'nothing that a visitor says reaches the bucket');
      assert.equal([told.querystring, told.cookies], [{}, {}]);
    }
  });
}

test('what the origin answers to one visitor has a key of its own in the cache, whatever the visitor says of it', async () => {
  const { Resources } = templateFor();
  const key = JSON.stringify(Resources['AsFilesSay']?.Properties);
  assert.match(key, '"Headers":["x-holdfast-once"]');
  assert.match(codeOf(templateFor()), "const ONCE = 'x-holdfast-once'");
});

test('the list of releases and what was kept of them is nobody’s, and a hold of no known page is the usual one', async () => {
  const ask = distribution(templateFor(), TABLE_RELEASE);
  const request = { method: 'GET', query: '', cookies: [], authorized: false };
  for (const path of [
    '/_holdfast/control.json',
    '/_holdfast/releases/x.json',
    '/%5Fholdfast/kept/x',
    '/_holdfast/kept/%C3%A9',
  ]) {
    const { answer, told } = await ask({ ...request, path }, undefined, 200);
    assert.is(answer, 'release 404 404.html');
    assert.is(told?.uri, '/_holdfast/nothing');
  }
  for (const name of ['gone', 'constructor', '__proto__'])
    assert.is((await ask({ ...request, path: '/' }, name, 200)).answer, 'holding 503 busy');
});

const FOUND: readonly [uri: string, file: string][] = [
  ['/a', '/a/index.html'],
  ['/a/', '/a/index.html'],
  ['/a.b/', '/a.b/index.html'],
  ['/a.b/c', '/a.b/c/index.html'],
  ['/v1.2', '/v1.2/index.html'],
  ['/song.mp3', '/song.mp3'],
  ['/archive.7z', '/archive.7z'],
  ['/caf%C3%A9', '/caf%C3%A9/index.html'],
  ['/a/feed', '/a/feed/index.xml'],
  ['/feeding/', '/feeding/index.html'],
  ['/wp-json/wp/v2/posts', '/wp-json/wp/v2/posts/index.json'],
  ['/_holdfast/origin.json', '/_holdfast/origin.json'],
  ['/_holdfasting/', '/_holdfasting/index.html'],
];

for (const [uri, file] of FOUND)
  test(`the bucket is asked for ${file} where a visitor asks for ${uri}`, async () => {
    const ask = distribution(templateFor(), TABLE_RELEASE);
    const { told } = await ask(
      { method: 'GET', path: uri, query: 'a=b', cookies: ['c'], authorized: false },
      undefined,
      200,
    );
    assert.is(told?.uri, file);
  });

test('each reference of the template names something in it, and each behaviour an origin', () => {
  for (const inbox of [undefined, { listen: '127.0.0.1:8090' }]) {
    const template = templateFor(inbox === undefined ? {} : { inbox });
    const named = new Set([...Object.keys(template.Parameters), ...Object.keys(template.Resources)]);
    const found = referencesIn(template);
    assert.ok(found.refs.length > 10 && found.conditions.length === 3);
    for (const ref of found.refs) assert.ok(named.has(ref) || ref.startsWith('AWS::'), ref);
    for (const condition of found.conditions) assert.ok(condition in template.Conditions, condition);
    const text = JSON.stringify(template.Resources['Distribution']);
    const origins = [...text.matchAll(/"Id":"(\w+)"/g)].map(([, id]) => id);
    assert.equal(origins, ['bucket', 'origin', ...(inbox === undefined ? [] : ['inbox']), 'holding']);
    for (const [, id] of text.matchAll(/"TargetOriginId":"(\w+)"/g)) assert.ok(origins.includes(id), id);
    assert.match(codeOf(template), `"inbox":"${inbox === undefined ? 'origin' : 'inbox'}"`);
  }
});

test('names of the configuration are where they belong', () => {
  const text = fillEdge('cloudfront', factsFor())[0]?.text ?? '';
  const distributionText = JSON.stringify(readTemplate(text).Resources['Distribution']);
  assert.match(distributionText, '"DomainName":"words.s3.eu-central-1.amazonaws.com","OriginPath":"/www"');
  assert.match(distributionText, '"DomainName":"origin.example.net"');
  assert.match(distributionText, '"Aliases":["www.example.org"]');
  assert.ok(Buffer.byteLength(codeOf(readTemplate(text))) < 10_240);
  assert.match(codeOf(readTemplate(text)), JSON.stringify(ALWAYS.source).slice(1, -1).replaceAll('\\', '\\\\'));
});

const REFUSED: readonly [does: string, more: Partial<HoldfastConfig>, origin: string, says: RegExp][] = [
  ['an origin by its address', {}, 'http://127.0.0.1:8080', /origin\.url: "127\.0\.0\.1" is an address/],
  ['a port it does not go to', {}, 'http://origin.example.net:81', /origin\.url: .* has a port/],
  ['what is elsewhere', { edge: { elsewhere: 'origin' } }, ORIGIN, /edge\.elsewhere: "origin" cannot be done/],
  [
    'another store',
    { destinations: [{ use: 's3', bucket: 'words', endpoint: 'https://s3.example' }] },
    ORIGIN,
    /endpoint: .* is not Amazon's/,
  ],
  [
    'a folder',
    { destinations: [{ use: 'mirror', dir: '/srv/www' }] },
    ORIGIN,
    /cloudfront serves a bucket, and mirror is a folder/,
  ],
  [
    'a site without https',
    { site: { name: 'x', url: 'http://www.example.org' } },
    ORIGIN,
    /site\.url: .* is not https/,
  ],
  [
    'more paths than a function holds',
    { edge: { dynamic: Array.from({ length: 200 }, (_, index) => ({ path: `/a-rather-long-folder-${index}/**` })) } },
    ORIGIN,
    /edge\.dynamic: "200 paths" make a function of \d+ bytes/,
  ],
];

for (const [does, more, origin, says] of REFUSED)
  test(`${does} is refused`, () => {
    try {
      templateFor(more, origin);
    } catch (error) {
      assert.ok(error instanceof HoldfastError);
      assert.match(error.message, says);
      return;
    }
    assert.unreachable();
  });

/** Names behind Ref, Fn::GetAtt and Fn::If, wherever they stand. */
function referencesIn(value: unknown): { readonly refs: readonly string[]; readonly conditions: readonly string[] } {
  if (typeof value !== 'object' || value === null) return { refs: [], conditions: [] };
  const all = Object.entries(value).map(([key, inner]) => {
    const below = referencesIn(inner);
    if (key === 'Ref') return { ...below, refs: [String(inner)] };
    if (key === 'Fn::GetAtt') return { ...below, refs: [String((inner as string[])[0])] };
    return key === 'Fn::If' ? { ...below, conditions: [String((inner as string[])[0]), ...below.conditions] } : below;
  });
  return { refs: all.flatMap(({ refs }) => refs), conditions: all.flatMap(({ conditions }) => conditions) };
}

test.run();

filling(
  { name: 'cloudfront', needs: [] },
  {
    readBack([file]) {
      const template = readTemplate(file?.text ?? '');
      const rules = /JSON\.parse\(('.*')\);\n/.exec(codeOf(template))?.[1] ?? '';
      const { comments } = JSON.parse(vm.runInNewContext(rules) as string) as { comments: string[] };
      const text = JSON.stringify(template.Resources['Distribution']);
      const [, folder = ''] = /"OriginPath":("(?:[^"\\]|\\.)*")/.exec(text) ?? [];
      // All but the rules, which is one string.
      const shape = JSON.stringify(template).replace(JSON.stringify(rules).slice(1, -1), '');
      return { patterns: comments, root: JSON.parse(folder) as string, shape: [shape] };
    },
    expected: (path) => patternSource(path).replaceAll('.*', '[\\s\\S]*'),
    rootOf: (dir) => `/${dir}`,
    // Its function holds some ten kilobytes.
    most: 10,
  },
);
