import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { purgeStatus } from '../../src/publish/purge-status.ts';
import {
  afterFailure,
  afterPurge,
  allowance,
  type CacheRecord,
  type CacheRules,
  newRecord,
  noteChanges,
  type PurgePlan,
  planPurge,
} from '../../src/publish/purging.ts';
import { suite } from '../support/suite.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2027, 1, 15);
const rules = (more: Partial<CacheRules> = {}): CacheRules => ({
  limit: { paths: 10, prefixes: 2, byFile: false },
  budget: undefined,
  everything: false,
  twice: false,
  ...more,
});

function asked(plan: PurgePlan): PurgePlan & { kind: 'ask' } {
  if (plan.kind !== 'ask') throw new Error(`${JSON.stringify(plan)} asks nothing`);
  return plan;
}

const told = (record: CacheRecord, which: CacheRules, now: number): CacheRecord =>
  afterPurge(record, asked(planPurge(record, which, now)), { now, twice: which.twice });

const names = (count: number, folder = ''): string[] =>
  Array.from({ length: count }, (_, index) => `${folder}${index}.css`);

const test = suite('what caches are told, and when');

test('what changed is asked for once, and then nothing', () => {
  const changed = noteChanges(newRecord(NOW), ['a/index.html', 'b.css'], NOW);
  const plan = asked(planPurge(changed, rules(), NOW));
  assert.equal(plan.ask, { paths: ['/a', '/a/', '/b.css'], prefixes: [] });
  assert.is(plan.cost, 3);
  const record = afterPurge(changed, plan, { now: NOW, twice: false });
  assert.equal(record, { ...newRecord(NOW), spent: 3 });
  assert.equal(planPurge(record, rules(), NOW), { kind: 'nothing' });
});

test('what does not fit waits for the next run; what changed last goes first', () => {
  const which = rules({ limit: { paths: 2, prefixes: 0, byFile: false } });
  const record = noteChanges(noteChanges(newRecord(NOW), names(4), NOW), ['1.css'], NOW + MINUTE);
  const plan = asked(planPurge(record, which, NOW + MINUTE));
  assert.equal(plan.files, ['1.css', '3.css']);
  assert.equal(afterPurge(record, plan, { now: NOW, twice: false }).pending, [
    ['0.css', NOW],
    ['2.css', NOW],
  ]);
  assert.equal(record.pending.at(-1), ['1.css', NOW], 'since the first change it is not what visitors should get');
});

