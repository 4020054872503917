import type { IncomingHttpHeaders } from 'node:http';
import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { suite } from '../support/suite.ts';
import { clientFor, closeAll, drain, failureOf, look, serve, serveRaw, wait } from './rig.ts';

const test = suite('a look');
test.after.each(closeAll);

/** A server that keeps the headers of each request. */
async function serveRecording(headers: Record<string, string | string[]> = {}, status = 200) {
  const seen: IncomingHttpHeaders[] = [];
  const rig = await serve((request, response) => {
    seen.push(request.headers);
    response.writeHead(status, headers).end(status === 304 ? undefined : 'a page');
  });
  return { ...rig, url: rig.url, seen };
}

test('says who asks, what it takes, and nothing about anybody', async () => {
  const { url, seen } = await serveRecording();
  await look(clientFor(url), '/');
  const { host, connection, accept, ...rest } = seen[0] ?? {};
  assert.equal(rest, { 'user-agent': 'Holdfast/1.2.3 (+https://www.example.org)', 'accept-encoding': 'gzip' });
  assert.is(`http://${host}`, url);
  assert.is(connection, 'keep-alive');
  assert.match(accept ?? '', /^text\/html/);
});

test('never sends a cookie back, whatever was set', async () => {
  const cookies = ['PHPSESSID=1; path=/', 'wordpress_logged_in=2; path=/; HttpOnly'];
  const { url, seen } = await serveRecording({ 'set-cookie': cookies });
  const origin = clientFor(url);
  for (const address of ['/a', '/b', '/a']) {
    const answer = await look(origin, address);
    assert.equal(answer.kind === 'body' && answer.headers.setCookies, cookies);
  }
  const moved = await serveRecording({ 'set-cookie': 'a=1', location: '/next' }, 302);
  await failureOf(look(clientFor(moved.url), '/', { accept: 'asset', follow: true }));
  assert.is(moved.seen.length, 2);
  assert.is([...seen, ...moved.seen].filter(({ cookie }) => cookie !== undefined).length, 0);
});

for (const name of ['Cookie', 'HOST', 'accept-encoding', 'If-None-Match', 'range']) {
  test(`does not let ${name} be configured`, () => {
    assert.throws(
      () => clientFor('http://127.0.0.1', { headers: { [name]: 'x' } }),
      (error: unknown) => isHoldfastError(error, 'config-invalid') && error.message.includes(name.toLowerCase()),
    );
  });
}

test('sends the configured headers and Host', async () => {
  const { url, seen } = await serveRecording();
  await look(clientFor(url, { headers: { Authorization: 'Basic eHg=' }, host: 'www.example.org' }), '/');
  assert.is(seen[0]?.authorization, 'Basic eHg=');
  assert.is(seen[0]?.host, 'www.example.org');
});

test('asks with the validators it was given, and tells an unchanged page', async () => {
  const { url, seen } = await serveRecording({}, 304);
  const origin = clientFor(url);
  const validators = { etag: 'W/"6b00"', lastModified: 'Sat, 21 Nov 2026 01:21:21 GMT' };
  assert.equal(await look(origin, '/', { validators }), { kind: 'unchanged' });
  assert.equal(await look(origin, '/', { validators: { etag: '"x"' } }), { kind: 'unchanged' });
  assert.is(seen[0]?.['if-none-match'], validators.etag);
  assert.is(seen[0]?.['if-modified-since'], validators.lastModified);
  assert.is(seen[1]?.['if-modified-since'], undefined);
});

test('does not believe in "unchanged" where it had nothing to compare', async () => {
  const { url, seen } = await serveRecording({}, 304);
  const answer = await look(clientFor(url), '/', { validators: {} });
  assert.is(answer.kind === 'status' && answer.status, 304);
  assert.is(seen[0]?.['if-none-match'], undefined);
});

