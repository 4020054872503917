import * as assert from 'uvu/assert';
import { createFastly, type FastlyOptions } from '../../src/publish/purgers/fastly.ts';
import { suite } from '../support/suite.ts';
import { failureOf, type Reply, type Seen, type Service, startService } from './service.ts';

const SERVICE = 'SU1Z0isxPaozGVKXdv0eY';
const TOKEN = 'fastly-token-of-a-test';
const signal = new AbortController().signal;

const OK: Reply = { status: 200, body: '{"status":"ok","id":"108-1391560174-974124"}' };

/** As the API is documented: POST /purge/:url, /service/:id/purge with up to 256 keys, /service/:id/purge_all, never soft. */
function answer({ method, path, headers, body }: Seen): Reply {
  if (headers['fastly-key'] !== TOKEN)
    return { status: 403, body: '{"msg":"You are not authorized to perform this action"}' };
  if (method !== 'POST') return { status: 405, body: '{"msg":"Method not allowed"}' };
  if (/^\/purge\/www\.example\.org\/[\x21-\x7e]*$/.test(path) && body === '') return OK;
  if (path === `/service/${SERVICE}/purge_all` && headers['fastly-soft-purge'] === undefined)
    return { status: 200, body: '{"status":"ok"}' };
  if (path !== `/service/${SERVICE}/purge`) return { status: 404, body: '{"msg":"Record not found"}' };
  const { surrogate_keys: keys = [] } = JSON.parse(body) as { surrogate_keys?: string[] };
  const isRight = keys.length > 0 && keys.length <= 256 && keys.every((key) => /^[\x21-\x7e]{1,1024}$/.test(key));
  if (!isRight || headers['content-type'] !== 'application/json') return { status: 400, body: '{"msg":"Bad request"}' };
  return { status: 200, body: JSON.stringify(Object.fromEntries(keys.map((key, index) => [key, `108-${index}`]))) };
}

const test = suite('purging Fastly, against its published API');
let service: Service;

test.before.each(async () => {
  service = await startService(answer);
});
test.after.each(() => service.close());

const fastly = (more: Partial<FastlyOptions> = {}) =>
  createFastly({
    name: 'cdn',
    service: SERVICE,
    token: TOKEN,
    soft: true,
    by: 'url',
    endpoint: service.url,
    publicUrl: new URL('https://www.example.org'),
    ...more,
  });
const keys = () => service.seen.map(({ body }) => (JSON.parse(body) as { surrogate_keys: string[] }).surrogate_keys);

test('by URL each path is one soft purge', async () => {
  const paths = ['/', '/a/', '/a', '/caf%C3%A9/'];
  assert.equal(await fastly().purge({ paths, prefixes: [] }, signal), { kind: 'done' });
  assert.equal(
    service.seen.map(({ path }) => path).sort(),
    paths.map((path) => `/purge/www.example.org${path}`).sort(),
  );
  assert.ok(service.seen.every(({ headers }) => headers['fastly-soft-purge'] === '1'));
});

test('a hard purge only where it is configured', async () => {
  assert.equal(await fastly({ soft: false }).purge({ paths: ['/'], prefixes: [] }, signal), { kind: 'done' });
  assert.is(service.seen[0]?.headers['fastly-soft-purge'], undefined);
});

test('by key all spellings of a page are one key, and keys go in batches', async () => {
  const { limit, purge } = fastly({ by: 'key' });
  const pages = Array.from({ length: limit.paths / 2 }, (_, index) => [`/${index}/`, `/${index}`]).flat();
  assert.equal(await purge({ paths: pages, prefixes: [] }, signal), { kind: 'done' });
  assert.equal(keys().flat().sort(), pages.filter((path) => path.endsWith('/')).sort());
  assert.is(service.seen.length, 5);
  assert.ok(service.seen.every(({ headers }) => headers['fastly-soft-purge'] === '1'));
});

test('everything is never soft by URL, and soft by the key that every object has', async () => {
  assert.equal(await fastly().purge('everything', signal), { kind: 'done' });
  assert.is(service.seen[0]?.path, `/service/${SERVICE}/purge_all`);
  service.seen.length = 0;
  assert.equal(await fastly({ by: 'key' }).purge('everything', signal), { kind: 'done' });
  assert.equal(keys(), [['holdfast']]);
  assert.is(service.seen[0]?.headers['fastly-soft-purge'], '1');
});

test('a wrong token is told, without the token', async () => {
  const error = await failureOf(fastly({ token: 'wrong-token' }).purge({ paths: ['/'], prefixes: [] }, signal));
  assert.is(error.message, 'cdn: answered 403: {"msg":"You are not authorized to perform this action"}');
  assert.not.match(`${error.message}${error.hint}`, 'wrong-token');
});

test('a rate limit ends it: no more than what was under way is sent after it', async () => {
  service.next.push({ status: 429, body: '{"msg":"Exceeded rate limit"}', headers: { 'retry-after': '30' } });
  const paths = Array.from({ length: 300 }, (_, index) => `/${index}/`);
  const { kind, ...rest } = await fastly().purge({ paths, prefixes: [] }, signal);
  assert.is(kind, 'later');
  assert.equal(rest, { why: 'cdn: answered 429: {"msg":"Exceeded rate limit"}', waitMs: 30_000 });
  assert.ok(service.seen.length < 20, `${service.seen.length} calls`);
});

test.run();
