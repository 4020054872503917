// waits: for turns
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import type { Origin } from '../../src/origin/client.ts';
import { suite } from '../support/suite.ts';
import { clientFor, closeAll, failureOf, look, serve, serveRaw, wait } from './rig.ts';

const test = suite('politeness, as the server sees it');
test.after.each(closeAll);

/** A server that keeps when each request came and how many were with it. */
async function serveWatched(answer: (request: IncomingMessage, response: ServerResponse, nth: number) => void) {
  const arrivals: { at: number; atOnce: number }[] = [];
  let atOnce = 0;
  const rig = await serve((request, response) => {
    atOnce += 1;
    arrivals.push({ at: performance.now(), atOnce });
    response.on('close', () => {
      atOnce -= 1;
    });
    answer(request, response, arrivals.length);
  });
  return { url: rig.url, arrivals };
}

const after = (ms: number, response: ServerResponse) => setTimeout(() => response.end('x'), ms);

const most = (arrivals: readonly { atOnce: number }[]) => Math.max(...arrivals.map(({ atOnce }) => atOnce));

const lookAtMany = (origin: Origin, count: number, prefix = 'p') =>
  Promise.all(Array.from({ length: count }, (_, i) => failureOf(look(origin, `/${prefix}${i}`))));

test('never more at once than configured', async () => {
  const { url, arrivals } = await serveWatched((_request, response) => after(15, response));
  await lookAtMany(clientFor(url, { concurrency: 3 }), 60);
  assert.is(arrivals.length, 60);
  assert.is(most(arrivals), 3);
});

test('never more a second than configured, evenly', async () => {
  const { url, arrivals } = await serveWatched((_request, response) => response.end());
  await lookAtMany(clientFor(url, { concurrency: 4, requestsPerSecond: 20 }), 31);
  const took = (arrivals.at(-1)?.at ?? 0) - (arrivals[0]?.at ?? 0);
  assert.ok(took >= 1450, `30 gaps took ${Math.round(took)} ms`);
  for (let i = 10; i < arrivals.length; i += 1) {
    const ten = (arrivals[i]?.at ?? 0) - (arrivals[i - 10]?.at ?? 0);
    assert.ok(ten >= 400, `ten gaps took ${Math.round(ten)} ms`);
  }
});

test('the configured defaults are two at once and five a second', async () => {
  const { url, arrivals } = await serveWatched((_request, response) => after(900, response));
  await lookAtMany(clientFor(url, { requestsPerSecond: 5 }), 4);
  assert.is(most(arrivals), 2);
  assert.ok((arrivals[1]?.at ?? 0) - (arrivals[0]?.at ?? 0) >= 180);
});

for (const status of [429, 503]) {
  test(`backs off when every third answer is ${status}`, async () => {
    const { url, arrivals } = await serveWatched((_request, response, nth) => {
      if (nth > 40 && nth % 3 === 0) response.writeHead(status);
      after(20, response);
    });
    const controller = new AbortController();
    const origin = clientFor(url, { concurrency: 8 });
    const looks = Array.from({ length: 400 }, (_, i) =>
      failureOf(look(origin, `/${i}`, { signal: controller.signal })),
    );
    await wait(1500);
    const late = performance.now();
    await wait(1000);
    controller.abort(new Error('enough'));
    await Promise.all(looks);
    assert.is(most(arrivals.slice(0, 40)), 8);
    const lately = arrivals.filter(({ at }) => at >= late);
    // 400 a second without backing off; a machine that is busy itself may be some way down yet.
    assert.ok(lately.length <= 40, `${lately.length} in the last second`);
    assert.is(origin.away, false);
  });
}

test('backs off when the origin takes three times as long as usual', async () => {
  const { url, arrivals } = await serveWatched((_request, response, nth) => after(nth <= 40 ? 50 : 400, response));
  const origin = clientFor(url, { concurrency: 4 });
  await lookAtMany(origin, 40, 'fast');
  assert.ok((origin.usual ?? 0) >= 45 && (origin.usual ?? 0) < 150, `usual ${origin.usual}`);
  await lookAtMany(origin, 14, 'slow');
  assert.is(most(arrivals.slice(0, 40)), 4);
  assert.ok(most(arrivals.slice(-3)) <= 2, `${most(arrivals.slice(-3))} at once`);
});

