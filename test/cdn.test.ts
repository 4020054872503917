import { readFile } from 'node:fs/promises';
import vm from 'node:vm';
import * as assert from 'uvu/assert';
import { keysBelow } from '../src/publish/destinations/s3/keys.ts';
import { spellings } from '../src/publish/fold.ts';
import { createFastly } from '../src/publish/purgers/fastly.ts';
import { startService } from './publish/service.ts';
import { suite } from './support/suite.ts';

const published = (name: string): Promise<string> =>
  readFile(new URL(`../publish/cdn/${name}`, import.meta.url), 'utf8');

interface Asked {
  readonly uri: string;
  readonly querystring: object;
}
type Answer = Asked | { readonly statusCode: number };

/** The published function, alive in a realm of its own, as CloudFront would call it. */
async function handler(): Promise<(request: Asked) => Answer> {
  const context = vm.createContext({});
  vm.runInContext(await published('find-index.js'), context);
  return (request) => {
    context['event'] = { version: '1.0', context: { eventType: 'viewer-request' }, request };
    return JSON.parse(vm.runInContext('JSON.stringify(handler(event))', context) as string) as Answer;
  };
}

const test = suite('the published texts for CDNs');

const FOUND: readonly [uri: string, file: string][] = [
  ['/', '/index.html'],
  ['/a', '/a/index.html'],
  ['/a/', '/a/index.html'],
  ['/a/b', '/a/b/index.html'],
  ['/a.css', '/a.css'],
  ['/a.b/', '/a.b/index.html'],
  ['/a.b/c', '/a.b/c/index.html'],
  ['/v1.2', '/v1.2/index.html'],
  ['/song.mp3', '/song.mp3'],
  ['/archive.7z', '/archive.7z'],
  ['/caf%C3%A9', '/caf%C3%A9/index.html'],
  ['/caf%C3%A9/', '/caf%C3%A9/index.html'],
  ['/50%', '/50%/index.html'],
  ['/feed/', '/feed/index.xml'],
  ['/a/feed', '/a/feed/index.xml'],
  ['/feeding/', '/feeding/index.html'],
  ['/wp-json/wp/v2/posts', '/wp-json/wp/v2/posts/index.json'],
  ['/.well-known/security.txt', '/.well-known/security.txt'],
  ['/_holdfast/pixel.gif', '/_holdfast/pixel.gif'],
  ['/_holdfast/holding/busy.html', '/_holdfast/holding/busy.html'],
  ['/_holdfasting/', '/_holdfasting/index.html'],
];

for (const [uri, file] of FOUND) {
  test(`CloudFront asks the bucket for ${file} where a visitor asks for ${uri}, and keeps the query`, async () => {
    const querystring = { utm_source: { value: 'x%20y' } };
    assert.equal((await handler())({ uri, querystring }), { uri: file, querystring });
  });
}

for (const uri of ['/_holdfast', '/_holdfast/control.json', '/_holdfast/releases/x.json', '/%5Fholdfast/kept/x']) {
  test(`${uri} is nobody's at the edge`, async () => {
    assert.is(((await handler())({ uri, querystring: {} }) as { statusCode: number }).statusCode, 404);
  });
}

test('the template has the function as it is published, and fits in what CloudFront takes', async () => {
  const code = await published('find-index.js');
  const template = await published('cloudfront.yaml');
  const [, block = ''] = /FunctionCode: \|\n([\s\S]*?)\n\n {2}Distribution:/.exec(template) ?? [];
  const body = `${block.replace(/^ {8}/gm, '')}\n`;
  assert.is(body, code.slice(code.indexOf('var others')));
  assert.ok(Buffer.byteLength(body) < 10_240);
});

test('the template is evenly indented, and refers only to what is in it', async () => {
  const template = await published('cloudfront.yaml');
  const lines = template.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  for (const line of lines) assert.ok(/^( {2})*(?:- )?\S/.test(line) && !line.includes('\t'), line);
  const named = new Set([...template.matchAll(/^ {2}([A-Za-z]+):$/gm)].map((match) => match[1] ?? ''));
  const refs = [...template.matchAll(/!(?:Ref|GetAtt) ([A-Za-z]+)/g)].map((match) => match[1] ?? '');
  assert.ok(refs.length >= 10);
  for (const ref of refs) assert.ok(named.has(ref), ref);
  const origins = [...template.matchAll(/- Id: (\w+)/g)].map((match) => match[1]);
  const targets = [...template.matchAll(/TargetOriginId: (\w+)/g)].map((match) => match[1]);
  assert.equal([...new Set(targets)].sort(), origins.sort());
});

