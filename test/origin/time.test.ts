// waits: for limits to pass
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { clientFor, closeAll, drain, failureOf, look, serveRaw, wait } from './rig.ts';

const test = suite('the time a look may take');
test.after.each(closeAll);

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n';

/** A server that says `first` at once and then a byte every `every` ms. */
const serveDrip = (first: string, every: number) =>
  serveRaw((socket) => {
    socket.write(first);
    const timer = setInterval(() => socket.write('x'), every);
    socket.on('close', () => clearInterval(timer));
  });

/** Milliseconds that the look took to fail with the expected code. */
async function failing(looking: Promise<unknown>, code: string): Promise<number> {
  const began = performance.now();
  assert.is(await failureOf(looking), code);
  return performance.now() - began;
}

const between = (value: number, least: number, most: number) =>
  assert.ok(value >= least && value <= most, `took ${Math.round(value)} ms`);

// The first look of a process loads and compiles what it is made of, which takes a busy machine a second or two.
test.before(async () => {
  const server = await serveRaw((socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
  await look(clientFor(server.url), '/');
  await closeAll();
});

for (const [reader, over] of [
  ['in memory', {}],
  ['streamed', { sink: drain }],
] as const) {
  test(`a body that drips is cut at the deadline, ${reader}`, async () => {
    const server = await serveDrip(HEAD, 50);
    const origin = clientFor(server.url, { deadline: 600, idle: 400 });
    between(await failing(look(origin, '/', over), 'origin-timeout'), 580, 1600);
  });

  test(`a body that stops is cut at the idle limit, ${reader}`, async () => {
    const server = await serveRaw((socket) => socket.write(`${HEAD}some`));
    const origin = clientFor(server.url, { deadline: 10_000, idle: 300 });
    between(await failing(look(origin, '/', over), 'origin-timeout'), 280, 1300);
  });

  test(`the signal ends a running look at once with its reason, ${reader}`, async () => {
    const server = await serveDrip(HEAD, 50);
    const controller = new AbortController();
    const looking = look(clientFor(server.url), '/', { ...over, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 150);
    between(await failing(looking, 'Error: enough'), 100, 1000);
  });
}

test('headers that drip are cut at the deadline', async () => {
  const server = await serveDrip('HTTP/1.1 200 OK\r\nX-Long: ', 50);
  const origin = clientFor(server.url, { deadline: 500, idle: 200 });
  between(await failing(look(origin, '/'), 'origin-timeout'), 480, 1500);
});

test('an origin that takes the request and says nothing is cut at the deadline', async () => {
  const server = await serveRaw(() => {});
  const origin = clientFor(server.url, { deadline: 400, idle: 100 });
  between(await failing(look(origin, '/'), 'origin-timeout'), 380, 1400);
});

test('a page that is thought over for longer than the idle limit is not cut', async () => {
  const server = await serveRaw(async (socket) => {
    await wait(400);
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  const answer = await look(clientFor(server.url, { deadline: 5000, idle: 100 }), '/');
  assert.is(answer.kind, 'body');
});

test('the text beside a redirect or an error is under the same limits', async () => {
  for (const head of ['302 Found\r\nLocation: /b', '404 Not Found']) {
    const server = await serveDrip(`HTTP/1.1 ${head}\r\nContent-Length: 100000\r\n\r\n`, 50);
    const origin = clientFor(server.url, { deadline: 400, idle: 300 });
    between(await failing(look(origin, '/'), 'origin-timeout'), 380, 1400);
  }
});

test('a packed body that stops is cut too', async () => {
  const packed = gzipSync(Buffer.alloc(200_000, 'text'));
  const server = await serveRaw((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`);
    socket.write(packed.subarray(0, 200));
  });
  const origin = clientFor(server.url, { deadline: 10_000, idle: 250 });
  between(await failing(look(origin, '/', { sink: drain }), 'origin-timeout'), 230, 1250);
});

test('silence is not counted while the sink is the slow one', async () => {
  const body = Buffer.alloc(400_000, 'x');
  const server = await serveRaw((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body);
  });
  const origin = clientFor(server.url, { deadline: 20_000, idle: 150 });
  let waited = 0;
  const sink = async (chunks: AsyncIterable<Buffer>) => {
    async function* slowly() {
      for await (const chunk of chunks) {
        if (waited++ < 2) await wait(400);
        yield chunk;
      }
    }
    return drain(slowly());
  };
  const answer = await look(origin, '/', { sink });
  assert.is(answer.kind === 'body' && answer.stored?.size, body.length);
  assert.ok(waited > 2);
});

test('the default limits are 20 seconds and 5 seconds', async () => {
  const server = await serveDrip(HEAD, 1000);
  const origin = clientFor(server.url, { concurrency: 2 });
  const silent = await serveRaw((socket) => socket.write(`${HEAD}some`));
  const [drip, idle] = await Promise.all([
    failing(look(origin, '/'), 'origin-timeout'),
    failing(look(clientFor(silent.url), '/'), 'origin-timeout'),
  ]);
  between(drip, 19_000, 21_500);
  between(idle, 4_500, 6_500);
});

test('a queued look is ended by its signal, and the deadline does not run in the queue', async () => {
  const server = await serveRaw(async (socket, { path }) => {
    await wait(path === '/first' ? 600 : 0);
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  const origin = clientFor(server.url, { concurrency: 1, deadline: 900 });
  const controller = new AbortController();
  const first = look(origin, '/first');
  const second = look(origin, '/second', { signal: controller.signal });
  const others = Promise.all([look(origin, '/third'), look(origin, '/fourth')]);
  setTimeout(() => controller.abort(new Error('enough')), 50);
  between(await failing(second, 'Error: enough'), 0, 500);
  assert.is((await first).kind, 'body');
  assert.equal(
    (await others).map(({ kind }) => kind),
    ['body', 'body'],
  );
  assert.is(origin.requests, 3);
});

test('a signal that was aborted before asks nothing', async () => {
  const server = await serveRaw((socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
  const origin = clientFor(server.url);
  assert.is(await failureOf(look(origin, '/', { signal: AbortSignal.abort(new Error('before')) })), 'Error: before');
  assert.is(origin.requests, 0);
});

test('close ends what runs and what waits, and nothing is asked after it', async () => {
  const server = await serveRaw(() => {});
  const origin = clientFor(server.url, { concurrency: 1 });
  const ends = Promise.all([failureOf(look(origin, '/a')), failureOf(look(origin, '/b'))]);
  await wait(100);
  await origin.close();
  assert.equal(await ends, ['interrupted', 'interrupted']);
  assert.is(await failureOf(look(origin, '/c')), 'interrupted');
  assert.is(origin.requests, 1);
});

test.run();
