import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { createMinutes, MOST_STEPS } from '../../src/report/minutes.ts';
import { type LogReport, readLogs, type Span } from '../../src/report/read.ts';
import { suite } from '../support/suite.ts';

const test = suite('a report of logs');
const START = Date.UTC(2026, 10, 21, 12, 0, 0);
const ALWAYS: Span = { since: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };

interface Asked {
  readonly ip: string;
  readonly path: string;
  readonly status: number;
  readonly at: number;
  readonly from: string;
}

const lineOf = ({ ip, path, status, at, from }: Asked): string =>
  JSON.stringify({
    time: new Date(at).toISOString(),
    remote_addr: ip,
    method: 'GET',
    uri: path,
    status,
    bytes: 1,
    referer: from,
  });

/** 100,000 requests of 20,000 addresses over an hour, most of them for few pages. */
function* requests(): Generator<Asked> {
  let state = 7;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let index = 0; index < 100_000; index += 1) {
    const page = Math.min(below(200), below(200), below(200));
    const status = page % 10 === 3 ? 404 : page % 10 === 4 ? 503 : 200;
    const path = page % 10 === 5 ? `/a/${page}.css` : `/a/${page}/`;
    const from = status === 404 ? `https://e.org/${below(3)}/?q=secret` : '';
    yield { ip: `2001:db8::${below(20_000).toString(16)}`, path, status, at: START + index * 36, from };
  }
}

/** Chunks that end anywhere. */
function chunksOf(bytes: Buffer, size = 65_537): Readable {
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  return Readable.from(chunks);
}

function report(bytes: Buffer, { span = ALWAYS, size = 65_537 } = {}): Promise<LogReport> {
  const log = { name: 'a.log', bytes: () => chunksOf(bytes, size) };
  return readLogs([log], { salt: [11, 12], span }, new AbortController().signal);
}

interface Truth {
  requests: number;
  readonly addresses: Set<string>;
}

/** Maps with all addresses in them, as the report must not keep. */
function exactly(asked: readonly Asked[], groupOf: (one: Asked) => string): Map<string, Truth> {
  const groups = new Map<string, Truth>();
  for (const one of asked) {
    const group = groups.get(groupOf(one)) ?? { requests: 0, addresses: new Set() };
    groups.set(groupOf(one), group);
    group.requests += 1;
    group.addresses.add(one.ip);
  }
  return groups;
}

const kindOf = ({ path, status }: Asked): string =>
  path.endsWith('.css') ? 'asset' : status === 404 ? '404' : status === 503 ? 'holding' : 'static';

test('100,000 lines come to what an exact count comes to', async () => {
  const asked = [...requests()];
  const found = await report(Buffer.from(`${asked.map(lineOf).join('\n')}\nwords\n`));
  const kinds = exactly(asked, kindOf);
  assert.equal(
    found.kinds.map(({ kind, requests, addresses, isExact }) => [kind, requests, addresses, isExact]),
    ['static', 'holding', '404', 'asset'].map((kind) => [
      kind,
      kinds.get(kind)?.requests,
      kinds.get(kind)?.addresses.size,
      true,
    ]),
  );
  const pages = exactly(asked, (one) => String(kindOf(one) !== 'asset')).get('true');
  assert.equal([found.pages.requests, found.pages.addresses], [pages?.requests, pages?.addresses.size]);
  assert.equal([found.logs[0]?.read, found.logs[0]?.bad, found.requests], [100_000, 1, 100_000]);
  const minutes = exactly(asked, ({ at }) => String(Math.floor(at / 60_000) * 60_000));
  assert.equal(
    found.steps.map(({ at, requests }) => [at, Object.values(requests).reduce((sum, count) => sum + count, 0)]),
    [...minutes].map(([at, { requests }]) => [Number(at), requests]),
  );
});