test('does not back off for assets that are faster than pages, nor pages that are slower than assets', async () => {
  const { url, arrivals } = await serveWatched((request, response) => after(request.url === '/a' ? 0 : 150, response));
  const origin = clientFor(url, { concurrency: 4 });
  for (let i = 0; i < 20; i += 1) await look(origin, '/a', { accept: 'asset' });
  await lookAtMany(origin, 16);
  assert.is(most(arrivals.slice(-8)), 4);
});

for (const [name, header] of [
  ['seconds', () => '1'],
  ['a date', () => new Date(Date.now() + 2000).toUTCString()],
] as const) {
  test(`waits as long as Retry-After says in ${name}, then goes on`, async () => {
    const { url, arrivals } = await serveWatched((_request, response, nth) => {
      if (nth === 1) response.writeHead(503, { 'retry-after': header() });
      response.end();
    });
    const origin = clientFor(url, { concurrency: 1 });
    const [first, second] = await Promise.all([look(origin, '/a'), look(origin, '/b')]);
    assert.is(first.kind === 'status' && first.status, 503);
    assert.is(second.kind, 'body');
    const gap = (arrivals[1]?.at ?? 0) - (arrivals[0]?.at ?? 0);
    assert.ok(gap >= 950 && gap < 4000, `${Math.round(gap)} ms`);
  });
}

test('Retry-After of ten minutes ends the look at once and says when to come back', async () => {
  const { url, arrivals } = await serveWatched((_request, response) =>
    response.writeHead(503, { 'retry-after': '600' }).end('maintenance'),
  );
  const clock = { now: () => Date.UTC(2026, 10, 21, 12), monotonic: () => performance.now(), sleep: wait };
  const origin = clientFor(url, { concurrency: 1 }, { clock });
  const answers = await Promise.allSettled([look(origin, '/a'), look(origin, '/b'), look(origin, '/c')]);
  const [first, second, third] = answers;
  assert.ok(first?.status === 'fulfilled' && first.value.kind === 'status');
  for (const refused of [second, third]) {
    assert.ok(refused?.status === 'rejected' && isHoldfastError(refused.reason, 'origin-away'));
    assert.match(refused.reason.message, '2026-11-21T12:10:00.000Z');
  }
  assert.is(origin.away, true);
  assert.is(arrivals.length, 1);
});

test('Retry-After with another status is not a request to wait', async () => {
  const { url } = await serveWatched((_request, response) => response.writeHead(404, { 'retry-after': '600' }).end());
  const origin = clientFor(url);
  await look(origin, '/');
  assert.is(origin.away, false);
});

/** Each way to fail, by what the server does with a request. */
const FAILURES: Readonly<Record<string, string>> = {
  500: 'HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
  429: 'HTTP/1.1 429 Slower\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
  cut: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab',
  dropped: '',
  timeout: 'hang',
};

for (const [name, said] of Object.entries(FAILURES)) {
  test(`five failures in a row end the look: ${name}`, async () => {
    let asked = 0;
    const server = await serveRaw((socket) => {
      asked += 1;
      if (said !== 'hang') socket.end(said);
    });
    const origin = clientFor(server.url, {
      concurrency: 1,
      requestsPerSecond: 100,
      deadline: name === 'timeout' ? 500 : 20_000,
    });
    const outcomes = await lookAtMany(origin, 12);
    assert.is(asked, 5);
    assert.is(origin.requests, 5);
    assert.is(origin.away, true);
    assert.equal(outcomes.slice(5), Array(7).fill('origin-away'));
    assert.is(outcomes.slice(0, 5).includes('origin-away'), false);
    assert.is(await failureOf(look(origin, '/later')), 'origin-away');
    assert.is(asked, 5);
  });
}

