import * as assert from 'uvu/assert';
import { cronTimes } from '../../src/config/cron.ts';
import { newReport } from '../../src/cycle/report.ts';
import { createPulse } from '../../src/run/health.ts';
import type { RunState } from '../../src/run/state.ts';
import { type Plan, ticks } from '../../src/run/ticks.ts';
import { suite } from '../support/suite.ts';

const test = suite('when cycles begin');

const MINUTE = 60_000;
/** 2027-02-02T09:00:30Z */
const START = Date.UTC(2027, 1, 2, 9, 0, 30);

/** A clock whose sleepers wake at once, at the time they wished for; `atSleep` may set the wall clock, as a person or NTP would. */
function fakeClock(atSleep: (monotonic: number) => number = () => 0) {
  let monotonic = 5000;
  let wall = START;
  return {
    now: () => wall,
    monotonic: () => monotonic,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      monotonic += ms;
      wall += ms + atSleep(monotonic);
    },
    pass: (ms: number) => {
      monotonic += ms;
      wall += ms;
    },
  };
}

/** Sets the clock once, a good minute after the start. */
function onceBy(jump: number): (monotonic: number) => number {
  let left = jump;
  return (monotonic) => {
    if (monotonic < 70_000) return 0;
    const now = left;
    left = 0;
    return now;
  };
}

/** Seconds of the monotonic clock at which the first `count` ticks come; `work` is what the one who takes them does meanwhile. */
async function comes(
  plan: Plan,
  count: number,
  { clock = fakeClock(), work = (_tick: number): number => 0 } = {},
): Promise<number[]> {
  const stop = new AbortController();
  const first = clock.monotonic();
  const at: number[] = [];
  for await (const _tick of ticks(plan, { clock, signal: stop.signal, expect: () => undefined })) {
    at.push(Math.round((clock.monotonic() - first) / 1000));
    clock.pass(work(at.length));
    if (at.length === count) stop.abort();
  }
  return at;
}

test('a tick comes at once and then at each interval', async () => {
  assert.equal(await comes({ every: MINUTE }, 4), [0, 60, 120, 180]);
});

test('who takes a tick late gets the next one when it would have come, and none twice', async () => {
  const work = (tick: number) => (tick === 2 ? 150_000 : 1000);
  assert.equal(await comes({ every: MINUTE }, 4, { work }), [0, 60, 240, 300]);
});

for (const [name, jump] of [
  ['an hour on', 3_600_000],
  ['an hour back', -3_600_000],
] as const) {
  test(`an interval does not care for a clock that is set ${name}`, async () => {
    const clock = fakeClock(onceBy(jump));
    assert.equal(await comes({ every: MINUTE }, 4, { clock }), [0, 60, 120, 180]);
  });

  test(`a calendar by minutes misses no minute and doubles none when the clock is set ${name}`, async () => {
    const clock = fakeClock(onceBy(jump));
    assert.equal(await comes({ cron: cronTimes('* * * * *', 'UTC') }, 4, { clock }), [0, 30, 90, 150]);
  });
}

for (const [name, plan, jump, left] of [
  ['an interval', { every: 5 * MINUTE }, -3_600_000, 3.5 * MINUTE],
  ['a calendar', { cron: cronTimes('35 9 * * *', 'UTC') }, -600_000, 43 * MINUTE],
] as const)
  test(`whoever waits is told anew when the next tick comes by ${name}, once the clock was set`, async () => {
    const clock = fakeClock(onceBy(jump));
    const stop = new AbortController();
    const told: (number | undefined)[] = [];
    const expect = (ms: number | undefined): void => {
      told.push(ms);
      if (told.length === 2) stop.abort();
    };
    for await (const _tick of ticks(plan, { clock, signal: stop.signal, expect }));
    assert.is(told[1], left);
  });

test('a calendar is read in its time zone', async () => {
  assert.equal(await comes({ cron: cronTimes('2 10 * * *', 'Europe/Berlin') }, 2), [0, 90]);
});

test('where no time comes any more the ticks end', async () => {
  const plan = { cron: cronTimes('0 0 0 1 1 * 2020', 'UTC') };
  assert.equal(await comes(plan, 5), [0]);
});

test('a cycle that looks at nothing for half an hour hangs, unless files are still being sent', () => {
  let now = 0;
  const pulse = createPulse({ now: () => now, monotonic: () => now, sleep: async () => undefined });
  const report = newReport();
  const state = { cycle: { why: 'tick', began: 0, report } } as unknown as RunState;
  const isWellFor = (minutes: number): boolean => {
    for (let second = 0; second < minutes * 60; second++) {
      now += 1000;
      pulse.beat();
      if (!pulse.isWell(state)) return false;
    }
    return true;
  };
  assert.is(isWellFor(29), true);
  report.way.publish.done += 1;
  assert.is(isWellFor(29), true);
  assert.is(isWellFor(2), false);
});

test.run();