test('top pages, and the pages that link to the missing ones, are those of an exact count', async () => {
  const asked = [...requests()];
  const found = await report(Buffer.from(asked.map(lineOf).join('\n')));
  const top = (of: readonly Asked[], key: (one: Asked) => string): unknown[] =>
    [...exactly(of, key)]
      .map(([key, { requests }]) => ({ key, count: requests, unsure: 0 }))
      .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
      .slice(0, 20);
  const missing = asked.filter((one) => kindOf(one) === '404');
  const pages = asked.filter((one) => ['static', 'holding'].includes(kindOf(one)));
  assert.equal(
    found.topPages,
    top(pages, ({ path }) => path),
  );
  assert.equal(
    found.topMissing.map(({ key, count, unsure }) => ({ key, count, unsure })),
    top(missing, ({ path }) => path),
  );
  const worst = found.topMissing[0];
  const linking = missing.filter(({ path }) => path === worst?.key);
  assert.equal(
    worst?.links,
    top(linking, ({ from }) => from.replace('?q=secret', '')),
  );
});

test('no address and no query of a link is left in the report', async () => {
  const found = JSON.stringify(await report(Buffer.from([...requests()].slice(0, 5000).map(lineOf).join('\n'))));
  assert.not.match(found, '2001:db8');
  assert.not.match(found, 'secret');
});

test('only the requests of the span are counted', async () => {
  const asked = [...requests()].slice(0, 5000);
  const span = { since: START + 36_000, until: START + 72_000 };
  const found = await report(Buffer.from(asked.map(lineOf).join('\n')), { span });
  assert.equal([found.requests, found.logs[0]?.read], [1000, 5000]);
});

const few = [...requests()].slice(0, 50).map(lineOf);

test('lines may end in a carriage return, be empty, be torn between chunks, and lack the last end', async () => {
  const text = Buffer.from(few.map((line) => line.replace('e.org', 'é.org')).join('\r\n\r\n'));
  for (const size of [1, 2, 3, 1000]) {
    const { requests, logs } = await report(text, { size });
    assert.equal([requests, logs[0]?.bad], [50, 0]);
  }
});

test('a line longer than any server writes is counted as bad, and the next is read', async () => {
  const { requests, logs } = await report(Buffer.from(`${few[0]}\n{"x":"${'y'.repeat(3_000_000)}"}\n${few[1]}\n`));
  assert.equal([requests, logs[0]?.bad], [2, 1]);
});

test('gzip is known by its bytes, also of several parts; one that was cut is read as far as it goes', async () => {
  const parts = [few.slice(0, 20), few.slice(20)].map((lines) => gzipSync(`${lines.join('\n')}\n`));
  const whole = Buffer.concat(parts);
  for (const size of [1, 7, 65_537]) {
    const { requests, logs } = await report(whole, { size });
    assert.equal([requests, logs[0]?.cut], [50, false]);
  }
  const cut = await report(whole.subarray(0, (parts[0]?.length ?? 0) + 40));
  assert.is(cut.logs[0]?.cut, true);
  assert.ok(cut.requests >= 20);
});

test('minutes become longer where there would be too many, and lose nothing', () => {
  const minutes = createMinutes();
  for (let minute = 0; minute <= MOST_STEPS * 3; minute += 1) minutes.add(START + minute * 60_000, 'static');
  assert.is(minutes.seconds(), 240);
  const steps = minutes.steps();
  assert.ok(steps.length <= MOST_STEPS);
  assert.is(
    steps.reduce((sum, { requests }) => sum + (requests.static ?? 0), 0),
    MOST_STEPS * 3 + 1,
  );
});

test('names that visitors make up do not grow the report', async () => {
  const lines = Array.from({ length: 500 }, (_, index) =>
    lineOf({
      ip: '192.0.2.1',
      path: `/_holdfast/pixel.gif?kind=holding&name=n${index}`,
      status: 200,
      at: START,
      from: '',
    }),
  );
  const { kinds } = await report(Buffer.from(lines.join('\n')));
  assert.ok(kinds.length <= 20);
  assert.is(
    kinds.reduce((sum, { requests }) => sum + requests, 0),
    500,
  );
});

test.run();
