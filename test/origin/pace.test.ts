import * as assert from 'uvu/assert';
import type { Clock } from '../../src/model/clock.ts';
import { createPace, type Pace } from '../../src/origin/pace.ts';
import { retryAfter } from '../../src/origin/retry-after.ts';
import { createUsual } from '../../src/origin/usual.ts';
import { suite } from '../support/suite.ts';
import { failureOf } from './rig.ts';

const test = suite('the pace');

/** A clock that only moves when somebody sleeps. */
function createStill(): Clock & { time: number } {
  const clock = {
    time: 1000,
    now: () => clock.time,
    monotonic: () => clock.time,
    sleep: async (ms: number) => {
      clock.time += ms;
    },
  };
  return clock;
}

const never = () => new AbortController().signal;

function start(concurrency: number, requestsPerSecond: number) {
  const clock = createStill();
  const told: number[] = [];
  const pace = createPace({ concurrency, requestsPerSecond }, clock, (value) => told.push(value));
  return { clock, told, pace };
}

/** Milliseconds between one turn and the next. */
async function gap(pace: Pace, clock: Clock): Promise<number> {
  await pace.turn(never);
  const began = clock.monotonic();
  await pace.turn(never);
  return Math.round(clock.monotonic() - began);
}

const times = (count: number, act: () => void) => {
  for (let i = 0; i < count; i += 1) act();
};

test('turns come evenly at the configured rate', async () => {
  const { clock, pace } = start(2, 5);
  const began = clock.time;
  for (let i = 0; i < 11; i += 1) await pace.turn(never);
  assert.is(Math.round(clock.time - began), 2000);
});

test('time without requests is not saved up for a burst', async () => {
  const { clock, pace } = start(2, 5);
  await pace.turn(never);
  clock.time += 60_000;
  assert.is(await gap(pace, clock), 200);
});

test('without a limit nobody waits', () => {
  const { pace } = start(2, 0);
  times(1000, () => assert.is(pace.turn(never), undefined));
});

