import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { LoadedConfig } from '../../src/config/load.ts';
import { configSchema, type TimetableEntry } from '../../src/config/schema.ts';
import { askFor, cutsBefore, isToMakeWay, keepNow, leadOf, nextAppointment } from '../../src/cycle/appointment.ts';
import { launchAt } from '../../src/cycle/launch.ts';
import { newReport } from '../../src/cycle/report.ts';
import { dueEntries, hasDue, keepTimetable, keyOf, leaveToOthers } from '../../src/cycle/timetable.ts';
import { HoldfastError } from '../../src/model/errors.ts';
import { openAsks } from '../../src/run/asks.ts';
import type { House } from '../../src/run/house.ts';
import { openShift } from '../../src/run/shift.ts';
import type { Mutable, RunState } from '../../src/run/state.ts';
import { createTimekeeper } from '../../src/run/timekeeper.ts';
import { suite } from '../support/suite.ts';

const test = suite('the timetable');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NINE = Date.parse('2027-02-02T09:00:00Z');
const entry = (minutes: number, then: string): TimetableEntry => ({ at: NINE + minutes * MINUTE, then });

const due: [what: string, entries: TimetableEntry[], done: TimetableEntry[], now: number, does: string[]][] = [
  ['before its time nothing is due', [entry(0, 'hold busy')], [], NINE - 1, []],
  ['at its millisecond it is', [entry(0, 'hold busy')], [], NINE, ['hold busy']],
  ['what was done is not', [entry(0, 'hold busy')], [entry(0, 'hold busy')], NINE + MINUTE, []],
  ['missed by hours it is done', [entry(0, 'hold busy')], [], NINE + 5 * HOUR, ['hold busy']],
  ['missed by more than a day it is not', [entry(0, 'hold busy')], [], NINE + 25 * HOUR, []],
  [
    'of several of one kind that were missed only the last is done',
    [entry(0, 'hold busy'), entry(30, 'hold off')],
    [],
    NINE + HOUR,
    ['hold off'],
  ],
  [
    'each kind by itself, in the order of their times',
    [entry(5, 'launch on'), entry(0, 'hold busy')],
    [],
    NINE + HOUR,
    ['hold busy', 'launch on'],
  ],
  [
    'an earlier one that is written after a later one was done is not done any more',
    [entry(0, 'hold busy'), entry(30, 'hold off')],
    [entry(30, 'hold off')],
    NINE + HOUR,
    [],
  ],
  ['what is composed follows from the time, and needs nothing done', [entry(0, 'publish')], [], NINE, []],
];

for (const [what, entries, done, now, does] of due) {
  test(`due: ${what}`, () => {
    const found = dueEntries(entries, { done: new Set(done.map(keyOf)), now });
    assert.equal(
      found.carryOut.map(({ then }) => then),
      does,
    );
  });
}

let stateDir: string;
const signal = new AbortController().signal;
const loadedWith = (timetable: unknown): LoadedConfig => ({
  config: configSchema.parse({
    site: { name: 'Example', url: 'https://www.example.org' },
    origin: { url: 'http://10.0.0.5' },
    lanes: [{ name: 'hot', every: '1m', paths: ['/'] }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
    timetable,
  }),
  environment: 'production',
  root: stateDir,
  path: join(stateDir, 'holdfast.config.json'),
  stateDir,
  secrets: [],
});
const LAUNCH = [{ at: '2027-02-02T10:00:00+01:00', then: 'launch on', for: '3h' }];

test.before.each(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'holdfast-timetable-'));
});

test.after.each(() => rm(stateDir, { recursive: true, force: true }));

test('an entry is carried out once, counted from its own time however late; a restart does not repeat it', async () => {
  const loaded = loadedWith(LAUNCH);
  assert.equal(await keepTimetable(loaded, NINE - 1, signal), []);
  assert.is(await hasDue(loaded, NINE + HOUR), true);
  assert.is((await keepTimetable(loaded, NINE + HOUR, signal)).length, 1);
  assert.equal(await launchAt(stateDir, NINE + HOUR), { since: NINE, until: NINE + 3 * HOUR });
  assert.equal(await keepTimetable(loadedWith(LAUNCH), NINE + HOUR, signal), [], 'another process');
  assert.is(await hasDue(loaded, NINE + HOUR), false);
});