test('a failure keeps everything, waits longer each time, an hour at most, and the first success ends it', () => {
  let record = noteChanges(newRecord(NOW), ['a.css'], NOW);
  const waits: number[] = [];
  for (let time = 0; time < 9; time++) {
    record = afterFailure(record, { text: `no ${time}`, now: NOW, random: 1 });
    waits.push(((record.trouble?.next ?? 0) - NOW) / MINUTE);
  }
  assert.equal(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  assert.equal(record.trouble, { since: NOW, times: 9, next: NOW + 60 * MINUTE, text: 'no 8' });
  assert.equal(planPurge(record, rules(), NOW + 59 * MINUTE), { kind: 'wait', why: 'trouble', waiting: 1 });
  assert.equal(told(record, rules(), NOW + 60 * MINUTE), { ...newRecord(NOW), spent: 1 });
});

test('waits differ by chance, so that caches of many sites are not asked at once', () => {
  const waitOf = (random: number) => afterFailure(newRecord(NOW), { text: '', now: NOW, random }).trouble?.next ?? 0;
  assert.equal([waitOf(0) - NOW, waitOf(1) - NOW], [30_000, 60_000]);
});

test('a service that says how long to wait is believed, for an hour at most', () => {
  const next = (waitMs: number) =>
    (afterFailure(newRecord(NOW), { text: '', now: NOW, waitMs, random: 0 }).trouble?.next ?? 0) - NOW;
  assert.equal([next(1000), next(10 * MINUTE), next(999 * MINUTE)], [30_000, 10 * MINUTE, 60 * MINUTE]);
});

const ALLOWED: readonly [day: number, allowed: number][] = [
  [1, 100],
  [8, 350],
  [15, 600],
  [26.2, 1000],
  [28, 1000],
];
for (const [day, allowed] of ALLOWED) {
  test(`on day ${day} of four weeks ${allowed} of a thousand paths may have been asked for`, () => {
    assert.is(allowance(1000, Date.UTC(2027, 1, 1) + (day - 1) * 24 * 60 * MINUTE), allowed);
  });
}

test('a spent budget is waited for; a new month is a new budget', () => {
  const spent = { ...noteChanges(newRecord(NOW), ['a.css'], NOW), spent: 60 };
  assert.equal(planPurge(spent, rules({ budget: 100 }), NOW), { kind: 'wait', why: 'budget', waiting: 1 });
  const march = Date.UTC(2027, 2, 1);
  const record = told(spent, rules({ budget: 100 }), march);
  assert.equal([record.month, record.spent], ['2027-03', 1]);
});

test('what is left of the budget is used for what fits, and for a folder where that spares paths', () => {
  const spent = { ...noteChanges(newRecord(NOW), [...names(3, 'a/'), 'b.css'], NOW), spent: 58 };
  const plan = asked(planPurge(spent, rules({ budget: 100 }), NOW));
  assert.equal(plan.ask, { paths: ['/b.css'], prefixes: ['/a/'] });
  const page = { ...noteChanges(newRecord(NOW), ['c/index.html'], NOW), spent: 59 };
  assert.is(planPurge(page, rules({ budget: 100 }), NOW).kind, 'wait', 'half a page is not asked for');
});

test('everything is purged only where that was configured, for what the service cannot take, not for what costs too much', () => {
  const many = noteChanges(newRecord(NOW), names(11), NOW);
  assert.equal(asked(planPurge(many, rules(), NOW)).files.length, 10);
  const plan = asked(planPurge(many, rules({ everything: true }), NOW));
  assert.equal([plan.ask, plan.files.length, plan.cost], ['everything', 11, 1]);
  const few = { ...noteChanges(newRecord(NOW), names(3), NOW), spent: 59 };
  assert.equal(asked(planPurge(few, rules({ everything: true, budget: 100 }), NOW)).ask, {
    paths: ['/2.css'],
    prefixes: [],
  });
});

test('where caches may have been fetching meanwhile, each file is purged once more, half a minute later', () => {
  const twice = rules({ twice: true });
  const once = told(noteChanges(newRecord(NOW), ['a.css'], NOW), twice, NOW);
  assert.is(planPurge(once, twice, NOW + 29_000).kind, 'nothing');
  const second = told(once, twice, NOW + 30_000);
  assert.equal(second, { ...newRecord(NOW), spent: 2 });
  const changedAgain = told(noteChanges(once, ['a.css'], NOW + 30_000), twice, NOW + 30_000);
  assert.equal(changedAgain.again, [['a.css', NOW + 60_000]]);
});

test('of more files than any site has the oldest are given up, and counted', () => {
  const record = noteChanges(noteChanges(newRecord(NOW), names(19_999), NOW), names(5, 'new/'), NOW);
  assert.equal([record.pending.length, record.forgotten], [20_000, 4]);
  assert.equal([record.pending[0]?.[0], record.pending.at(-1)?.[0]], ['4.css', 'new/4.css']);
});

test('status tells what waits since when, what was spent, and what the trouble is', () => {
  const cache = { name: 'cdn', budget: 100 };
  const quiet = { name: 'cdn', waiting: 0, since: null, forgotten: 0, spent: 0, budget: 100, trouble: null };
  assert.equal(purgeStatus(cache, undefined, NOW), quiet);
  const changed = noteChanges({ ...newRecord(NOW), spent: 7 }, ['a.css', 'b.css'], NOW);
  const failed = afterFailure(changed, { text: 'cdn: answered 500', now: NOW + 1000, random: 1 });
  assert.equal(purgeStatus(cache, failed, NOW + 5000), {
    ...quiet,
    waiting: 2,
    since: '2027-02-15T00:00:00.000Z',
    spent: 7,
    trouble: {
      since: '2027-02-15T00:00:01.000Z',
      times: 1,
      next: '2027-02-15T00:01:01.000Z',
      text: 'cdn: answered 500',
    },
  });
  assert.is(purgeStatus(cache, failed, Date.UTC(2027, 2, 1)).spent, 0);
});

const event = fc.record({
  wait: fc.integer({ min: 0, max: 3 * 24 * 60 * MINUTE }),
  changed: fc.array(fc.constantFrom('index.html', 'a/index.html', 'a/b.css', 'a/c.css', 'd.css'), { maxLength: 4 }),
  isTaken: fc.boolean(),
});

test('whatever happens, a changed file waits until it was asked for, and no more is spent than allowed', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), fc.boolean(), (events, twice) => {
      const which = rules({ budget: 20, limit: { paths: 4, prefixes: 1, byFile: true }, twice });
      let record = newRecord(NOW);
      let now = NOW;
      const waiting = new Set<string>();
      for (const { wait, changed, isTaken } of events) {
        now += wait;
        record = noteChanges(record, changed, now);
        for (const file of changed) waiting.add(file);
        const plan = planPurge(record, which, now);
        if (plan.kind === 'ask' && isTaken) {
          record = afterPurge(record, plan, { now, twice });
          for (const file of plan.files) waiting.delete(file);
          assert.ok(record.spent <= allowance(20, now));
        } else if (plan.kind === 'ask') record = afterFailure(record, { text: 'no', now, random: 0.5 });
        assert.equal(record.pending.map(([file]) => file).sort(), [...waiting].sort());
      }
    }),
    { numRuns: 500 },
  );
});

test.run();
