import { createHash, createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import * as assert from 'uvu/assert';
import { createPurger } from '../../src/publish/purgers/index.ts';
import { suite } from '../support/suite.ts';
import { failureOf, type Reply, type Seen, type Service, startService } from './service.ts';

const DISTRIBUTION = 'E2QWRUHEXAMPLE';
const KEY_ID = 'AKIDEXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const NAMESPACE = 'http://cloudfront.amazonaws.com/doc/2020-05-31/';
const signal = new AbortController().signal;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Signature Version 4 as AWS documents it, computed here from what arrived. */
function signatureOf({ method, path, headers, body }: Seen): string {
  const [, scope = '', signed = ''] =
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/(\S+), SignedHeaders=(\S+), Signature=[0-9a-f]{64}$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, path, '', lines.join(''), signed, sha256(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${SECRET}`);
  return hmac(key, toSign).toString('hex');
}

function isSigned(seen: Seen): boolean {
  const { authorization = '', host } = seen.headers;
  const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
  const isWhole = ['host', 'x-amz-date'].every((name) => signed.includes(name));
  const isFresh = /\/\d{8}\/us-east-1\/cloudfront\/aws4_request,/.test(authorization);
  return isWhole && isFresh && host !== undefined && authorization.endsWith(`Signature=${signatureOf(seen)}`);
}

const refusal = (status: number, code: string, message: string): Reply => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<?xml version="1.0"?><ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>9f9d1a2b</RequestId></ErrorResponse>`,
});

const all = (text: string, tag: string): string[] =>
  [...text.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, 'g'))].map((match) => match[1] ?? '');
const itemsOf = (seen: Seen): string[] => all(seen.body, 'Path').map((path) => path.replaceAll('&amp;', '&'));

/** CreateInvalidation as documented: signed XML, as many paths as it says, each from the root, a wildcard at the end only. */
function answer(seen: Seen): Reply {
  if (!isSigned(seen)) return refusal(403, 'SignatureDoesNotMatch', 'The request signature does not match.');
  const { method, path, body } = seen;
  if (method !== 'POST' || path !== `/2020-05-31/distribution/${DISTRIBUTION}/invalidation`)
    return refusal(404, 'NoSuchDistribution', 'The specified distribution does not exist.');
  if (!body.includes(`<InvalidationBatch xmlns="${NAMESPACE}">`)) return refusal(400, 'MalformedXML', 'Malformed.');
  const items = itemsOf(seen);
  const [quantity] = all(body, 'Quantity');
  const [reference = ''] = all(body, 'CallerReference');
  if (Number(quantity) !== items.length) return refusal(400, 'InconsistentQuantities', 'They do not match.');
  if (reference === '' || !items.every((item) => /^\/[\x21-\x29\x2b-\x7e]*\*?$/.test(item)))
    return refusal(400, 'InvalidArgument', 'Your request contains one or more invalid invalidation paths.');
  if (items.length > 3000) return refusal(413, 'BatchTooLarge', 'Too large.');
  if (items.filter((item) => item.endsWith('*')).length > 15)
    return refusal(400, 'TooManyInvalidationsInProgress', 'Too many.');
  return {
    status: 201,
    headers: { 'content-type': 'text/xml', location: `https://cloudfront.amazonaws.com${path}/I2J0I21PCUYOIK` },
    body: `<?xml version="1.0"?><Invalidation xmlns="${NAMESPACE}"><Id>I2J0I21PCUYOIK</Id><Status>InProgress</Status><CreateTime>2027-02-02T09:00:00.000Z</CreateTime>${body.replace(/^<\?xml[^>]*>/, '')}</Invalidation>`,
  };
}

const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: KEY_ID,
  AWS_SECRET_ACCESS_KEY: SECRET,
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: undefined,
  AWS_CONTAINER_CREDENTIALS_FULL_URI: undefined,
  AWS_WEB_IDENTITY_TOKEN_FILE: undefined,
};

function setEnvironment(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

const test = suite('purging CloudFront, against its published API');
let service: Service;
const before = Object.fromEntries(Object.keys(ENVIRONMENT).map((name) => [name, process.env[name]]));

test.before.each(async () => {
  setEnvironment(ENVIRONMENT);
  service = await startService(answer);
});
test.after.each(async () => {
  setEnvironment(before);
  await service.close();
});

const cloudfront = (distribution = DISTRIBUTION) =>
  createPurger(
    {
      use: 'cloudfront',
      name: 'cdn',
      distribution,
      endpoint: service.url,
      budget: 1000,
      everything: false,
      twice: false,
    },
    new URL('https://www.example.org'),
  );

const isLoaded = () =>
  Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('@aws-sdk/client-cloudfront'));

