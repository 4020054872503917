import { once } from 'node:events';
import { createServer } from 'node:net';
import * as assert from 'uvu/assert';
import { CALL_DEADLINE_MS, type PurgeAnswer } from '../../src/publish/purger.ts';
import { call, judge, pieces, takeAll } from '../../src/publish/purgers/call.ts';
import { freePort } from '../support/ports.ts';
import { suite } from '../support/suite.ts';
import { failureOf, type Service, startService } from './service.ts';

const test = suite('a call to a cache');
const never = new AbortController().signal;
let service: Service;

test.before.each(async () => {
  service = await startService(() => ({ status: 200, body: 'fine' }));
});
test.after.each(() => service.close());

const get = (url: string, signal = never) => call('cdn', { method: 'GET', url: new URL(url), headers: {} }, signal);

/** Runs `work` with a deadline that is over at once; gives the deadline that was asked for. */
async function withoutPatience(work: () => Promise<void>): Promise<number> {
  const { timeout } = AbortSignal;
  let asked = 0;
  AbortSignal.timeout = (ms) => {
    asked = ms;
    return timeout.call(AbortSignal, 100);
  };
  try {
    await work();
  } finally {
    AbortSignal.timeout = timeout;
  }
  return asked;
}

test('the answer comes whole', async () => {
  const { status, text } = await get(service.url);
  assert.equal([status, text], [200, 'fine']);
});

test('a service that never answers, and one that never ends, are left after the deadline', async () => {
  const asked = await withoutPatience(async () => {
    service.next.push(undefined);
    assert.is((await failureOf(get(service.url))).message, 'cdn: no answer within 10 s');
    const dripping = createServer((socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na');
    });
    dripping.listen(0, '127.0.0.1');
    await once(dripping, 'listening');
    const address = dripping.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    assert.is((await failureOf(get(`http://127.0.0.1:${port}`))).message, 'cdn: no answer within 10 s');
    dripping.close();
  });
  assert.is(asked, CALL_DEADLINE_MS);
  assert.is(CALL_DEADLINE_MS, 10_000);
});

test('a service that is not there is told by name', async () => {
  const error = await failureOf(get(`http://127.0.0.1:${await freePort()}`));
  assert.is(error.code, 'purge-failed');
  assert.match(error.message, /^cdn: connect ECONNREFUSED 127\.0\.0\.1/);
});

test('an answer without end is cut off', async () => {
  service.next.push({ status: 200, body: 'x'.repeat(1_000_000) });
  assert.match((await failureOf(get(service.url))).message, 'an answer of more than 65536 bytes');
});

test('a redirect is not followed: it is an answer', async () => {
  service.next.push({ status: 302, headers: { location: `${service.url}/elsewhere` } });
  const answer = await get(service.url);
  assert.is(answer.status, 302);
  assert.throws(() => judge('cdn', answer), /cdn: answered 302/);
  assert.is(service.seen.length, 1);
});

test('an aborted run ends its calls with its own reason', async () => {
  const controller = new AbortController();
  service.next.push(undefined);
  const reason = new Error('stopped by hand');
  setTimeout(() => controller.abort(reason), 50);
  assert.is(await get(service.url, controller.signal).catch((error: unknown) => error), reason);
  assert.is(await get(service.url, controller.signal).catch((error: unknown) => error), reason);
  assert.is(service.seen.length, 1, 'nothing is sent after that');
});

test('what a stranger says comes out on one short line', () => {
  const text = `no\n\u001b[31mred\u001b[0m ${'x'.repeat(500)}`;
  assert.throws(
    () => judge('cdn', { status: 500, headers: {}, text }),
    (error: Error) =>
      /^cdn: answered 500: no \[31mred \[0m x{100,}…$/.test(error.message) && error.message.length < 230,
  );
});

test('a wait may be told in seconds or as a date of the service’s own clock', () => {
  const later = (headers: Record<string, string>) => judge('cdn', { status: 503, headers, text: '' });
  assert.equal(later({ 'retry-after': '5' }), { kind: 'later', why: 'cdn: answered 503', waitMs: 5000 });
  const date = { date: 'Wed, 02 Feb 2000 09:00:00 GMT', 'retry-after': 'Wed, 02 Feb 2000 09:01:00 GMT' };
  assert.equal(later(date), { kind: 'later', why: 'cdn: answered 503', waitMs: 60_000 });
  assert.equal(later({ 'retry-after': 'soon' }), { kind: 'later', why: 'cdn: answered 503' });
});

test('steps are taken a few at once, until one ends it', async () => {
  let under = 0;
  let most = 0;
  const step = async (one: number): Promise<PurgeAnswer> => {
    most = Math.max(most, ++under);
    await new Promise((resolve) => setTimeout(resolve, 1));
    under--;
    if (one === 90) throw new Error('broken');
    return one === 20 ? { kind: 'later', why: 'enough' } : { kind: 'done' };
  };
  const list = Array.from({ length: 100 }, (_, index) => index);
  assert.equal(await takeAll(list, 3, step), { kind: 'later', why: 'enough' });
  assert.is(most, 3);
  assert.equal(await takeAll(list.slice(21, 90), 3, step), { kind: 'done' });
  assert.is(await takeAll(list.slice(21), 3, step).catch((error: Error) => error.message), 'broken');
  assert.equal(
    pieces(list, 40).map((piece) => piece.length),
    [40, 40, 20],
  );
  assert.equal(pieces([], 40), []);
});

test.run();
