import * as assert from 'uvu/assert';
import { createCloudflare } from '../../src/publish/purgers/cloudflare.ts';
import { suite } from '../support/suite.ts';
import { failureOf, type Reply, type Seen, type Service, startService } from './service.ts';

const ZONE = '023e105f4ecef8ad9ca31a8372d0c353';
const TOKEN = 'Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY';
const signal = new AbortController().signal;

const refusal = (status: number, code: number, message: string): Reply => ({
  status,
  body: JSON.stringify({ success: false, errors: [{ code, message }], messages: [], result: null }),
  headers: { 'content-type': 'application/json' },
});

/** As the API is documented: POST zones/:id/purge_cache, a bearer token, one of files, prefixes or purge_everything. */
function answer({ method, path, headers, body }: Seen): Reply {
  if (headers.authorization !== `Bearer ${TOKEN}`) return refusal(403, 10000, 'Authentication error');
  if (method !== 'POST' || path !== `/client/v4/zones/${ZONE}/purge_cache`)
    return refusal(404, 7003, 'Could not route to the path');
  if (headers['content-type'] !== 'application/json') return refusal(415, 10005, 'Unsupported media type');
  const asked = JSON.parse(body) as { files?: string[]; prefixes?: string[]; purge_everything?: true };
  const { files = [], prefixes = [] } = asked;
  const isOne =
    Object.keys(asked).length === 1 && (asked.purge_everything === true || files.length + prefixes.length > 0);
  const isShort = files.length <= 30 && prefixes.length <= 30;
  const isRight =
    files.every((url) => /^https:\/\/www\.example\.org\/[\x21-\x7e]*$/.test(url)) &&
    prefixes.every((prefix) => /^www\.example\.org(\/[^/?#]+)+$/.test(prefix));
  if (!isOne || !isShort || !isRight)
    return refusal(400, 1012, 'Request must contain one of "purge_everything" or "files"');
  return { status: 200, body: JSON.stringify({ success: true, errors: [], messages: [], result: { id: ZONE } }) };
}

const test = suite('purging Cloudflare, against its published API');
let service: Service;

test.before.each(async () => {
  service = await startService(answer);
});
test.after.each(() => service.close());

const cloudflare = (more: { token?: string; zone?: string } = {}) =>
  createCloudflare({
    name: 'cdn',
    zone: ZONE,
    token: TOKEN,
    endpoint: `${service.url}/client/v4`,
    publicUrl: new URL('https://www.example.org'),
    ...more,
  });
const bodies = () => service.seen.map(({ body }) => JSON.parse(body) as { files?: string[]; prefixes?: string[] });

test('paths go as whole URLs, prefixes without scheme and end slash, each kind in calls of its own', async () => {
  const ask = { paths: ['/', '/caf%C3%A9/'], prefixes: ['/2024/01/'] };
  assert.equal(await cloudflare().purge(ask, signal), { kind: 'done' });
  assert.equal(bodies(), [
    { files: ['https://www.example.org/', 'https://www.example.org/caf%C3%A9/'] },
    { prefixes: ['www.example.org/2024/01'] },
  ]);
});

test('as much as its limit says is taken, in calls that the API takes', async () => {
  const { limit, purge } = cloudflare();
  const paths = Array.from({ length: limit.paths }, (_, index) => `/${index}/`);
  const prefixes = Array.from({ length: limit.prefixes }, (_, index) => `/p${index}/`);
  assert.equal(await purge({ paths, prefixes }, signal), { kind: 'done' });
  assert.is(bodies().flatMap(({ files = [] }) => files).length, limit.paths);
  assert.is(bodies().flatMap(({ prefixes: sent = [] }) => sent).length, limit.prefixes);
});

test('everything is its own call', async () => {
  assert.equal(await cloudflare().purge('everything', signal), { kind: 'done' });
  assert.equal(bodies(), [{ purge_everything: true }]);
});

test('a wrong token is told, without the token', async () => {
  const error = await failureOf(cloudflare({ token: 'wrong-token' }).purge({ paths: ['/'], prefixes: [] }, signal));
  assert.is(error.code, 'purge-failed');
  assert.is(error.message, 'cdn: answered 403: Authentication error (10000)');
  assert.not.match(`${error.message}${error.hint}`, 'wrong-token');
});

test('a wrong zone is told', async () => {
  const error = await failureOf(cloudflare({ zone: 'x' }).purge({ paths: ['/'], prefixes: [] }, signal));
  assert.match(error.message, 'answered 404: Could not route to the path (7003)');
});

test('status 200 without success is no success', async () => {
  service.next.push({ ...refusal(200, 1131, 'no such cache'), status: 200 });
  const error = await failureOf(cloudflare().purge({ paths: ['/'], prefixes: [] }, signal));
  assert.is(error.message, 'cdn: answered 200, but without success: no such cache (1131)');
  service.next.push({ status: 200, body: '<html>a proxy</html>' });
  assert.match((await failureOf(cloudflare().purge({ paths: ['/'], prefixes: [] }, signal))).message, 'a proxy');
});

test('a rate limit is a wish to be asked later, and nothing more is sent', async () => {
  const paths = Array.from({ length: 90 }, (_, index) => `/${index}/`);
  const limited = { ...refusal(429, 971, 'rate limited'), headers: { 'retry-after': '17' } };
  service.next.push(answerOf(200), limited);
  assert.equal(await cloudflare().purge({ paths, prefixes: [] }, signal), {
    kind: 'later',
    why: 'cdn: answered 429: rate limited (971)',
    waitMs: 17_000,
  });
  assert.is(service.seen.length, 2);
});

const answerOf = (status: number): Reply => ({ status, body: '{"success":true}' });

test.run();
