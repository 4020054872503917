import { readFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { keysBelow } from '../src/publish/destinations/s3/keys.ts';
import { spellings } from '../src/publish/fold.ts';
import { createFastly } from '../src/publish/purgers/fastly.ts';
import { startService } from './publish/service.ts';
import { suite } from './support/suite.ts';

const published = (name: string): Promise<string> =>
  readFile(new URL(`../publish/cdn/${name}`, import.meta.url), 'utf8');

const test = suite('the published texts for CDNs');

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