test('hands over the headers and the date of the origin', async () => {
  const { url } = await serveRecording({
    ETag: '"1"',
    'x-robots-tag': ['a', 'b'],
    date: 'Sat, 21 Nov 2026 01:21:21 GMT',
  });
  const answer = await look(clientFor(url), '/');
  assert.ok(answer.kind === 'body');
  assert.is(answer.headers.get('etag'), '"1"');
  assert.is(answer.headers.get('X-Robots-Tag'), 'a, b');
  assert.is(answer.headers.get('x-missing'), undefined);
  assert.is(answer.headers.date, Date.UTC(2026, 10, 21, 1, 21, 21));
});

test('hands over the first 64 KB of an answer that is no page', async () => {
  const server = await serve((request, response) => {
    response.writeHead(Number(request.url?.slice(1))).end(Buffer.alloc(200_000, 'e'));
  });
  for (const status of [201, 400, 401, 403, 404, 410, 418]) {
    const answer = await look(clientFor(server.url), `/${status}`);
    assert.ok(answer.kind === 'status' && answer.status === status);
    assert.is(answer.bytes.length, 65_536);
  }
});

test('an empty answer is an answer', async () => {
  for (const status of [200, 204]) {
    const server = await serve((_request, response) => response.writeHead(status).end());
    const answer = await look(clientFor(server.url), '/');
    assert.ok((answer.kind === 'body' || answer.kind === 'status') && answer.bytes.length === 0);
  }
});

test('passes the query on', async () => {
  const server = await serve((request, response) => response.end(request.url));
  const answer = await look(clientFor(server.url), '/style.css', { query: 'ver=6.1&x=%20' });
  assert.is(answer.kind === 'body' && answer.bytes.toString(), '/style.css?ver=6.1&x=%20');
});

test('throws what the sink threw, and is ready for the next look', async () => {
  const { url } = await serveRecording();
  const origin = clientFor(url, { concurrency: 1 });
  const sink = async () => {
    throw new Error('no room');
  };
  assert.is(await failureOf(look(origin, '/', { sink })), 'Error: no room');
  assert.is((await look(origin, '/')).kind, 'body');
});

test('a sink that does not read to the end has not stored the page', async () => {
  const { url } = await serveRecording();
  const sink = async () => ({ sha256: '0'.repeat(64), size: 0 });
  assert.is(await failureOf(look(clientFor(url), '/', { sink })), 'origin-cut');
});

const serveSlowly = (ms: number) => {
  const asked: string[] = [];
  const rig = serve((request, response) => {
    asked.push(request.url ?? '');
    setTimeout(() => response.end(`${asked.length}`), ms);
  });
  return rig.then(({ url }) => ({ url, asked }));
};

test('one page asked for many times at once is one request', async () => {
  const { url, asked } = await serveSlowly(100);
  const origin = clientFor(url, { concurrency: 8 });
  const answers = await Promise.all(Array.from({ length: 20 }, () => look(origin, '/hot/')));
  assert.equal(asked, ['/hot/']);
  assert.is(origin.requests, 1);
  assert.ok(answers.every((answer) => answer.kind === 'body' && answer.bytes.toString() === '1'));
  await look(origin, '/hot/');
  assert.is(origin.requests, 2);
});

test('what requests take is added up, of those that fail too, and begins anew with each run', async () => {
  const server = await serve((request, response) => {
    setTimeout(() => (request.url === '/cut' ? response.destroy() : response.end('x')), 120);
  });
  const origin = clientFor(server.url, { concurrency: 2 });
  assert.is(origin.waited, 0);
  await Promise.all([look(origin, '/a'), look(origin, '/cut').catch(() => undefined)]);
  assert.ok(origin.waited >= 230 && origin.waited < 20_000, `${origin.waited} ms`);
  origin.newRun();
  assert.is(origin.waited, 0);
});