test('what could not be done is tried again, and is said', async () => {
  const loaded = loadedWith([{ at: '2027-02-02T09:00:00Z', then: 'hold busy' }]);
  for (const _try of [1, 2]) {
    const [ended] = await keepTimetable(loaded, NINE, signal);
    assert.match(String(ended?.error?.message), /nothing is live there yet/);
    assert.is(await hasDue(loaded, NINE), true);
  }
});

test('a machine that is not at work leaves an entry to the other, and does not do it after a takeover', async () => {
  const loaded = loadedWith([{ at: '2027-02-02T09:00:00Z', then: 'hold busy' }]);
  await leaveToOthers(loaded, NINE + 30_000, MINUTE);
  assert.is(await hasDue(loaded, NINE + 30_000), true, 'a takeover within the grace sees to it');
  await leaveToOthers(loaded, NINE + 61_000, MINUTE);
  assert.is(await hasDue(loaded, NINE + 61_000), false);
});

test("launch mode is each machine's own: one that is not at work has it on by the time it takes over", async () => {
  const loaded = loadedWith(LAUNCH);
  await leaveToOthers(loaded, NINE - 1, MINUTE);
  assert.is(await launchAt(stateDir, NINE), undefined);
  await leaveToOthers(loaded, NINE + 2000, MINUTE);
  assert.equal(await launchAt(stateDir, NINE + 2000), { since: NINE, until: NINE + 3 * HOUR });
  assert.is(await hasDue(loaded, NINE + 2000), false);
});

test('the next instant to go live at is the nearest that somebody asked for or the timetable names', async () => {
  const loaded = loadedWith([
    { at: '2027-02-02T11:00:00Z', then: 'publish' },
    { at: '2027-02-02T08:00:00Z', then: 'hold busy' },
  ]);
  assert.equal(await nextAppointment(loaded, NINE), { at: NINE + 2 * HOUR, why: 'timetable' });
  await askFor(stateDir, NINE + HOUR, NINE);
  await askFor(stateDir, NINE + 5 * HOUR, NINE);
  assert.equal(await nextAppointment(loaded, NINE), { at: NINE + HOUR, why: 'asked' });
  assert.equal(await nextAppointment(loaded, NINE + HOUR), { at: NINE + 2 * HOUR, why: 'timetable' });
  assert.is(await nextAppointment(loaded, NINE + 5 * HOUR), undefined);
});

test('it is made so long before as what is to be put takes, and cycles make way before that', () => {
  const prepared = (bytes: number) => ({
    at: NINE,
    made: 0,
    window: 0,
    destinations: [{ destination: 'www', changes: [], puts: 1, staged: 0, bytes }],
  });
  assert.is(leadOf(undefined), 10_000);
  assert.is(leadOf(prepared(20_000_000)), 20_000);
  assert.is(leadOf(prepared(1e12)), 600_000, 'and no longer than ten minutes');
  for (const bytes of [0, 1e6, 20_000_000, 1e9]) {
    const one = { ...prepared(bytes), window: 360 };
    const cuts = cutsBefore(one);
    const keeps = cuts.map((before) => keepNow(one, NINE - before));
    assert.equal(keeps, [60, 10, 0], `caches are told before it begins: ${cuts.join(', ')} ms`);
    assert.is((cuts.at(-1) ?? 0) - leadOf(one), 10_000);
  }
  assert.is(isToMakeWay(60_000, undefined), false);
  assert.is(isToMakeWay(45_000, undefined), true);
  assert.is(isToMakeWay(0, undefined), false);
});

