// takes: 50 s
// time limit: 1800 s
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import type { LeaseTiming } from '../../src/publish/lease.ts';
import { signal } from '../conformance/case.ts';
import { suite } from '../support/suite.ts';
import { NEW, OLD, publishTo, publishWith, THIRD } from './cycle.ts';
import { isAllThereIs, recordHolds, servedWhole } from './invariants.ts';
import { bundleChild, type Call, callsOf, type Ended, runToStop, runWithFault } from './strace.ts';

const test = suite('a publish, stopped at every system call', { needs: ['strace'] });

/** Calls on the mirror of one publish over another, and of a first one. Node's own releases may differ by a few. */
const COUNTED = { update: 173, first: 169 };
const TOLERANCE = 0.1;
const ERRNOS = ['EIO', 'ENOSPC', 'EACCES'] as const;
/** As many as there are processors on the smallest machine this runs on. */
const AT_ONCE = 2;
/** `npm run faults` puts in all of them: a fault of each kind at every call, every errno, and many more pairs of kills. */
const isFull = process.env['HOLDFAST_FAULTS'] === 'all';
const DOUBLE_KILLS = isFull ? 500 : 6;
/** Otherwise one call of so many is disturbed, and each around the switch. */
const EVERY = isFull ? { kill: 1, first: 1, error: 1, sleep: 1 } : { kill: 4, first: 12, error: 8, sleep: 20 };

/** A disk of memory where there is one: which calls are made is what counts here, and hundreds of mirrors are forced to it. */
const DISK = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let folder: string;
let bundle: string;
let update: readonly Call[];
let first: readonly Call[];
/** How many faults were put in, printed at the end. */
let injected = 0;

test.before(async () => {
  folder = await mkdtemp(join(DISK, 'holdfast-faults-'));
  bundle = await bundleChild(folder);
  update = await withMirror('count', OLD, (dir) => callsOf(bundle, [dir, 'new'], dir));
  first = await withMirror('count-first', undefined, (dir) => callsOf(bundle, [dir, 'new'], dir));
});

test.after(async () => {
  console.log(`${injected} faults put into publishes to a mirror`);
  await rm(folder, { recursive: true });
});

/** A mirror of its own, where `live` was published. */
async function withMirror<T>(
  name: string,
  live: typeof OLD | undefined,
  work: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = join(folder, name);
  await mkdir(dir);
  if (live !== undefined) await publishTo(dir, live);
  const result = await work(dir);
  await rm(dir, { recursive: true });
  return result;
}

