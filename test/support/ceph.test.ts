import { existsSync } from 'node:fs';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import * as assert from 'uvu/assert';
import { startCeph } from './ceph/server.ts';
import { clientOf, openBucket, openToAll, openWebsite, type TestBucket } from './ceph.ts';
import { isAlive } from './programs.ts';
import { suite } from './suite.ts';

const test = suite<{ client: S3Client }>('Ceph for tests', { needs: ['ceph'] });

test.before(async (context) => {
  context.client = clientOf(await openBucket());
});

test.after(({ client }) => client?.destroy());

const put = (client: S3Client, { bucket }: TestBucket, more: { Key: string; Body: string; IfNoneMatch?: string }) =>
  client.send(new PutObjectCommand({ Bucket: bucket, ...more }));

test('keeps an object with its headers and gives it back', async ({ client }) => {
  const { bucket } = await openBucket();
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: 'über/index.html',
      Body: '<h1>Tide</h1>',
      ContentType: 'text/html; charset=utf-8',
      CacheControl: 'max-age=60',
      Metadata: { release: '4f2a' },
    }),
  );
  const got = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'über/index.html' }));
  assert.is(await got.Body?.transformToString(), '<h1>Tide</h1>');
  assert.equal([got.ContentType, got.CacheControl], ['text/html; charset=utf-8', 'max-age=60']);
  assert.equal(got.Metadata, { release: '4f2a' });
});

test('lets one of twenty writers that race create an object', async ({ client }) => {
  const bucket = await openBucket();
  const race = Array.from({ length: 20 }, (_, at) =>
    put(client, bucket, { Key: 'control.json', Body: String(at), IfNoneMatch: '*' }),
  );
  const ended = await Promise.allSettled(race);
  const refusals = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
  assert.is(refusals.length, 19);
  assert.equal([...new Set(refusals.map((error) => error.name))], ['PreconditionFailed']);
});

test('gives each test a bucket in which it is alone', async ({ client }) => {
  const [one, other] = await Promise.all([openBucket(), openBucket()]);
  await put(client, one, { Key: 'a', Body: '1' });
  const listed = await client.send(new ListObjectsV2Command({ Bucket: other.bucket }));
  assert.is(listed.KeyCount, 0);
});

test('keeps what is private until it is opened to all', async ({ client }) => {
  const bucket = await openBucket();
  await put(client, bucket, { Key: 'a', Body: '1' });
  const read = async () => (await fetch(`${bucket.endpoint}/${bucket.bucket}/a`)).status;
  assert.is(await read(), 403);
  await openToAll(bucket);
  assert.is(await read(), 200);
});

test('serves a bucket as a website, with its redirects and its page for what is missing', async ({ client }) => {
  const bucket = await openBucket();
  const site = await openWebsite(bucket);
  await put(client, bucket, { Key: 'tides/index.html', Body: 'tides' });
  await put(client, bucket, { Key: '404.html', Body: 'nothing here' });
  const moved = { Bucket: bucket.bucket, Key: 'old', Body: 'gone', WebsiteRedirectLocation: '/tides/' };
  await client.send(new PutObjectCommand(moved));
  const seen = await Promise.all(['/tides/', '/old', '/missing'].map((path) => site.visit(path)));
  assert.equal(
    seen.map(({ status, headers, body }) => [status, headers.location, body.toString()]),
    [
      [200, undefined, 'tides'],
      [301, '/tides/', ''],
      [404, undefined, 'nothing here'],
    ],
  );
});

test('leaves no process and no folder behind', async () => {
  const server = await startCeph();
  assert.is(server.pids.length, 3);
  assert.equal(server.pids.map(isAlive), [true, true, true]);
  await server.stop();
  assert.equal(server.pids.map(isAlive), [false, false, false]);
  assert.is(existsSync(server.dir), false);
});

test.run();
