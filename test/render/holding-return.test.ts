// takes: 5 s
import vm from 'node:vm';
import { DomUtils, parseDocument } from 'htmlparser2';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { pages, project, removeProjects } from './project.ts';

const test = suite('a holding page that waits');
/** All chance depends on these. Of the seeds 1 to 20 none comes above 1.91 times the mean. */
const SEEDS = Array.from({ length: 3 }, (_, index) => index + 1);
const VISITORS = 1_000;
const HALF_AN_HOUR = 1_800;
/** Mean stay of a visitor who waits, in seconds: most leave within a minute or two. */
const STAY = 90;

let script = '';
let refresh = 0;

test.before(async () => {
  const html = (await pages(await project({}))).get('_holdfast/holding/busy.html') ?? '';
  const [element] = DomUtils.getElementsByTagName('script', parseDocument(html));
  assert.ok(element, 'the page has its script');
  script = DomUtils.textContent(element);
  refresh = Number(element.attribs['data-refresh']);
});
test.after(removeProjects);

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function chanceOf(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One open page that runs the script as it stands in the file, with a clock, a server and chance of ours. */
interface Visit {
  readonly asked: readonly { at: number; address: string }[];
  readonly reloads: number;
  /** What the tab keeps with its entry in the history, over a reload as well. */
  readonly kept: unknown;
  readonly waiting: { hidden: boolean };
  /** Lets the clock go on to a time in seconds. */
  until(time: number): Promise<void>;
  show(visible: boolean): void;
}

interface VisitOptions {
  readonly chance: () => number;
  readonly start?: number;
  /** What the server says at a time; undefined where it does not answer. */
  readonly origin?: (now: number) => unknown;
  /** What the tab kept from the page before this one. */
  readonly kept?: unknown;
}

const compiled = () =>
  vm.compileFunction(script, ['document', 'setTimeout', 'clearTimeout', 'fetch', 'location', 'history', 'Math']);

function visit(
  run: ReturnType<typeof compiled>,
  { chance, start = 0, origin = () => ({ state: 'down' }), kept = null }: VisitOptions,
) {
  let now = start;
  let due: { at: number; look: () => void } | undefined;
  let changed = () => {};
  const asked: { at: number; address: string }[] = [];
  const waiting = { hidden: true };
  const document = {
    hidden: false,
    currentScript: { getAttribute: () => String(refresh) },
    getElementById: () => waiting,
    addEventListener: (_: string, listener: () => void) => {
      changed = listener;
    },
  };
  const location = { reloads: 0, reload: () => location.reloads++ };
  const history = {
    state: kept,
    replaceState: (next: unknown) => {
      history.state = next;
    },
  };
  const fetch = (address: string) => {
    asked.push({ at: now, address });
    const said = origin(now);
    return said === undefined ? Promise.reject(new Error('away')) : Promise.resolve({ ok: true, json: () => said });
  };
  const setTimeout = (look: () => void, delay: number) => {
    due = { at: now + delay / 1_000, look };
  };
  const clearTimeout = () => {
    due = undefined;
  };
  const dice = Object.assign(Object.create(Math), { random: chance });
  run(document, setTimeout, clearTimeout, fetch, location, history, dice);
  const step = () => {
    const { at, look } = due ?? { at: now, look: () => {} };
    due = undefined;
    now = at;
    look();
  };
  const visitor: Visit = {
    asked,
    waiting,
    get reloads() {
      return location.reloads;
    },
    get kept() {
      return history.state;
    },
    until: async (time) => {
      while (due !== undefined && due.at <= time) {
        step();
        await new Promise(setImmediate);
      }
      now = time;
    },
    show: (visible) => {
      document.hidden = !visible;
      changed();
    },
  };
  /** The same without waiting for what the server says: it says nothing that matters. */
  const through = (end: number) => {
    while (due !== undefined && due.at <= end) step();
    return asked.map(({ at }) => at);
  };
  return Object.assign(visitor, { through });
}

/** Requests by second of half an hour. */
function bySecond(times: readonly number[]): number[] {
  const counts = new Array<number>(HALF_AN_HOUR).fill(0);
  for (const time of times)
    if (time >= 0 && time < HALF_AN_HOUR) counts.splice(Math.floor(time), 1, (counts[Math.floor(time)] ?? 0) + 1);
  return counts;
}

const mean = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0) / counts.length;
/** Variance by mean: 1 where requests fall as dice do, each by itself; the more they come together, the higher. */
const clumping = (counts: readonly number[]) => mean(counts.map((count) => (count - mean(counts)) ** 2)) / mean(counts);