test('looks that want another answer of the same page wait for the first', async () => {
  let atOnce = 0;
  let most = 0;
  const server = await serve((_request, response) => {
    most = Math.max(most, ++atOnce);
    setTimeout(() => {
      atOnce -= 1;
      response.end('x');
    }, 50);
  });
  const origin = clientFor(server.url, { concurrency: 8 });
  const wishes = [{}, { accept: 'asset' }, { validators: { etag: '"1"' } }, { sink: drain }, { follow: true }] as const;
  const answers = await Promise.all(wishes.map((over) => look(origin, '/', over)));
  assert.is(answers.filter(({ kind }) => kind === 'body').length, 5);
  assert.is(most, 1);
  assert.is(origin.requests, 5);
});

test('pages that differ in their query are two pages', async () => {
  const { url, asked } = await serveSlowly(50);
  const origin = clientFor(url);
  await Promise.all([
    look(origin, '/a', { query: 'ver=1' }),
    look(origin, '/a', { query: 'ver=2' }),
    look(origin, '/a'),
  ]);
  assert.equal(asked.sort(), ['/a', '/a?ver=1', '/a?ver=2']);
});

test('one who waits for the look of another is not ended by the signal of that other', async () => {
  const { url } = await serveSlowly(150);
  const origin = clientFor(url);
  const controller = new AbortController();
  const first = failureOf(look(origin, '/', { signal: controller.signal }));
  const second = look(origin, '/');
  setTimeout(() => controller.abort(new Error('enough')), 50);
  assert.is(await first, 'Error: enough');
  assert.is((await second).kind, 'body');
});

test('one who waits for the look of another is ended by its own signal, and the other goes on', async () => {
  const { url } = await serveSlowly(150);
  const origin = clientFor(url);
  const controller = new AbortController();
  const first = look(origin, '/');
  const second = failureOf(look(origin, '/', { signal: controller.signal }));
  setTimeout(() => controller.abort(new Error('enough')), 50);
  assert.is(await second, 'Error: enough');
  assert.is((await first).kind, 'body');
  assert.is(origin.requests, 1);
});

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('a kept connection that the server has closed is replaced once, unseen', async () => {
  const server = await serveRaw((socket, { nth }) => (nth === 1 ? socket.write(OK) : socket.destroy()));
  const origin = clientFor(server.url);
  assert.is((await look(origin, '/a')).kind, 'body');
  assert.is((await look(origin, '/b')).kind, 'body');
  assert.is(origin.requests, 3);
});

test('a kept connection that breaks within the answer is not tried again', async () => {
  const server = await serveRaw((socket, { nth }) => {
    if (nth === 1) socket.write(OK);
    else socket.end(OK.slice(0, -1));
  });
  const origin = clientFor(server.url);
  await look(origin, '/a');
  assert.is(await failureOf(look(origin, '/b')), 'origin-cut');
  assert.is(origin.requests, 2);
});

test('a new connection that breaks is not tried again, and neither is the replacement of a kept one', async () => {
  const server = await serveRaw((socket, { nth, connection }) => {
    if (connection === 1 && nth === 1) socket.write(OK);
    else socket.destroy();
  });
  const origin = clientFor(server.url);
  await look(origin, '/a');
  assert.is(await failureOf(look(origin, '/b')), 'origin-unreachable');
  assert.is(origin.requests, 3);
  assert.is(await failureOf(look(origin, '/c')), 'origin-unreachable');
  assert.is(origin.requests, 4);
});

test('connections are kept between looks', async () => {
  const server = await serve((_request, response) => response.end('x'));
  const origin = clientFor(server.url, { concurrency: 2 });
  for (let i = 0; i < 20; i += 1) await look(origin, `/${i}`);
  assert.is(server.connections, 1);
  await Promise.all(Array.from({ length: 20 }, (_, i) => look(origin, `/${i}`)));
  assert.is(server.connections, 2);
});

test('a port where nobody listens is an origin out of reach, said in one line with the address', async () => {
  const server = await serve(() => {});
  await server.close();
  try {
    await look(clientFor(server.url), '/news/');
    assert.unreachable();
  } catch (error) {
    assert.ok(isHoldfastError(error, 'origin-unreachable'));
    assert.is(error.message, `GET /news/: 127.0.0.1:${server.port} refused the connection`);
  }
  await wait(0);
});

test.run();