test('error pages of the bucket come from the bucket for what is absent, and from elsewhere when it fails', async () => {
  const template = await published('cloudfront.yaml');
  const pages = new Map(
    [...template.matchAll(/ErrorCode: (\d+)\n\s+ResponseCode: (\d+)\n\s+ResponsePagePath: (\S+)/g)].map((match) => [
      match[1],
      [match[2], match[3]],
    ]),
  );
  for (const code of ['403', '404']) assert.equal(pages.get(code), ['404', '/404.html']);
  for (const code of ['500', '502', '503', '504'])
    assert.equal(pages.get(code), ['503', '/_holdfast/holding/busy.html']);
  assert.match(template, /PathPattern: \/_holdfast\/holding\/\*\n\s+TargetOriginId: holding/);
});

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Principal?: object;
  readonly Condition?: object;
}

const listed = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);
const statements = async (name: string): Promise<readonly Statement[]> =>
  (JSON.parse(await published(name)) as { Statement: readonly Statement[] }).Statement;

test('the publisher may touch files below the prefix, invalidate one distribution, and of the bucket only be told what is absent', async () => {
  const all = await statements('publisher-policy.json');
  const allowed = all.flatMap(({ Action, Resource }) =>
    listed(Action).flatMap((action) => listed(Resource).map((resource) => `${action} ${resource}`)),
  );
  assert.ok(all.every(({ Effect }) => Effect === 'Allow') && !allowed.some((line) => /(^|:)\*/.test(line)));
  const onFiles = allowed.filter((line) => line.endsWith(' arn:aws:s3:::BUCKET/PREFIX/*'));
  const names = ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'];
  assert.equal(onFiles.map((line) => line.split(' ')[0]).sort(), names);
  assert.equal(
    allowed.filter((line) => !onFiles.includes(line)),
    [
      's3:ListBucket arn:aws:s3:::BUCKET',
      'cloudfront:CreateInvalidation arn:aws:cloudfront::ACCOUNT:distribution/DISTRIBUTION',
    ],
  );
});

test('CloudFront reads what visitors may see, of one distribution, and none of the files that are Holdfast’s own', async () => {
  const [allow, deny, ...rest] = await statements('reader-policy.json');
  assert.equal(
    [allow?.Effect, allow?.Action, deny?.Effect, deny?.Action, rest.length],
    ['Allow', 's3:GetObject', 'Deny', 's3:GetObject', 0],
  );
  assert.equal(allow?.Principal, { Service: 'cloudfront.amazonaws.com' });
  assert.equal(allow?.Condition, {
    StringEquals: { 'AWS:SourceArn': 'arn:aws:cloudfront::ACCOUNT:distribution/DISTRIBUTION' },
  });
  assert.is(deny?.Condition, undefined);
  const denied = listed(deny?.Resource ?? []).map((resource) => resource.replace('arn:aws:s3:::BUCKET/PREFIX/', ''));
  const isDenied = (path: string) =>
    denied.some((pattern) => (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern));
  const own = keysBelow('');
  for (const path of [own.control, own.manifest('x'), own.kept('0123', 'gzip'), own.probe('x')])
    assert.ok(isDenied(path), path);
  for (const path of ['_holdfast/pixel.gif', '_holdfast/holding/busy.html', 'index.html'])
    assert.not(isDenied(path), path);
});

/** What the published snippet sets for a path: its nested `regsub`s, done by JavaScript's engine. */
async function keysAtFastly(path: string): Promise<readonly string[]> {
  const patterns = [...(await published('fastly.vcl')).matchAll(/"((?:[^"\\]|\\.)*)", "([^"]*)"\)/g)];
  assert.is(patterns.length, 2);
  const key = patterns.reduce(
    (text, [, pattern = '', replacement = '']) =>
      text.replace(new RegExp(pattern), replacement.replace(/\\(\d)/g, '$$$1')),
    path,
  );
  return `${key} holdfast`.split(' ');
}

test('the keys that Fastly is told to set are those that it is purged by', async () => {
  const service = await startService(() => ({ status: 200 }));
  try {
    const purger = createFastly({
      name: 'cdn',
      service: 'SERVICE',
      token: 'x',
      soft: true,
      by: 'key',
      endpoint: service.url,
      publicUrl: new URL('https://www.example.org'),
    });
    const signal = new AbortController().signal;
    for (const file of ['index.html', 'a/index.html', 'a/b.css', 'feed/index.xml', 'café/index.html']) {
      service.seen.length = 0;
      await purger.purge({ paths: spellings(file, false), prefixes: [] }, signal);
      const sent = service.seen.flatMap(
        ({ body }) => (JSON.parse(body) as { surrogate_keys: string[] }).surrogate_keys,
      );
      for (const path of spellings(file, true)) {
        assert.equal((await keysAtFastly(path)).filter((key) => sent.includes(key)).length, 1, path);
      }
    }
    service.seen.length = 0;
    await purger.purge('everything', signal);
    assert.match(service.seen[0]?.body ?? '', (await keysAtFastly('/x')).at(-1) ?? 'none');
  } finally {
    await service.close();
  }
});

test.run();