test('what is asked beside the pages has a row of failures of its own; pages that fail end both', async () => {
  const server = await serve((request, response) => response.writeHead(request.url === '/page' ? 200 : 500).end());
  const origin = clientFor(server.url, { concurrency: 1, requestsPerSecond: 0 });
  const asides = [];
  for (let nth = 0; nth < 7; nth++) asides.push(await failureOf(look(origin, `/list${nth}`, { aside: true })));
  assert.equal(asides.slice(5), ['origin-away', 'origin-away']);
  assert.equal([origin.away, origin.ease, origin.requests], [false, 1, 5]);
  assert.is(await failureOf(look(origin, '/page')), 'no failure');
  origin.newRun();
  for (let nth = 0; nth < 5; nth++) await failureOf(look(origin, `/broken${nth}`));
  assert.is(await failureOf(look(origin, '/list', { aside: true })), 'origin-away');
  assert.is(origin.requests, 5);
});

test('when the breaker opens, what waits is refused without waiting for what runs', async () => {
  const server = await serveRaw((socket, { path }) => {
    if (path !== '/hang') socket.end(FAILURES['500'] ?? '');
  });
  const origin = clientFor(server.url, { concurrency: 16 });
  const controller = new AbortController();
  const hanging = failureOf(look(origin, '/hang', { signal: controller.signal }));
  let ended = false;
  void hanging.then(() => {
    ended = true;
  });
  const outcomes = await lookAtMany(origin, 40);
  assert.ok(outcomes.filter((outcome) => outcome === 'origin-away').length >= 25);
  assert.is(ended, false);
  controller.abort(new Error('enough'));
  assert.is(await hanging, 'Error: enough');
});

for (const status of [200, 301, 403, 404, 410]) {
  test(`a ${status} between failures is a sign of life`, async () => {
    const server = await serve((request, response) => {
      const failing = Number(request.url?.slice(1)) % 5 !== 4;
      response.writeHead(failing ? 500 : status, { location: '/x' }).end();
    });
    const origin = clientFor(server.url, { concurrency: 1 }, { clock: hurried });
    for (let i = 0; i < 20; i += 1) await look(origin, `/${i}`);
    assert.is(origin.requests, 20);
    assert.is(origin.away, false);
  });
}

/** Real time, but nobody sleeps long. */
let skipped = 0;
const hurried = {
  now: () => Date.now(),
  monotonic: () => performance.now() + skipped,
  sleep: async (ms: number) => {
    skipped += ms;
  },
};

test('a page that is too large or packed twice is no failure of the origin', async () => {
  const server = await serve((request, response) => {
    if (request.url?.startsWith('/packed')) response.setHeader('content-encoding', 'gzip, gzip');
    response.end('x'.repeat(200));
  });
  const origin = clientFor(server.url, { maxPage: 100 });
  await lookAtMany(origin, 10, 'packed');
  await lookAtMany(origin, 10, 'large');
  assert.is(origin.requests, 20);
  assert.is(origin.away, false);
});

test('looks ended by their signal are no failures of the origin', async () => {
  const server = await serveRaw(() => {});
  const origin = clientFor(server.url, { concurrency: 10 });
  const controller = new AbortController();
  const looks = Array.from({ length: 10 }, (_, i) => failureOf(look(origin, `/${i}`, { signal: controller.signal })));
  await wait(100);
  controller.abort(new Error('enough'));
  assert.equal(await Promise.all(looks), Array(10).fill('Error: enough'));
  assert.is(origin.away, false);
});

test('starts from the usual time of earlier runs', async () => {
  const { url, arrivals } = await serveWatched((_request, response) => after(300, response));
  const origin = clientFor(url, { concurrency: 4 }, { usual: 20 });
  assert.is(origin.usual, 20);
  await lookAtMany(origin, 12);
  assert.is(most(arrivals.slice(0, 4)), 4);
  assert.ok(most(arrivals.slice(-2)) <= 2);
});

test.run();
