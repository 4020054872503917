import type { IncomingHttpHeaders } from 'node:http';
import * as assert from 'uvu/assert';
import type { OriginConfig } from '../../src/config/schema.ts';
import { suite } from '../support/suite.ts';
import { clientFor, closeAll, failureOf, look, serve } from './rig.ts';

const test = suite('redirects');
test.after.each(closeAll);

/** Each path answers with the Location it maps to; any other is a page that names its path. */
const serveMap = (locations: Readonly<Record<string, string>>, status = 302) =>
  serve((request, response) => {
    const location = locations[request.url ?? ''];
    if (location === undefined) return void response.end(`page ${request.url}`);
    response.writeHead(status, { location }).end('moved');
  });

const chain = (hops: number) =>
  Object.fromEntries(Array.from({ length: hops }, (_, i) => [`/${i}`, i + 1 === hops ? '/end' : `/${i + 1}`]));

for (const status of [301, 302, 303, 307, 308]) {
  test(`a ${status} is reported, not followed`, async () => {
    const server = await serveMap({ '/a': '/b?x=1#part' }, status);
    const origin = clientFor(server.url);
    assert.equal(await look(origin, '/a'), { kind: 'redirect', status, to: `${server.url}/b?x=1#part` });
    assert.is(origin.requests, 1);
  });
}

const TARGETS: readonly (readonly [string, (url: string) => string])[] = [
  ['https://elsewhere.example/x', () => 'https://elsewhere.example/x'],
  ['//elsewhere.example/x', () => 'http://elsewhere.example/x'],
  ['caf\u00c3\u00a9', (url) => `${url}/caf%C3%A9`],
  ['?page=2', (url) => `${url}/a?page=2`],
  ['ftp://elsewhere.example/x', () => 'ftp://elsewhere.example/x'],
];

for (const [location, to] of TARGETS) {
  test(`Location ${JSON.stringify(location)} is reported as an absolute URL`, async () => {
    const server = await serveMap({ '/a': location });
    assert.equal(await look(clientFor(server.url), '/a'), { kind: 'redirect', status: 302, to: to(server.url) });
  });
}

test('a redirect without a place to go to is a status', async () => {
  const server = await serve((request, response) => {
    response.writeHead(302, request.url === '/none' ? {} : { location: 'http://[' }).end('lost');
  });
  const origin = clientFor(server.url);
  for (const address of ['/none', '/broken']) {
    const answer = await look(origin, address);
    assert.ok(answer.kind === 'status' && answer.status === 302 && answer.bytes.toString() === 'lost');
  }
});

test('five hops are followed and each is counted', async () => {
  const server = await serveMap(chain(5));
  const origin = clientFor(server.url);
  const answer = await look(origin, '/0', { accept: 'asset', follow: true });
  assert.is(answer.kind === 'body' && answer.bytes.toString(), 'page /end');
  assert.is(origin.requests, 6);
});

test('six hops are refused without a seventh request', async () => {
  const server = await serveMap(chain(6));
  const origin = clientFor(server.url);
  assert.is(await failureOf(look(origin, '/0', { accept: 'asset', follow: true })), 'origin-redirects');
  assert.is(origin.requests, 6);
});

for (const [name, map] of [
  ['to itself', { '/0': '/0' }],
  ['between two', { '/0': '/1', '/1': '/0' }],
  ['that grows', Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`/${i}`, `/${i + 1}`]))],
] as const) {
  test(`a loop ${name} is refused within six requests`, async () => {
    const server = await serveMap(map);
    const origin = clientFor(server.url);
    assert.is(await failureOf(look(origin, '/0', { accept: 'asset', follow: true })), 'origin-redirects');
    assert.ok(origin.requests <= 6);
  });
}

for (const location of [
  'https://www.example.org/x?v=1',
  'http://old.example.org/x?v=1',
  'https://named.example.org/x?v=1',
]) {
  test(`${location} is the site itself, so it is asked for at the origin`, async () => {
    const server = await serveMap({ '/a': location });
    const origin = clientFor(server.url, { aliases: ['OLD.example.org'], host: 'named.example.org' });
    const answer = await look(origin, '/a', { accept: 'asset', follow: true });
    assert.is(answer.kind === 'body' && answer.bytes.toString(), 'page /x?v=1');
  });
}

const SECRET = { authorization: 'Basic c2VjcmV0', 'x-origin-key': 'secret' };

/** Where a redirect may try to take the credentials, given the other server's port and the origin's. */
const ELSEWHERE: readonly (readonly [string, (other: number, own: number) => string])[] = [
  ['another port', (other) => `http://127.0.0.1:${other}/caught`],
  ['another port, protocol-relative', (other) => `//127.0.0.1:${other}/caught`],
  ['another name of the machine', (other) => `http://localhost:${other}/caught`],
  ['another address of the machine', (other) => `http://127.0.0.2:${other}/caught`],
  ['another scheme', (_, own) => `https://127.0.0.1:${own}/caught`],
  ['the origin as user name', (other, own) => `http://127.0.0.1:${own}@127.0.0.1:${other}/caught`],
];

for (const follow of [true, false]) {
  for (const [name, target] of ELSEWHERE) {
    test(`credentials never reach ${name}, ${follow ? 'following' : 'not following'}`, async () => {
      const seen: IncomingHttpHeaders[] = [];
      const other = await serve((request, response) => {
        seen.push(request.headers);
        response.end('caught');
      });
      const own: IncomingHttpHeaders[] = [];
      const server = await serve((request, response) => {
        own.push(request.headers);
        response.writeHead(302, { location: target(other.port, Number(request.socket.localPort)) }).end();
      });
      const origin = clientFor(server.url, { headers: SECRET } satisfies Partial<OriginConfig>);
      const outcome = await failureOf(look(origin, '/', { accept: 'asset', follow }));
      assert.is(outcome, follow ? 'origin-redirects' : 'no failure');
      assert.is(other.connections, 0);
      assert.equal(seen, []);
      assert.is(own.length, 1);
      assert.is(own[0]?.authorization, SECRET.authorization);
      assert.is(own[0]?.['x-origin-key'], SECRET['x-origin-key']);
    });
  }
}

test('credentials are sent again where a redirect stays on the origin', async () => {
  const seen: (string | undefined)[] = [];
  const server = await serve((request, response) => {
    seen.push(request.headers.authorization);
    if (request.url === '/a') response.writeHead(302, { location: `http://user:word@${request.headers.host}/b` });
    response.end();
  });
  await look(clientFor(server.url, { headers: SECRET }), '/a', { accept: 'asset', follow: true });
  assert.equal(seen, [SECRET.authorization, SECRET.authorization]);
});

test('a redirect to a page that is being looked at waits for that look', async () => {
  let atOnce = 0;
  let most = 0;
  const server = await serve((request, response) => {
    if (request.url === '/a') return void response.writeHead(302, { location: '/b' }).end();
    atOnce += 1;
    most = Math.max(most, atOnce);
    setTimeout(() => {
      atOnce -= 1;
      response.end('b');
    }, 150);
  });
  const origin = clientFor(server.url, { concurrency: 4 });
  const answers = await Promise.all([look(origin, '/b'), look(origin, '/a', { accept: 'asset', follow: true })]);
  assert.equal(
    answers.map(({ kind }) => kind),
    ['body', 'body'],
  );
  assert.is(most, 1);
});

test.run();
