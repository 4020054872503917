import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createServer as createTls } from 'node:tls';
import * as assert from 'uvu/assert';
import type { LoadedConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Certificate } from '../../src/cycle/certificates.ts';
import { newReport } from '../../src/cycle/report.ts';
import type { InboxState } from '../../src/inbox/state.ts';
import { systemClock } from '../../src/model/clock.ts';
import { HoldfastError } from '../../src/model/errors.ts';
import { openAlarms } from '../../src/run/alarms.ts';
import { startAlerting } from '../../src/run/alerting.ts';
import { conditionsOf } from '../../src/run/conditions.ts';
import { call, courierOf, deliver } from '../../src/run/couriers.ts';
import type { LaneFact } from '../../src/run/lane-facts.ts';
import type { RunState } from '../../src/run/state.ts';
import { warn } from '../../src/snapshot/context.ts';
import { smallConfig } from '../support/project.ts';
import { selfSigned } from '../support/self-signed.ts';
import { suite } from '../support/suite.ts';

const test = suite('alerts', { needs: ['openssl'] });

const state = (more: Partial<RunState> = {}): RunState =>
  ({ role: 'active', failures: 0, skipped: 0, last: undefined, configError: undefined, ...more }) as RunState;
const lane = (age: number, more: Partial<LaneFact> = {}): LaneFact => ({
  name: 'hot',
  every: 60_000,
  age,
  state: 'due',
  isPaused: false,
  ...more,
});
const ended = (exit: number, failure?: HoldfastError): RunState['last'] => ({
  why: 'tick',
  ended: 0,
  seconds: 1,
  report: newReport(),
  exit,
  failure,
  trouble: undefined,
});
/** A good cycle under a hold that has been on for more than a day. */
const held = (): RunState['last'] => {
  const end = ended(0);
  if (end !== undefined) warn(end.report.tally, 'hold-long', 'mirror', 'on hold for 2 d');
  return end;
};
const inbox = (refused: number, torn: number) => ({ refused, torn }) as InboxState;
const NOW = Date.parse('2027-02-02T09:00:00Z');
const subjects = (of: RunState, lanes: readonly LaneFact[], kept?: InboxState) =>
  conditionsOf(of, { lanes, inbox: kept, now: NOW }).map(({ subject }) => subject);
const moved = new HoldfastError('destination-unwritable', 'no room');

const cases: [name: string, expected: string[], state: RunState, lanes?: LaneFact[], inbox?: InboxState][] = [
  ['nothing', [], state(), [lane(180_000)]],
  ['a lane that is older than three intervals', ['stale hot'], state(), [lane(180_001)]],
  ['not of one that is paused', [], state(), [lane(999_999, { isPaused: true })]],
  ['not of two failures in a row', [], state({ failures: 2, last: ended(1, moved) })],
  ['three failures in a row', ['failed'], state({ failures: 3, last: ended(1, moved) })],
  ['a refusal, at once', ['refused'], state({ failures: 1, last: ended(5) })],
  ['three ticks that were skipped', ['skipped'], state({ skipped: 3 })],
  ['an instant at which nothing went live', ['appointment'], state({ missed: ended(1, moved) })],
  ['a hold that is older than a day', ['hold mirror'], state({ lastGood: held(), last: ended(0) })],
  [
    'the same where cycles failed since, before they came to it',
    ['hold mirror'],
    state({ failures: 1, lastGood: held(), last: ended(1, moved) }),
  ],
  ['not of it once it is off', [], state({ lastGood: ended(0), last: ended(0) })],
  ['a configuration that is wrong', ['config'], state({ configError: moved })],
  ['on a passive machine only that', ['config'], state({ role: 'passive', configError: moved }), [lane(999_999)]],
  ['not of an inbox from which all is delivered', [], state(), [], inbox(0, 0)],
  ['a comment that the origin refused', ['inbox'], state(), [], inbox(1, 0)],
  ['one that is torn, on a passive machine too', ['inbox'], state({ role: 'passive' }), [], inbox(0, 1)],
];

for (const [name, expected, of, lanes = [], kept] of cases)
  test(`tell of ${name}`, () => assert.equal(subjects(of, lanes, kept), expected));

