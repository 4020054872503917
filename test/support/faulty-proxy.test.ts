import { createHash } from 'node:crypto';
import { Agent, createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import * as assert from 'uvu/assert';
import { clientOf, openBucket } from './ceph.ts';
import { always, type FaultyProxy, firstOf, startFaultyProxy } from './faulty-proxy.ts';
import {
  after,
  before,
  conflict,
  cutAnswer,
  cutRequest,
  delay,
  neverAnswered,
  neverForwarded,
  pause,
  preconditionFailed,
  serverError,
  slowDown,
} from './proxy-faults.ts';
import { suite } from './suite.ts';

/** What the upstream has of a body when its connection ends, well or not. */
interface Arrival {
  readonly method: string | undefined;
  readonly headers: readonly string[];
  readonly bytes: number;
  readonly whole: boolean;
}

interface Context {
  proxy: FaultyProxy;
  /** Requests that came to the upstream, in the order they ended. */
  arrivals: Arrival[];
  /** Connections the upstream ever had. */
  connections(): number;
  agent: Agent;
  close(): Promise<void>;
}

const LARGE = Buffer.alloc(3_000_000, 'tide ');
const sha = (body: Buffer) => createHash('sha256').update(body).digest('hex');

/** An upstream that keeps nothing: it answers with the hash of what it got; `/large` gives the large body. */
async function startContext(): Promise<Context> {
  const arrivals: Arrival[] = [];
  let connections = 0;
  const server = createServer((incoming, outgoing) => {
    const hash = createHash('sha256');
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      bytes += chunk.length;
    });
    incoming.on('error', () => {}); // cut: `close` counts it
    incoming.on('close', () => {
      arrivals.push({ method: incoming.method, headers: incoming.rawHeaders, bytes, whole: incoming.complete });
    });
    incoming.on('end', () => {
      const body = incoming.url === '/large' ? LARGE : hash.digest('hex');
      outgoing
        .writeHead(200, ['ETag', '"x"', 'X-Two', 'a', 'X-Two', 'b', 'Content-Length', `${body.length}`])
        .end(body);
    });
  }).on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await startFaultyProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const agent = new Agent({ keepAlive: true });
  const close = async () => {
    agent.destroy();
    await proxy.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { proxy, arrivals, connections: () => connections, agent, close };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Sent {
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer;
  readonly timeoutMs?: number;
}

function send({ proxy, agent }: Context, path: string, sent: Sent = {}): Promise<Answer> {
  const { body = Buffer.alloc(0), timeoutMs = 5_000 } = sent;
  const { host } = new URL(proxy.url);
  const headers = ['Host', host, 'Content-Length', `${body.length}`, ...(sent.headers ?? [])];
  return new Promise((resolve, reject) => {
    const method = sent.method ?? (body.length > 0 ? 'PUT' : 'GET');
    const options = { method, path, agent, headers, signal: AbortSignal.timeout(timeoutMs) };
    const outgoing = request(proxy.url, options, (incoming) => {
      const { statusCode: status } = incoming;
      incoming
        .toArray()
        .then((all) => resolve({ status, headers: incoming.headers, body: Buffer.concat(all) }), reject);
    });
    outgoing.once('error', reject).end(body);
  });
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'answered',
    (error: NodeJS.ErrnoException) => error.code ?? error.name,
  );

const test = suite<Context>('the faulty proxy');

test.before(async (context) => {
  Object.assign(context, await startContext());
});

test.before.each(({ proxy, arrivals }) => {
  proxy.restart();
  arrivals.length = 0;
});

test.after((context) => context.close?.());

test('passes on bodies and headers as they came, both ways', async (context) => {
  const signed = ['X-Amz-Meta-One', '1', 'x-amz-meta-one', '2', 'If-Match', '"abc"'];
  const answer = await send(context, '/a%20b?list-type=2&prefix=%C3%BC', { headers: signed, body: LARGE });
  assert.equal([answer.status, answer.body.toString()], [200, sha(LARGE)]);
  assert.is(answer.headers['x-two'], 'a, b');
  const host = new URL(context.proxy.url).host;
  const came = context.arrivals[0]?.headers.slice(0, 10);
  assert.equal(came, ['Host', host, 'Content-Length', `${LARGE.length}`, ...signed]);
  assert.is(sha((await send(context, '/large')).body), sha(LARGE));
});

test('numbers and records requests', async (context) => {
  await send(context, '/x?y=1', { headers: ['If-None-Match', '*'], body: Buffer.from('12345') });
  context.proxy.on(2, serverError());
  await send(context, '/z', { method: 'DELETE' });
  const seen = context.proxy.requests.map(({ headers, ...rest }) => ({ ...rest, condition: headers['if-none-match'] }));
  assert.equal(seen, [
    { n: 1, method: 'PUT', path: '/x?y=1', faults: [], status: 200, sent: 5, received: 64, condition: '*' },
    {
      ...{ n: 2, method: 'DELETE', path: '/z', faults: ['500 InternalError'], status: 500 },
      ...{ sent: 0, received: 0, condition: undefined },
    },
  ]);
  assert.is(context.arrivals.length, 1);
});

test('answers as S3 does when it is in trouble', async (context) => {
  for (const [at, fault] of [serverError(), slowDown(), conflict(), preconditionFailed()].entries())
    context.proxy.on(at + 1, fault);
  const answers = [];
  for (let at = 0; at < 4; at += 1) answers.push(await send(context, '/', { body: LARGE }));
  assert.equal(
    answers.map(({ status, body }) => [status, /<Code>(.*)<\/Code>/.exec(body.toString())?.[1]]),
    [
      [500, 'InternalError'],
      [503, 'SlowDown'],
      [409, 'ConditionalRequestConflict'],
      [412, 'PreconditionFailed'],
    ],
  );
  assert.is(context.arrivals.length, 0);
  assert.is((await send(context, '/')).status, 200);
});

test('picks requests by what they are, as often as told', async (context) => {
  context.proxy.on(
    firstOf((seen) => seen.path.endsWith('control.json') && seen.method === 'PUT', 2),
    slowDown(),
  );
  const statuses = [];
  for (const path of ['/a', '/control.json', '/control.json', '/control.json'])
    statuses.push((await send(context, path, { body: Buffer.from('x') })).status);
  assert.equal(statuses, [200, 503, 503, 200]);
});

test('loses a request before its effect, or the answer after it', async (context) => {
  const ran: number[] = [];
  const run = ({ n }: { n: number }) => void ran.push(n);
  context.proxy.on(1, neverForwarded(run));
  context.proxy.on(2, neverAnswered(run));
  const body = Buffer.from('x');
  assert.is(await codeOf(send(context, '/', { body, timeoutMs: 150 })), 'ABORT_ERR');
  assert.is(context.arrivals.length, 0);
  assert.is(await codeOf(send(context, '/', { body, timeoutMs: 500 })), 'ABORT_ERR');
  assert.equal(
    context.arrivals.map(({ whole }) => whole),
    [true],
  );
  assert.equal(ran, [1, 2]);
});

test('resets in the middle of a body', async (context) => {
  context.proxy.on(1, cutRequest());
  context.proxy.on(2, cutAnswer());
  context.proxy.on(3, cutRequest());
  assert.is(await codeOf(send(context, '/', { body: LARGE })), 'ECONNRESET');
  await until(() => context.arrivals.length === 1);
  assert.equal([context.arrivals[0]?.whole, context.arrivals[0]?.bytes], [false, LARGE.length / 2]);
  assert.is(await codeOf(send(context, '/large')), 'ECONNRESET');
  assert.is(await codeOf(send(context, '/')), 'ECONNRESET');
  assert.equal(
    context.proxy.requests.map(({ sent, received, status }) => [sent, received, status]),
    [
      [LARGE.length / 2, 0, undefined],
      [0, LARGE.length / 2, 200],
      [0, 0, undefined],
    ],
  );
  assert.is(context.arrivals.length, 2, 'a request without a body is cut before it is forwarded');
  assert.is((await send(context, '/')).status, 200);
});

test('delays, and holds until told to resume', async (context) => {
  const held = pause();
  context.proxy.on(1, delay(60));
  context.proxy.on(2, held);
  const began = performance.now();
  await send(context, '/');
  assert.ok(performance.now() - began >= 59);
  const waiting = send(context, '/held');
  await held.reached;
  await send(context, '/other');
  assert.is(context.arrivals.length, 2);
  held.resume();
  assert.is((await waiting).status, 200);
});

test('calls back before a request is forwarded and when it had its effect', async (context) => {
  const told: string[] = [];
  const tell = (when: string) => () => void told.push(`${when}: ${context.arrivals.length} arrived`);
  context.proxy.on(always, before(tell('before')));
  context.proxy.on(always, after(tell('after')));
  await send(context, '/');
  assert.equal(told, ['before: 0 arrived', 'after: 1 arrived']);
});

test('keeps connections, and is quick', async (context) => {
  const [opened, began] = [context.connections(), performance.now()];
  const body = LARGE.subarray(0, 20_000);
  const worker = async () => {
    for (let at = 0; at < 25; at += 1) await send(context, `/${at}`, { body });
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  assert.is(context.proxy.requests.length, 100);
  assert.ok(context.connections() - opened <= 4, `${context.connections() - opened} new connections`);
  const ms = performance.now() - began;
  assert.ok(ms < 5_000, `100 requests took ${ms.toFixed(0)} ms`);
});

test('ends what it holds when it is closed', async () => {
  const context = await startContext();
  context.proxy.on(1, neverForwarded());
  const waiting = codeOf(send(context, '/'));
  await until(() => context.proxy.requests.length === 1);
  await context.close();
  assert.is(await waiting, 'ECONNRESET');
});

async function until(holds: () => boolean): Promise<void> {
  for (let wait = 0; wait < 500 && !holds(); wait += 1) await sleep(10);
  assert.ok(holds());
}

test.run();

const withCeph = suite('the faulty proxy before Ceph', { needs: ['ceph'] });

withCeph('leaves signatures valid, and the SDK tries again after a fault', async () => {
  const bucket = await openBucket();
  const proxy = await startFaultyProxy(bucket.endpoint);
  const client = clientOf({ ...bucket, endpoint: proxy.url });
  proxy.on(1, slowDown());
  proxy.on(2, cutRequest());
  await client.send(new PutObjectCommand({ Bucket: bucket.bucket, Key: 'ü b', Body: LARGE }));
  assert.equal(
    proxy.requests.map(({ method, status, sent }) => [method, status, sent]),
    [
      ['PUT', 503, 0],
      ['PUT', undefined, LARGE.length / 2],
      ['PUT', 200, LARGE.length],
    ],
  );
  client.destroy();
  await proxy.close();
});

withCeph.run();