test('a thousand visitors for half an hour, each who leaves replaced by another: no second has twice the mean', () => {
  const run = compiled();
  const ratios = SEEDS.map((seed) => {
    const chance = chanceOf(seed);
    const times: number[] = [];
    for (let place = 0; place < VISITORS; place += 1) {
      // Long before the half hour begins, so that it begins with people of every patience.
      for (let start = -STAY * 10 * chance(); start < HALF_AN_HOUR; ) {
        const end = start - STAY * Math.log(1 - chance());
        times.push(...visit(run, { chance, start }).through(Math.min(end, HALF_AN_HOUR)));
        start = end;
      }
    }
    const counts = bySecond(times);
    return Math.max(...counts) / mean(counts);
  });
  assert.ok(Math.max(...ratios) <= 2, `${ratios}`);
});

test('a thousand who came in the same second: none has twice what evenly spread requests would be', () => {
  const run = compiled();
  for (const seed of SEEDS) {
    const chance = chanceOf(seed);
    const times = Array.from({ length: VISITORS }, () => visit(run, { chance }).through(HALF_AN_HOUR)).flat();
    const counts = bySecond(times);
    assert.ok(Math.max(...counts) <= (2 * VISITORS) / refresh, `${Math.max(...counts)} in a second`);
    assert.equal(counts.slice(0, refresh / 2), new Array(refresh / 2).fill(0), 'nobody before half the time');
    const late = mean(counts.slice(-600));
    assert.ok(late < 5, `${late} a second in the last ten minutes: patience grows`);
    const clumps = clumping(counts.slice(-900));
    assert.ok(clumps < 1.15, `${clumps}: a quarter of an hour later nothing is left of their having come together`);
  }
});

test('it waits 1.5 times longer each time, up to 300 s, and asks for one small file only', async () => {
  const visitor = visit(compiled(), { chance: () => 0.5 });
  await visitor.until(1_500);
  const times = visitor.asked.map(({ at }) => at);
  const gaps = times.map((at, index) => Math.round(at - (times[index - 1] ?? 0)));
  assert.equal(gaps, [20, 30, 45, 68, 101, 152, 228, 300, 300]);
  assert.equal(new Set(visitor.asked.map(({ address }) => address)), new Set(['/_holdfast/origin.json']));
  assert.is(visitor.reloads, 0);
  assert.is(visitor.waiting.hidden, false, 'it says that it waits');
});

test('it reloads once the origin is up, and for nothing else that it is told', async () => {
  for (const said of [{ state: 'slow' }, { state: 'down' }, {}, 'up', undefined]) {
    const visitor = visit(compiled(), { chance: Math.random, origin: () => said });
    await visitor.until(300);
    assert.is(visitor.reloads, 0, JSON.stringify(said));
    assert.ok(visitor.asked.length >= 2, 'it goes on');
  }
  const visitor = visit(compiled(), { chance: () => 0.5, origin: (now) => ({ state: now < 90 ? 'down' : 'up' }) });
  await visitor.until(100);
  assert.is(visitor.reloads, 1);
});

test('where the origin is up and the page that comes is this one again, it is no less patient than before', async () => {
  const run = compiled();
  const reloads: number[] = [];
  let kept: unknown = { theirs: 1 };
  for (let now = 0; now < 1_200; ) {
    const visitor = visit(run, { chance: () => 0.5, start: now, origin: () => ({ state: 'up' }), kept });
    while (visitor.reloads === 0) await visitor.until(++now);
    reloads.push(now);
    ({ kept } = visitor);
  }
  assert.equal(
    reloads.map((at, index) => at - (reloads[index - 1] ?? 0)),
    [20, 30, 45, 68, 102, 152, 228, 300, 300],
  );
  assert.equal(kept, { theirs: 1, holdfastWait: 300 }, 'what the site itself keeps there stays');
});

test('what is not a time in seconds, or too long a one, is no patience', async () => {
  for (const [holdfastWait, first] of [
    ['x', 20],
    [-5, 20],
    [null, 20],
    [1e9, 300],
  ] as const) {
    const visitor = visit(compiled(), { chance: () => 0.5, kept: { holdfastWait } });
    await visitor.until(first + 1);
    assert.equal(
      visitor.asked.map(({ at }) => Math.round(at)),
      [first],
      `${holdfastWait}`,
    );
  }
});

test('a tab that is not seen asks nothing; one that is seen again begins anew', async () => {
  const visitor = visit(compiled(), { chance: () => 0.5 });
  await visitor.until(60);
  assert.is(visitor.asked.length, 2);
  visitor.show(false);
  await visitor.until(5_000);
  assert.is(visitor.asked.length, 2);
  visitor.show(true);
  await visitor.until(5_019);
  assert.is(visitor.asked.length, 2);
  await visitor.until(5_021);
  assert.is(visitor.asked.length, 3);
});

test.run();