test('the resident process is told what to do when, and again what failed, for a minute', async () => {
  let now = NINE - HOUR;
  const clock = { now: () => now, monotonic: () => 0, sleep: async () => undefined };
  const loaded = loadedWith([{ at: '2027-02-02T09:00:00Z', then: 'publish' }, ...LAUNCH]);
  const keeper = createTimekeeper({ state: () => ({ loaded, role: 'active' }), clock, longest: 2000 });
  assert.equal(await keeper.look(), { pause: 2000 });
  assert.is(keeper.isQuiet, false);
  now = NINE - 10_700;
  assert.equal(await keeper.look(), { pause: 700 }, 'it wakes at the very moment');
  assert.is(keeper.isQuiet, true);
  now = NINE - 10_000;
  const appointment = { kind: 'appointment', at: NINE };
  assert.equal((await keeper.look()).wish, appointment);
  keeper.ended(NINE, false);
  now = NINE - 9000;
  assert.equal((await keeper.look()).wish, appointment, 'it failed: again');
  now = NINE;
  assert.equal((await keeper.look()).wish, { kind: 'cycle' }, 'launch mode is due');
  await keepTimetable(loaded, now, signal);
  assert.equal((await keeper.look()).wish, appointment);
  keeper.ended(NINE, true);
  assert.is((await keeper.look()).wish, undefined);
});

test('what is asked for shortly before an instant waits until it is over, and no longer', async () => {
  let now = NINE - 46_000;
  const clock = { now: () => now, monotonic: () => now, sleep: async () => undefined };
  const loaded = loadedWith([{ at: '2027-02-02T09:00:00Z', then: 'publish' }]);
  const state = { loaded, role: 'active', skipped: 0, cycles: 0, failures: 0 } as unknown as Mutable<RunState>;
  const keeper = createTimekeeper({ state: () => state, clock, longest: 2000 });
  const asks = openAsks();
  // A cycle in this house takes what is asked for by then, and ends when it is told to.
  let leave = (): void => undefined;
  const enter = async (): Promise<never> => {
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    asks.take();
    await left;
    throw new HoldfastError('state-damaged', 'enough');
  };
  const house = { premises: { loaded, enter } } as unknown as House;
  const shift = openShift({ state, house, asks, keeper, clock, signal, tell: () => undefined, newReport });
  const askAt = async (at: number): Promise<boolean> => {
    now = at;
    await keeper.look();
    asks.add({ paths: [], lanes: ['hot'] });
    return shift.beginAsked();
  };
  assert.is(await askAt(NINE - 46_000), true);
  while (asks.isWaiting) await wait(5);
  assert.is(await askAt(NINE - 45_000), false, 'at work');
  leave();
  await shift.end();
  assert.is(asks.isWaiting, true, 'nor does the end of that cycle begin another');
  for (const before of [30_000, 10_001, 1]) assert.is(await askAt(NINE - before), false, `${before} ms before`);
  shift.tryAgain();
  assert.is(shift.isAtWork, false);
  now = NINE;
  shift.tryAgain();
  assert.is(shift.isAtWork, true, 'the first beat after it');
  while (asks.isWaiting) await wait(5);
  leave();
  await shift.end();
});

for (const [name, setBy] of [
  ['', 0],
  [', by a clock that is set back meanwhile either', -HOUR],
] as const)
  test(`an entry that cannot be carried out is not tried at each look${name}`, async () => {
    let went = 0;
    const clock = {
      now: () => NINE + 2 * HOUR + went + (went < 10_000 ? 0 : setBy),
      monotonic: () => went,
      sleep: async () => undefined,
    };
    const loaded = loadedWith([{ at: '2027-02-02T09:00:00Z', then: 'hold busy' }]);
    const keeper = createTimekeeper({ state: () => ({ loaded, role: 'active' }), clock, longest: 2000 });
    const wishes = [];
    for (; went < MINUTE; went += 2000) wishes.push((await keeper.look()).wish);
    assert.is(wishes.filter((wish) => wish !== undefined).length, 2);
  });

test.run();
