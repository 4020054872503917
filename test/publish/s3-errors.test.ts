import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import type { HoldfastError } from '../../src/model/errors.ts';
import type { S3Options } from '../../src/publish/destinations/s3.ts';
import { publish, releaseOf, standing, transfer } from '../conformance/releases.ts';
import { CREDENTIALS } from '../support/ceph/server.ts';
import { always, type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts';
import { freePort } from '../support/ports.ts';
import { answer } from '../support/proxy-faults.ts';
import { suite } from '../support/suite.ts';
import { type BucketPlace, failure, openPlace } from './bucket.ts';

const test = suite('a bucket that cannot be used', { needs: ['ceph'] });
const signal = new AbortController().signal;
const clock = { now: () => Date.now(), monotonic: () => performance.now(), sleep: async () => undefined };
let place: BucketPlace;
let proxy: FaultyProxy;

test.before(async () => {
  place = await openPlace();
  proxy = await startFaultyProxy(place.bucket.endpoint);
});
test.before.each(() => proxy.restart());
test.after(async () => {
  place?.close();
  await proxy?.close();
});

/** How reading the record of this bucket fails, with these credentials in the environment. */
async function failureOf(more: Partial<S3Options>, env: Record<string, string> = {}): Promise<HoldfastError> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return await failure(place.open({ clock, ...more }).control.read(signal), 'destination-unwritable');
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** One line, with something to do about it, and nothing of the credentials anywhere in it. */
function assertTelling(error: HoldfastError, says: RegExp, hint: RegExp): void {
  assert.match(error.message, says);
  assert.match(error.message, /^s3: [^\n]+$/);
  assert.match(error.hint ?? '', hint);
  const everything = inspect(error, { depth: 20, showHidden: true });
  for (const secret of [...Object.values(CREDENTIALS), 'WRONGKEY', 'wrong-secret', 'Signature='])
    assert.not.ok(everything.includes(secret), secret);
}

test('a bucket that is not there', async () => {
  const error = await failureOf({ bucket: 'not-there' });
  assertTelling(error, /^s3: there is no bucket not-there \(NoSuchBucket\)$/, /make it, or correct `bucket`/);
});

test('an access key that nobody has', async () => {
  const error = await failureOf({}, { AWS_ACCESS_KEY_ID: 'WRONGKEY' });
  assertTelling(error, /the access key is not known there \(InvalidAccessKeyId\)/, /AWS_ACCESS_KEY_ID/);
});

test('a secret key that is not its own', async () => {
  const error = await failureOf({}, { AWS_SECRET_ACCESS_KEY: 'wrong-secret' });
  assertTelling(error, /the secret key is not the one of the access key/, /AWS_SECRET_ACCESS_KEY/);
});

test('no credentials at all', async () => {
  const nowhere = { AWS_CONFIG_FILE: '/nonexistent', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent' };
  const error = await failureOf({}, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', ...nowhere });
  assertTelling(error, /there are no credentials/, /AWS_PROFILE/);
});

test('no region, where Amazon is to be asked', async () => {
  const nowhere = { AWS_CONFIG_FILE: '/nonexistent', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent' };
  const error = await failureOf({ endpoint: undefined }, nowhere);
  assertTelling(error, /no region is known/, /AWS_REGION/);
});

test('a server that is not there', async () => {
  const error = await failureOf({ endpoint: `http://127.0.0.1:${await freePort()}` });
  assertTelling(error, /http:\/\/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)/, /check `endpoint`/);
});

test('a server that speaks TLS with a certificate that nobody knows, or none', async () => {
  const error = await failureOf({ endpoint: place.bucket.endpoint.replace('http:', 'https:') });
  assertTelling(error, /cannot be (reached|trusted)/, /check|certificate/);
});

const answers: readonly (readonly [code: string, status: number, says: RegExp, hint: RegExp])[] = [
  [
    'AccessDenied',
    403,
    /access to the bucket test-.* is denied: GET _holdfast\/control.json \(AccessDenied\)$/,
    /s3:PutObject.*s3:ListBucket/,
  ],
  ['ExpiredToken', 400, /the credentials have expired/, /sign in again/],
  ['RequestTimeTooSkewed', 403, /this machine’s clock is wrong/, /NTP/],
  ['PermanentRedirect', 301, /is in another region/, /set `region`/],
  ['SlowDown', 503, /is overloaded or failing \(SlowDown\)/, /the next run tries again/],
  ['InternalError', 500, /is overloaded or failing/, /the next run tries again/],
  ['QuotaExceeded', 403, /refused GET _holdfast\/control.json in the bucket .* \(QuotaExceeded\)/, /documentation/],
];

for (const [code, status, says, hint] of answers) {
  test(`an answer of ${status} ${code}`, async () => {
    proxy.on(always, answer(status, code));
    assertTelling(await failureOf({ endpoint: proxy.url }), says, hint);
    assert.is(proxy.requests.length, status >= 500 ? 5 : 1);
  });
}

test('a bucket in another region says which', async () => {
  const server = createServer((_, outgoing) => outgoing.writeHead(301, { 'x-amz-bucket-region': 'eu-west-3' }).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const error = await failureOf({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    assertTelling(error, /is in another region/, /set `region` to eu-west-3/);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('a record that is none is damage, and not overwritten', async () => {
  const s3 = place.open();
  await place.tamper('_holdfast/control.json', { Body: '{"format":99}' });
  await failure(s3.control.read(signal), 'destination-damaged');
  await failure(publish(s3, releaseOf(1, { 'index.html': 'x' })), 'destination-damaged');
  assert.is(String((await place.stored('_holdfast/control.json'))?.body), '{"format":99}');
});

test('writing that is denied fails before the first file is sent', async () => {
  const s3 = place.open({ endpoint: proxy.url });
  proxy.on(({ method }) => method === 'PUT', answer(403, 'AccessDenied'));
  const release = releaseOf(2, { 'index.html': 'x' });
  await failure(s3.begin(release.manifest, standing(), signal), 'destination-unwritable');
  await failure(transfer(s3, release), 'destination-unwritable');
});

test('the vendor’s package is loaded with the first request and not before', () => {
  const source = fileURLToPath(new URL('../../src/publish/destinations/index.ts', import.meta.url));
  const script = `
    import { Module } from 'node:module';
    const { createDestination } = await import(${JSON.stringify(source)});
    const isLoaded = () => Object.keys(Module._cache).some((path) => path.includes('client-s3'));
    const s3 = createDestination({ use: 's3', name: 's3', bucket: 'b', prefix: '', identity: [], endpoint: 'http://127.0.0.1:9' }, String);
    const before = isLoaded();
    await s3.open('x', AbortSignal.timeout(1)).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 500));
    console.log(before, isLoaded());`;
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', script];
  assert.is(execFileSync(process.execPath, args, { encoding: 'utf8' }).trim(), 'false true');
});

test.run();