test('its SDK is loaded with the first ask and not before', async () => {
  const purger = cloudfront();
  assert.not(isLoaded());
  assert.equal(await purger.purge({ paths: ['/'], prefixes: [] }, signal), { kind: 'done' });
  assert.ok(isLoaded());
});

test('one signed invalidation names every path and each prefix with a wildcard at its end', async () => {
  const ask = { paths: ['/', '/index.html', '/caf%C3%A9%20&%20tea/'], prefixes: ['/2024/'] };
  assert.equal(await cloudfront().purge(ask, signal), { kind: 'done' });
  assert.is(service.seen.length, 1);
  assert.equal(service.seen.map(itemsOf), [['/', '/index.html', '/caf%C3%A9%20&%20tea/', '/2024/*']]);
});

test('a star in a name is no wildcard', async () => {
  assert.equal(await cloudfront().purge({ paths: ['/a*b/'], prefixes: [] }, signal), { kind: 'done' });
  assert.equal(service.seen.map(itemsOf), [['/a%2Ab/']]);
});

test('as much as its limit says is taken at once, and each invalidation has a reference of its own', async () => {
  const { limit, purge } = cloudfront();
  const paths = Array.from({ length: limit.paths }, (_, index) => `/${index}/`);
  const prefixes = Array.from({ length: limit.prefixes }, (_, index) => `/p${index}/`);
  assert.equal(await purge({ paths, prefixes }, signal), { kind: 'done' });
  assert.equal(await purge({ paths, prefixes }, signal), { kind: 'done' });
  assert.is(new Set(service.seen.flatMap(({ body }) => all(body, 'CallerReference'))).size, 2);
});

test('everything is one path', async () => {
  assert.equal(await cloudfront().purge('everything', signal), { kind: 'done' });
  assert.equal(service.seen.map(itemsOf), [['/*']]);
});

test('too many invalidations in progress, or too many calls, are a wish to be asked later', async () => {
  service.next.push(refusal(400, 'TooManyInvalidationsInProgress', 'Your request exceeds the limit.'));
  assert.equal(await cloudfront().purge({ paths: ['/'], prefixes: [] }, signal), {
    kind: 'later',
    why: 'cdn: TooManyInvalidationsInProgress: Your request exceeds the limit.',
  });
  service.next.push(refusal(400, 'Throttling', 'Rate exceeded'));
  assert.is((await cloudfront().purge({ paths: ['/'], prefixes: [] }, signal)).kind, 'later');
  assert.is(service.seen.length, 2, 'later runs try again, this one does not');
});

test('a wrong secret and a wrong distribution are told, without the secret', async () => {
  process.env['AWS_SECRET_ACCESS_KEY'] = 'another-secret';
  const denied = await failureOf(cloudfront().purge({ paths: ['/'], prefixes: [] }, signal));
  assert.is(denied.code, 'purge-failed');
  assert.match(denied.message, 'cdn: SignatureDoesNotMatch: The request signature');
  assert.not.match(`${denied.message}${denied.hint}`, 'another-secret');
  process.env['AWS_SECRET_ACCESS_KEY'] = SECRET;
  const missing = await failureOf(cloudfront('E0000000000000').purge({ paths: ['/'], prefixes: [] }, signal));
  assert.match(missing.message, 'cdn: NoSuchDistribution: The specified distribution');
});

test('a machine without credentials is told so, and nothing is sent', async () => {
  setEnvironment({ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
  const error = await failureOf(cloudfront().purge({ paths: ['/'], prefixes: [] }, signal));
  assert.match(error.message, /^cdn: CredentialsProviderError: /);
  assert.is(service.seen.length, 0);
});

test('an answer without end is cut off', async () => {
  service.next.push({ status: 201, body: `<Invalidation>${'x'.repeat(1_000_000)}</Invalidation>` });
  const error = await failureOf(cloudfront().purge({ paths: ['/'], prefixes: [] }, signal));
  assert.match(error.message, 'more than 65536 bytes');
});

test.run();