const certificate = (days: number | null): Certificate => ({
  of: 'site',
  host: 'www.example.org',
  until: days === null ? null : new Date(NOW + days * 86_400_000).toISOString(),
  trouble: days === null ? 'could not be asked for' : null,
});
const certificates: [name: string, days: number | null, text: string | undefined][] = [
  ['is good for two weeks and more', 14, undefined],
  ['is good for less', 13.9, 'certificate, site: www.example.org: good for 13 d more'],
  ['ran out', -1, 'certificate, site: www.example.org: ran out on 2027-02-01'],
  ['cannot be read', null, 'certificate, site: www.example.org: could not be asked for'],
];
for (const [name, days, text] of certificates)
  test(`of a certificate that ${name} ${text === undefined ? 'nothing' : 'it'} is told, and not by a passive machine`, () => {
    const around = { lanes: [], certificates: [certificate(days)], now: NOW };
    assert.is(conditionsOf(state(), around)[0]?.text, text);
    assert.equal(conditionsOf(state({ role: 'passive' }), around), []);
  });

test('a certificate near its end, and a clock that is off before an instant, are told once each and again when that ends', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'holdfast-alerting-'));
  const server = createTls(await selfSigned(10));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = configSchema.parse({
    ...smallConfig(url),
    site: { name: 'Tide pools', url: 'http://www.example.org' },
  });
  const loaded = { config, stateDir } as LoadedConfig;
  let now = Date.now();
  let of = state({ loaded });
  const CLOCK = "the origin's clock is 9 s ahead of this machine's; set both by NTP";
  let off = [{ whose: "the origin's", text: CLOCK }];
  const said: string[] = [];
  let asked = 0;
  const alerting = startAlerting({
    state: () => of,
    lanes: async () => [],
    clock: { now: () => now, monotonic: () => now, sleep: async () => undefined },
    log: (_level, text) => void said.push(text),
    redact: (text) => text,
    clocks: async () => {
      asked += 1;
      return off;
    },
  });
  const looks = async (): Promise<readonly string[]> => {
    for (let times = 0; times < 5; times += 1) {
      await alerting.look();
      await wait(50);
    }
    return said.splice(0);
  };
  const TLS = 'certificate, origin: 127.0.0.1: good for 9 d more';
  try {
    assert.equal(await looks(), [`alert begins: ${TLS}`]);
    of = state({ loaded, appointment: { at: now + 3_600_001, why: 'timetable' } });
    assert.equal(await looks(), [], 'an hour before it is early enough');
    now += 2;
    assert.equal(await looks(), [`alert begins: ${CLOCK}`]);
    assert.equal([await looks(), asked], [[], 1]);
    assert.equal(alerting.lasting, [TLS, CLOCK]);
    off = [];
    now += 1_800_000;
    assert.equal(await looks(), [`alert ends: ${CLOCK}`]);
    server.setSecureContext(await selfSigned(90));
    now += 6 * 3_600_000;
    assert.equal(await looks(), [`alert ends: ${TLS}`]);
  } finally {
    await alerting.close();
    await new Promise((resolve) => server.close(resolve));
    await rm(stateDir, { recursive: true });
  }
});