test('trouble halves rate and concurrency, down to one at once and one in ten seconds', async () => {
  const { clock, told, pace } = start(8, 5);
  const gaps: number[] = [];
  for (let i = 0; i < 7; i += 1) {
    pace.ease(++clock.time);
    clock.time += 60_000;
    gaps.push(await gap(pace, clock));
  }
  assert.equal(gaps, [400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  assert.equal(told, [4, 2, 1]);
  assert.is(pace.concurrency, 1);
});

test('what was under way when the pace was cut does not cut it again', () => {
  const { clock, pace } = start(8, 5);
  const began = clock.time;
  clock.time += 100;
  times(8, () => pace.ease(began));
  assert.is(pace.concurrency, 4);
});

test('each ten good answers raise it a step, up to the limits and no further', async () => {
  const { clock, told, pace } = start(4, 5);
  pace.ease(++clock.time);
  times(9, pace.good);
  assert.is(pace.concurrency, 2);
  times(1, pace.good);
  assert.is(pace.concurrency, 3);
  clock.time += 1000;
  assert.is(await gap(pace, clock), 333);
  times(40, pace.good);
  clock.time += 1000;
  assert.is(await gap(pace, clock), 200);
  times(1000, pace.good);
  clock.time += 1000;
  assert.is(await gap(pace, clock), 200);
  assert.equal(told, [2, 3, 4]);
});

test('without a limit trouble adds a wait, and good answers take it away again', async () => {
  const { clock, pace } = start(4, 0);
  pace.ease(++clock.time);
  assert.is(await gap(pace, clock), 100);
  times(50, pace.good);
  clock.time += 1000;
  assert.is(await gap(pace, clock), 0);
});

/** How it is after trouble (`x`) and good answers (`o`), one by one: the rate as a part of the configured one, and how many at once. */
const HISTORIES: readonly (readonly [what: string, history: string, part: number, atOnce: number])[] = [
  ['trouble twice is load of ours: a good answer alone raises nothing', 'xxooo', 0.25, 2],
  ['trouble three times in a row is an outage: each good answer doubles', 'xxxo', 0.25, 2],
  ['and so up to what it was', 'xxxooo', 1, 4],
  ['and never beyond', 'xxxoooooooooooooooo', 1, 5],
  ['from the floor as well', 'xxxxxxxxxxoooooo', 1, 7],
  ['trouble on the way up halves, and ends the quick climb', 'xxxxxoox', 1 / 16, 1],
  ['then ten good answers a step, as ever', 'xxxxxooxooooooooo', 1 / 16, 1],
  ['as here', 'xxxxxooxoooooooooo', 1 / 16 + 0.1, 2],
  ['what was cut before the outage is not made good by it', 'xoxxxooooooo', 0.5, 4],
];

for (const [what, history, part, atOnce] of HISTORIES) {
  test(`${what}: ${history}`, () => {
    const { clock, pace } = start(8, 5);
    for (const one of history) one === 'x' ? pace.ease(++clock.time) : pace.good();
    assert.equal([Math.round(pace.part * 1e6), pace.concurrency], [Math.round(part * 1e6), atOnce]);
  });
}

for (const rate of [0.5, 1, 2, 5, 20, 0]) {
  test(`${rate} a second is reached again within 30 s of an outage, and no second of them sees more than it`, async () => {
    const { clock, pace } = start(2, rate);
    times(40, () => pace.ease(++clock.time));
    await pace.turn(never);
    const well = clock.time;
    const turns: number[] = [];
    while (pace.part < 1) {
      await pace.turn(never);
      turns.push(clock.time);
      pace.good();
    }
    assert.ok(clock.time - well < 30_000, `${clock.time - well} ms`);
    const most = Math.max(...turns.map((from) => turns.filter((at) => at >= from && at < from + 1000).length));
    assert.ok(most <= Math.max(1, rate || 20), `${most} in a second`);
  });
}

test('spared, an outage ends at half of what it was', () => {
  const { clock, pace } = start(8, 5);
  pace.spare(true);
  times(5, () => pace.ease(++clock.time));
  times(100, pace.good);
  assert.equal([pace.part, pace.concurrency], [0.5, 4]);
});

test('spared, it rises again to half of its limits and no further, until it is spared no more', async () => {
  const { clock, told, pace } = start(8, 5);
  pace.spare(true);
  times(100, pace.good);
  assert.equal([pace.concurrency, await gap(pace, clock)], [8, 200], 'nothing is taken before there is trouble');
  pace.ease(++clock.time);
  pace.ease(++clock.time);
  assert.is(pace.concurrency, 2);
  times(1000, pace.good);
  clock.time += 1000;
  assert.equal([pace.concurrency, await gap(pace, clock), pace.part], [4, 400, 0.5]);
  pace.spare(false);
  times(1000, pace.good);
  clock.time += 1000;
  assert.equal([pace.concurrency, await gap(pace, clock)], [8, 200]);
  assert.equal(told, [4, 2, 3, 4, 5, 6, 7, 8]);
});

test('a pause holds up every turn, also of those who wait already', async () => {
  const { clock, pace } = start(2, 5);
  await pace.turn(never);
  const waiting = pace.turn(never);
  pace.pause(10_000);
  const began = clock.time;
  await waiting;
  assert.ok(clock.time - began >= 10_000, `${clock.time - began} ms`);
});

test('a wait ends with its signal', async () => {
  const clock: Clock = {
    ...createStill(),
    sleep: (_ms, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  };
  const pace = createPace({ concurrency: 1, requestsPerSecond: 1 }, clock, () => {});
  await pace.turn(never);
  const controller = new AbortController();
  const waiting = pace.turn(() => controller.signal);
  controller.abort(new Error('enough'));
  assert.is(await failureOf(Promise.resolve(waiting)), 'Error: enough');
});

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const RETRY: readonly (readonly [string | undefined, number | undefined])[] = [
  [undefined, undefined],
  ['0', 0],
  ['10', 10_000],
  [' 120 ', 120_000],
  ['600', 600_000],
  ['86400', 3_600_000],
  ['99999999999999999999', 3_600_000],
  ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
  ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
  ['Sun, 22 Nov 2026 12:00:00 GMT', 3_600_000],
  ['soon', undefined],
  ['', undefined],
];

for (const [value, expected] of RETRY) {
  test(`Retry-After ${JSON.stringify(value)} is ${expected} ms`, () => assert.is(retryAfter(value, NOW), expected));
}

/** Adds each wait; true where any of them said "slow". */
const slowSeen = (usual: ReturnType<typeof createUsual>, waits: readonly number[]) =>
  waits.map((wait) => usual.add(wait)).includes(true);

const many = (count: number, wait: number) => Array.from({ length: count }, () => wait);

test('the usual time is known after five answers and follows slowly', () => {
  const usual = createUsual();
  assert.is(slowSeen(usual, [200, 200, 900, 200]), false);
  assert.is(usual.value, undefined);
  usual.add(200);
  assert.is(usual.value, 200);
  slowSeen(usual, many(10, 300));
  const value = usual.value ?? 0;
  assert.ok(value > 230 && value < 290, `${value}`);
});

test('three times the usual, kept up, is slow', () => {
  const usual = createUsual();
  slowSeen(usual, many(20, 200));
  assert.is(slowSeen(usual, many(5, 650)), true);
});

test('twice the usual is not slow, and neither is one slow page among others', () => {
  const usual = createUsual();
  slowSeen(usual, many(20, 200));
  assert.is(slowSeen(usual, many(50, 400)), false);
  assert.is(
    slowSeen(
      usual,
      Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 5000 : 400)),
    ),
    false,
  );
});

test('a few milliseconds more are noise, whatever their ratio', () => {
  const usual = createUsual();
  slowSeen(usual, many(20, 2));
  assert.is(slowSeen(usual, many(20, 60)), false);
});

test('what was learnt in earlier runs counts at once, but not for fewer than five answers', () => {
  const usual = createUsual(100);
  assert.is(usual.value, 100);
  assert.is(slowSeen(usual, many(4, 800)), false);
  assert.is(usual.add(800), true);
});

test('a slowdown that lasts becomes the usual', () => {
  const usual = createUsual(100);
  slowSeen(usual, many(300, 500));
  assert.is(slowSeen(usual, many(20, 500)), false);
});

test.run();