async function onEach<T>(items: readonly T[], work: (item: T, n: number) => Promise<void>): Promise<void> {
  const source = items.entries();
  const worker = async () => {
    for (const [n, item] of source) await work(item, n);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** The one call by which visitors get the new release. */
function switchOf(calls: readonly Call[]): number {
  const at = calls.findIndex(({ name, text }) => name === 'rename' && /\/current"\)/.test(text));
  assert.ok(at > 0);
  return at;
}

/** One of `every` calls, and each around the switch, with its place among all. */
function sample(calls: readonly Call[], every: number): readonly (readonly [n: number, call: Call])[] {
  const turn = switchOf(calls);
  return [...calls.entries()].filter(([n]) => n % every === 0 || Math.abs(n - turn) <= 1);
}

function describe(fault: string, call: Call): string {
  return `${fault} at ${call.name} ${call.nth}: ${call.text.slice(0, 160)}`;
}

/** The next run needs no help, and leaves nothing of the one before. */
async function assertRecovers(dir: string, when: string): Promise<void> {
  await publishTo(dir, NEW);
  await isAllThereIs(dir, NEW, when);
}

test('a publish makes about as many calls as are written down here', () => {
  for (const [which, calls] of [
    ['update', update],
    ['first', first],
  ] as const) {
    const expected = COUNTED[which];
    assert.ok(
      Math.abs(calls.length - expected) <= expected * TOLERANCE,
      `${which}: ${calls.length} calls, ${expected} written down`,
    );
  }
});

/** Where in `calls` the file or folder that `path` ends with was forced to the disk. */
function synced(calls: readonly Call[], path: string): number {
  return calls.findLastIndex(({ name, text }) => name === 'fsync' && text.includes(`<${path}>`));
}

test('every new file and folder, and every folder that got a new name in it, is forced to the disk before visitors get it', () => {
  for (const calls of [update, first]) {
    const before = calls.slice(0, switchOf(calls));
    let checked = 0;
    for (const [at, { name, text }] of before.entries()) {
      const [, path = '', to = ''] = /"([^"]+)"(?:, "([^"]+)")?/.exec(text) ?? [];
      if (
        !text.includes(' = -1 ') &&
        (name === 'mkdir' || text.includes('O_CREAT')) &&
        !/\.incoming-[0-9a-f]+$/.test(path)
      ) {
        assert.ok(synced(before, path) > at, text);
        checked += 1;
      }
      if ((name === 'link' || name === 'symlink') && to.includes('/.incoming-')) {
        assert.ok(synced(before, dirname(to)) > at, text);
        checked += 1;
      }
      if (name !== 'rename') continue;
      assert.ok(synced(before.slice(0, at), path) >= 0, text);
      assert.ok(synced(before, dirname(to)) > at, text);
      checked += 1;
    }
    assert.ok(checked > 10);
    const mirror = dirname(/"([^"]+\/current)"\)/.exec(calls[switchOf(calls)]?.text ?? '')?.[1] ?? '');
    assert.ok(synced(calls, mirror) > before.length, 'the switch itself');
  }
});

test('killed before a call of an update, one release is served whole and the next run puts all right', async () => {
  const turn = switchOf(update);
  await onEach(sample(update, EVERY.kill), ([n, call]) =>
    withMirror(`kill-${n}`, OLD, async (dir) => {
      const when = describe('killed', call);
      injected += 1;
      const ended = await runWithFault(bundle, [dir, 'new'], call, 'signal=KILL');
      assert.is(ended.code, null, when);
      assert.is((await servedWhole(dir, [OLD, NEW], when))?.manifest.id, (n <= turn ? OLD : NEW).manifest.id, when);
      await recordHolds(dir, when);
      await assertRecovers(dir, when);
    }),
  );
});

test('killed before a call of a first publish, nothing or all of it is served and the next run puts all right', async () => {
  const turn = switchOf(first);
  await onEach(sample(first, EVERY.first), ([n, call]) =>
    withMirror(`first-${n}`, undefined, async (dir) => {
      const when = describe('killed', call);
      injected += 1;
      const ended = await runWithFault(bundle, [dir, 'new'], call, 'signal=KILL');
      assert.is(ended.code, null, when);
      assert.is(await servedWhole(dir, [NEW], when), n <= turn ? undefined : NEW, when);
      await assertRecovers(dir, when);
    }),
  );
});

/** A failed run leaves the old release; one that says it went well has made the new one live. */
function assertHonest(ended: Ended, isNewLive: boolean, when: string): void {
  assert.ok(ended.code === 0 || ended.code === 1, `${when}: ended with ${ended.code}`);
  if (ended.code === 0) assert.ok(isNewLive, `${when}: said to be live, and is not`);
  else assert.match(ended.stderr, /^(destination-unwritable|destination-damaged|state-unwritable): /, when);
}

test('with an error at a call, one release is served whole, no failure is hidden, and the next run puts all right', async () => {
  const turn = switchOf(update);
  const errors = sample(update, EVERY.error).flatMap(([n, call], at) =>
    ERRNOS.filter((_, which) => isFull || which === at % ERRNOS.length).map((errno) => ({ call, n, errno })),
  );
  await onEach(errors, ({ call, n, errno }) =>
    withMirror(`error-${n}-${errno}`, OLD, async (dir) => {
      const when = describe(errno, call);
      injected += 1;
      const ended = await runWithFault(bundle, [dir, 'new'], call, `error=${errno}`);
      const served = await servedWhole(dir, [OLD, NEW], when);
      assert.ok(served, when);
      assertHonest(ended, served === NEW, when);
      // What could not be made durable must not go live.
      if (n <= turn && call.name === 'fsync') assert.is(ended.code, 1, when);
      if (n <= turn && ended.code === 1) assert.is(served, OLD, when);
      await recordHolds(dir, when);
      await assertRecovers(dir, when);
    }),
  );
});

/** Numbers from 0 to below 1 that are the same in every run. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

test('killed, and killed again while the next run puts it right, all is right after the third', async () => {
  const source = numbers(7);
  const pick = (): Call => {
    const call = update[Math.floor(Number(source.next().value) * update.length)];
    assert.ok(call);
    return call;
  };
  const pairs = Array.from({ length: DOUBLE_KILLS }, () => [pick(), pick()] as const);
  await onEach(pairs, ([one, two], n) =>
    withMirror(`double-${n}`, OLD, async (dir) => {
      const when = `${describe('killed', one)}, then ${describe('killed', two)}`;
      injected += 2;
      await runWithFault(bundle, [dir, 'new'], one, 'signal=KILL');
      await runWithFault(bundle, [dir, 'new'], two, 'signal=KILL');
      assert.ok(await servedWhole(dir, [OLD, NEW], when), when);
      await recordHolds(dir, when);
      await assertRecovers(dir, when);
    }),
  );
});

/** Others take the lease so soon, that a test lasts seconds; the child, asleep, has the usual idea of it, and only the record stops it. */
const TIMING: LeaseTiming = { ttl: 900, renew: 300, stop: 600 };
/** Each of these sleeps for a lease's time. */
const SLEEPS_AT_ONCE = 8;

/** What another machine publishes while this one sleeps. It may have to wait for who sleeps with the record's own lock in hand. */
async function publishMeanwhile(dir: string): Promise<boolean> {
  const mirror = createMirror({ name: 'www', dir });
  return publishWith(mirror, THIRD, { holder: 'waker', timing: TIMING }).then(
    () => true,
    (error: unknown) => {
      if (!isHoldfastError(error, 'destination-moved', 'leased')) throw error;
      return false;
    },
  );
}

test('a publisher that sleeps past its lease after any call, and wakes, leaves visible and on record what the one that followed it published', async () => {
  const sleeps = sample(update, EVERY.sleep).values();
  const worker = async () => {
    for (const [n, call] of sleeps)
      await withMirror(`sleep-${n}`, OLD, async (dir) => {
        const when = describe('slept', call);
        const sleeper = runToStop(bundle, [dir, 'new'], call);
        if (!(await sleeper.hasStopped)) assert.unreachable(`${when}: it never stopped`);
        injected += 1;
        const hasPublished = await publishMeanwhile(dir);
        const before = await createMirror({ name: 'www', dir }).control.read(signal);
        await sleeper.resume();
        const after = await createMirror({ name: 'www', dir }).control.read(signal);
        if (hasPublished) {
          assert.equal(after, before, `${when}: the record was moved`);
          assert.is(await servedWhole(dir, [OLD, NEW, THIRD], when), THIRD, when);
        }
        assert.ok((after?.record.generation ?? 0) >= (before?.record.generation ?? 0), when);
        await publishWith(createMirror({ name: 'www', dir }), THIRD, { holder: 'waker', timing: TIMING });
        await isAllThereIs(dir, THIRD, when);
      });
  };
  await Promise.all(Array.from({ length: SLEEPS_AT_ONCE }, worker));
});

test.run();