test('each is told once when it begins and once when it ends, across a restart too', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-alarms-'));
  try {
    const file = join(dir, 'alerts.json');
    const one = { subject: 'failed', text: 'three failed' };
    const alarms = openAlarms(file);
    assert.equal(await alarms.heed([one]), [{ ...one, state: 'begins' }]);
    assert.equal(await alarms.heed([{ ...one, text: 'four failed' }]), []);
    const restarted = openAlarms(file);
    assert.equal(await restarted.heed([one]), []);
    assert.equal(
      (await restarted.heed([])).map(({ subject, state: at }) => [subject, at]),
      [['failed', 'ends']],
    );
    assert.equal(await restarted.heed([]), []);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('what fails is told where the state cannot be read too, and once however long a look takes', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-alerting-'));
  const lines: string[] = [];
  const plain = { url: 'http://127.0.0.1' };
  const loaded = { stateDir: dir, config: { alerts: [], site: plain, origin: plain, destinations: [] } };
  const damaged = new HoldfastError('state-damaged', 'snapshot.jsonl was written by another version');
  const failing = { ...state({ failures: 3, last: ended(1, damaged) }), loaded } as unknown as RunState;
  const alerting = startAlerting({
    state: () => failing,
    lanes: async () => {
      throw damaged;
    },
    clock: systemClock,
    log: (_level, line) => void lines.push(line),
    redact: (text) => text,
    clocks: async () => [],
  });
  try {
    await Promise.all([alerting.look(), alerting.look()]);
    await alerting.look();
    assert.equal(lines, [
      'alert begins: 3 cycles in a row failed: snapshot.jsonl was written by another version [state-damaged]',
    ]);
  } finally {
    await alerting.close();
    await rm(dir, { recursive: true });
  }
});

const ALERT = {
  subject: 'failed',
  state: 'begins',
  text: 'x',
  site: 'https://www.example.org',
  at: '2027-02-02T09:00:00Z',
} as const;

test('a webhook gets one JSON object, and is tried again where it fails; a line about it never holds its address', async () => {
  const got: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    got.push(`${request.method} ${request.headers['content-type']} ${body}`);
    response.writeHead(got.length === 1 ? 500 : 204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary-hook`;
  const slept: number[] = [];
  const clock = { now: () => 0, monotonic: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  const signal = new AbortController().signal;
  const courier = courierOf({ use: 'webhook', name: 'hook', url, headers: {} });
  assert.is(await deliver(() => courier(ALERT), { clock, signal }), undefined);
  assert.equal(got, Array(2).fill(`POST application/json ${JSON.stringify(ALERT)}`));
  assert.is(slept.length, 1);
  await new Promise((resolve) => server.close(resolve));
  const said = await deliver(() => courier(ALERT), { clock, signal });
  assert.is(said, 'ECONNREFUSED');
  assert.is(slept.length, 3, 'three attempts, and no more');
});

test('a webhook or a heartbeat that is led elsewhere was not told', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(301, { location: '/canary-elsewhere' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const why = await call(url, { method: 'GET' }).catch((error: Error) => error.message);
  await new Promise((resolve) => server.close(resolve));
  assert.is(why, 'it answered 301, and no redirect is followed: name the address that it leads to');
  assert.equal(asked, ['/hook']);
});

test('the takeover is told once, and the heartbeat is no part of it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-alerting-'));
  const file = join(dir, 'got');
  const config = configSchema.parse({
    ...smallConfig('http://127.0.0.1'),
    alerts: [{ use: 'command', run: ['/bin/sh', '-c', 'cat >> "$1"', 'sh', file] }],
  });
  const alerting = startAlerting({
    state: () => state({ loaded: { config, stateDir: dir } as LoadedConfig }),
    lanes: async () => [],
    clock: systemClock,
    log: () => undefined,
    redact: (text) => text,
    clocks: async () => [],
  });
  alerting.tell({ kind: 'taken-over', from: 'web1' });
  alerting.tell({ kind: 'role', role: 'active', other: undefined });
  await alerting.close();
  const told = (await readFile(file, 'utf8')).trim().split('\n');
  await rm(dir, { recursive: true });
  assert.equal(
    told.map((line) => JSON.parse(line)).map(({ subject, state: at, text }) => [subject, at, text]),
    [['lease', 'happened', 'took over from web1']],
  );
});

test('a command sees no credential in its environment', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-command-'));
  process.env['CANARY_CREDENTIAL'] = 'canary-of-environment';
  try {
    const file = join(dir, 'got');
    const run = ['/bin/sh', '-c', 'env > "$1"', 'sh', file];
    await courierOf({ use: 'command', name: 'command', run })(ALERT);
    const seen = await readFile(file, 'utf8');
    assert.match(seen, `PATH=${process.env['PATH']}\n`);
    assert.not.match(seen, /canary/i);
  } finally {
    delete process.env['CANARY_CREDENTIAL'];
    await rm(dir, { recursive: true });
  }
});

test('a command gets it on standard input; one that fails says how', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-command-'));
  try {
    const run = (...command: string[]) => courierOf({ use: 'command', name: 'command', run: command })(ALERT);
    await run('/bin/sh', '-c', 'cat > "$1"', 'sh', join(dir, 'got'));
    assert.equal(JSON.parse(await readFile(join(dir, 'got'), 'utf8')), ALERT);
    await run('/bin/true');
    const why = await run('/bin/false').catch((error: Error) => error.message);
    assert.is(why, 'it exited 1');
  } finally {
    await rm(dir, { recursive: true });
  }
});

test.run();
