import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { systemClock } from '../../src/model/clock.ts';
import { HoldfastError, isHoldfastError } from '../../src/model/errors.ts';
import { parseControl } from '../../src/publish/control.ts';
import type { Destination } from '../../src/publish/destination.ts';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { setHold } from '../../src/publish/hold.ts';
import { type Bid, LEASE_TIMING, type Lease, takeLease } from '../../src/publish/lease.ts';
import { assertFails } from '../conformance/case.ts';
import { recordOf } from '../conformance/releases.ts';
import { suite } from '../support/suite.ts';

const test = suite('the lease of a destination');
const signal = new AbortController().signal;
const OWNER = { site: 'www.example.org', environment: 'test' };
/** A tenth of the real ones, so that a test lasts a second. */
const TIMING = { ttl: 900, renew: 300, stop: 600 };
/** Where nobody else is about. */
const QUICK = { ttl: 90, renew: 30, stop: 60 };
const CONTENDERS = 10;
const ROUNDS = 20;

let dir: string;
let mirror: Destination;

test.before.each(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-lease-'));
  mirror = createMirror({ name: 'www', dir });
});

test.after.each(() => rm(dir, { recursive: true }));

const bidOf = (holder: string, more: Partial<Bid> = {}): Bid => ({
  owner: OWNER,
  holder,
  clock: systemClock,
  timing: TIMING,
  ...more,
});
const take = (holder: string, more: Partial<Bid> = {}): Promise<Lease> =>
  takeLease(mirror, bidOf(holder, more), signal);
const record = async () => (await mirror.control.read(signal))?.record;

test('an empty destination is claimed, and the record names who is at work until the lease is given back', async () => {
  const lease = await take('one');
  const { site, environment, lineage, lease: held } = (await record()) ?? recordOf();
  assert.equal([site, environment, held?.holder], ['www.example.org', 'test', 'one']);
  assert.match(lineage, /^[0-9a-f-]{36}$/);
  await lease.release();
  assert.is((await record())?.lease, null);
  assert.is((await record())?.lineage, lineage);
});

test("a publisher that slept does nothing under its lease before it has looked whether that is another's by now", async () => {
  let slept = 0;
  const clock = {
    ...systemClock,
    now: () => systemClock.now() + slept,
    monotonic: () => systemClock.monotonic() + slept,
  };
  const lease = await take('one', { clock, timing: LEASE_TIMING });
  const done: string[] = [];
  const work = async (): Promise<void> => void done.push('removed');
  slept = LEASE_TIMING.stop;
  await lease.guard(work);
  assert.equal([done.length, (await record())?.generation], [1, 2], 'it is renewed first');
  const found = await mirror.control.read(signal);
  assert.ok(found);
  const theirs = { holder: 'two', run: 'theirs', renewed: new Date(0).toISOString() };
  await mirror.control.swap({ ...found.record, generation: 3, lease: theirs }, found.version, signal);
  slept += LEASE_TIMING.ttl;
  await assertFails(lease.guard(work), 'lease-lost');
  assert.is(done.length, 1);
  await lease.release();
});

test('a destination of another site or environment is refused before anything is written', async () => {
  await (await take('one')).release();
  const before = await readFile(join(dir, '_holdfast/control.json'), 'utf8');
  for (const owner of [
    { ...OWNER, site: 'www.example.com' },
    { ...OWNER, environment: 'staging' },
  ])
    await assertFails(take('two', { owner }), 'destination-foreign');
  assert.is(await readFile(join(dir, '_holdfast/control.json'), 'utf8'), before);
});

test('where one holds the lease another is told so at once, and gets it when it was given back', async () => {
  const one = await take('one');
  const began = performance.now();
  await assertFails(take('two'), 'leased');
  assert.ok(performance.now() - began < TIMING.ttl, 'without waiting');
  await one.release();
  const two = await take('two');
  await two.release();
});

test('a lease that is renewed outlasts its time', async () => {
  const one = await take('one');
  await wait(TIMING.ttl * 2);
  await one.ensureHeld();
  await assertFails(take('two'), 'leased');
  assert.ok(((await record())?.generation ?? 0) >= 4);
  await one.release();
});

/** A holder that died: its lease is in the record and nobody renews it. */
async function leaveDead(holder: string, renewed: Date): Promise<void> {
  const state = await mirror.control.read(signal);
  const dead = recordOf({ moving: 'r9', lease: { holder, run: 'x', renewed: renewed.toISOString() } });
  await mirror.control.swap({ ...dead, generation: (state?.record.generation ?? 0) + 1 }, state?.version, signal);
}

test('the lease of a machine that died is taken when its time ran out, and what it was sending is suspect', async () => {
  await leaveDead('dead', new Date());
  await assertFails(take('two'), 'leased');
  await wait(TIMING.ttl);
  const two = await take('two');
  assert.equal(
    (await record())?.suspects.map(({ release }) => release),
    ['r9'],
  );
  await two.release();
});

test('a run that died on this machine is followed at once, and is not suspect: it is gone', async () => {
  await leaveDead('one', new Date());
  const lease = await take('one');
  assert.equal((await record())?.suspects, []);
  assert.is((await record())?.moving, 'r9');
  await lease.release();
});

test('the clocks of two machines are never compared: one that is hours off keeps its lease, and a dead one loses it', async () => {
  const hours = 3 * 3_600_000;
  for (const offset of [-hours, hours]) {
    const clock = { ...systemClock, now: () => Date.now() + offset };
    const one = await take('one', { clock });
    await assertFails(take('two'), 'leased');
    await one.release();
    await leaveDead('dead', new Date(Date.now() + offset));
    await (await take('two')).release();
  }
});

test('who was late renews before anything becomes visible, and goes on where nobody was faster', async () => {
  let late = 0;
  const clock = { ...systemClock, now: () => Date.now() + late, monotonic: () => performance.now() + late };
  const one = await take('one', { clock, timing: LEASE_TIMING });
  const generation = (await record())?.generation ?? 0;
  await one.ensureHeld();
  assert.is((await record())?.generation, generation, 'a fresh lease is not renewed for it');
  late = LEASE_TIMING.stop;
  await one.ensureHeld();
  assert.is((await record())?.generation, generation + 1);
  await one.release();
});

test('who was late and finds that another was faster may make nothing visible, and moves nothing', async () => {
  let late = 0;
  const clock = { ...systemClock, now: () => Date.now() + late, monotonic: () => performance.now() + late };
  const one = await take('one', { clock, timing: LEASE_TIMING });
  late = LEASE_TIMING.ttl;
  await leaveDead('two', new Date());
  const before = await record();
  await assertFails(one.ensureHeld(), 'lease-lost');
  await assertFails(
    one.move((now) => now),
    'lease-lost',
  );
  assert.ok(one.signal.aborted);
  await one.release();
  assert.equal(await record(), before);
});

test('who cannot renew, or waits for a renewal that does not end, has lost the lease', async () => {
  for (const swap of [
    () => Promise.reject(new HoldfastError('destination-unwritable', 'no')),
    () => new Promise<string>(() => {}),
  ]) {
    let isBroken = false;
    const broken: Destination = {
      ...mirror,
      control: { ...mirror.control, swap: (...given) => (isBroken ? swap() : mirror.control.swap(...given)) },
    };
    const one = await takeLease(broken, bidOf('one', { timing: QUICK }), signal);
    isBroken = true;
    // The lease's own timer keeps no process alive.
    const awake = setInterval(() => {}, TIMING.ttl);
    await new Promise((resolve) => one.signal.addEventListener('abort', resolve));
    clearInterval(awake);
    assert.ok(isHoldfastError(one.signal.reason, 'lease-lost'));
    const { lease } = (await record()) ?? recordOf();
    assert.is(lease?.holder, 'one');
    await leaveDead('one', new Date());
    await (await take('one')).release();
  }
});

/** What becomes of one renewal that takes a while, and what the holder has by then. */
const SLOW: readonly (readonly [what: string, lifetimes: number, fails: boolean, isHeld: boolean])[] = [
  ['one that is slow but within the life of the lease', 0.8, false, true],
  ['one that takes longer than that, where nobody was faster', 2, false, true],
  ['one that fails within it, and the next is well', 0.7, true, true],
  ['one that fails once another may have the lease', 2, true, false],
];

for (const [what, lifetimes, fails, isHeld] of SLOW) {
  test(`a renewal that is slow: ${what} ${isHeld ? 'costs a wait' : 'ends the lease'}`, async () => {
    // The clock is the test's: how long a renewal takes is what it says, however busy the machine is.
    let now = 0;
    const clock = { now: () => now, monotonic: () => now, sleep: async () => undefined };
    let slow: Promise<void> | undefined;
    const swap: Destination['control']['swap'] = async (...given) => {
      await slow;
      if (slow !== undefined && fails) {
        slow = undefined;
        throw new HoldfastError('destination-unwritable', 'no');
      }
      return mirror.control.swap(...given);
    };
    const control = { ...mirror.control, swap };
    const one = await takeLease({ ...mirror, control }, bidOf('one', { timing: QUICK, clock }), signal);
    let end = (): void => undefined;
    slow = new Promise((resolve) => {
      end = resolve;
    });
    // Three rounds of the timer: one begins to renew, two find it under way.
    await wait(QUICK.renew * 3.5);
    now += QUICK.ttl * lifetimes;
    const before = await record();
    end();
    for (
      let looks = 0;
      looks < 200 && !one.signal.aborted && (await record())?.generation === before?.generation;
      looks += 1
    )
      await wait(10);
    assert.is(one.signal.aborted, !isHeld);
    if (isHeld) await one.ensureHeld();
    await one.release();
  });
}

test('who lost the lease to another learns it at its next move, and moves nothing', async () => {
  const one = await take('one');
  await leaveDead('two', new Date());
  const before = await record();
  await assertFails(
    one.move((now) => ({ ...now, live: 'r1' })),
    'lease-lost',
  );
  assert.equal(await record(), before);
  assert.ok(one.signal.aborted);
});

test('changes come in turn, and one that can wait goes with the next move', async () => {
  const one = await take('one');
  one.changeSoon((now) => ({ ...now, verified: 'r1' }));
  assert.is((await record())?.verified, null);
  const ids = Array.from({ length: 10 }, (_, n) => `r${n}`);
  await Promise.all(ids.map((id) => one.move((now) => ({ ...now, releases: [...now.releases, id] }))));
  assert.equal((await record())?.releases, ids);
  assert.is((await record())?.verified, 'r1');
  one.changeSoon((now) => ({ ...now, verified: 'r2' }));
  await one.release();
  assert.is((await record())?.verified, 'r2');
});

/** What a person's `hold` does, from any machine. */
const holdTo = (page: string | null, at: Destination = mirror, holder = 'somebody') =>
  setHold(at, { page, owner: OWNER, holder, clock: systemClock }, signal);

/** A mirror with something live, so that there is somebody to hold. */
async function publishedMirror(): Promise<void> {
  const lease = await take('one');
  await lease.move((now) => ({ ...now, live: 'r1' }));
  await lease.release();
}

test('a record of before there were holds is one without', () => {
  const { hold: _hold, ...old } = recordOf({ live: 'r1' });
  assert.equal(parseControl(JSON.stringify(old)), recordOf({ live: 'r1' }));
});

test('a hold waits for no lease, costs nobody theirs, and stays in every move that comes after it', async () => {
  await publishedMirror();
  const one = await take('one', { timing: LEASE_TIMING });
  await holdTo('busy');
  assert.is((await record())?.lease?.holder, 'one');
  await one.move((now) => ({ ...now, live: 'r2' }));
  assert.equal([(await record())?.hold?.page, (await record())?.live], ['busy', 'r2']);
  assert.is(one.state.record.hold?.page, 'busy');
  one.changeSoon((now) => ({ ...now, verified: 'r2' }));
  await holdTo(null);
  await one.release();
  const { hold, lease, verified } = (await record()) ?? recordOf();
  assert.equal([hold, lease, verified], [null, null, 'r2']);
});

test('work that a hold came in between is done again with the record as it is then, and once', async () => {
  await publishedMirror();
  const one = await take('one', { timing: LEASE_TIMING });
  const versions: (string | undefined)[] = [];
  const done = await one.guard(async (version) => {
    versions.push(version);
    if (versions.length < 3) await holdTo(versions.length === 1 ? 'busy' : null);
    if ((await mirror.control.read(signal))?.version === version) return 'done';
    throw new HoldfastError('destination-moved', 'a hold came first');
  });
  assert.is(done, 'done');
  assert.is(new Set(versions).size, 3);
  await one.release();
});

test('a hold between the look at a lease and its taking costs nobody their turn, nor one while a dead lease is watched', async () => {
  await publishedMirror();
  const lateHold: Destination = {
    ...mirror,
    control: {
      ...mirror.control,
      read: async (until) => {
        const state = await mirror.control.read(until);
        if (state?.record.hold === null) await holdTo('busy');
        return state;
      },
    },
  };
  const one = await takeLease(lateHold, bidOf('one', { timing: LEASE_TIMING }), signal);
  await one.release();
  await leaveDead('dead', new Date(Date.now() - TIMING.ttl * 2));
  const taking = take('two');
  await wait(TIMING.ttl / 3);
  await holdAnyway('launch');
  await (await taking).release();
  assert.is((await record())?.hold?.page, 'launch');
});

/** A hold although nothing is live, as the record of a dead machine in these tests has it. */
async function holdAnyway(page: string): Promise<void> {
  const state = await mirror.control.read(signal);
  const next = recordOf({ ...state?.record, hold: { page, since: new Date().toISOString(), by: 'somebody' } });
  await mirror.control.swap({ ...next, generation: next.generation + 1 }, state?.version, signal);
}

test('who lost the lease is not saved by a hold that the one who has it now was put under', async () => {
  await publishedMirror();
  const one = await take('one');
  await leaveDead('two', new Date());
  await holdAnyway('busy');
  await assertFails(
    one.move((now) => ({ ...now, live: 'r2' })),
    'lease-lost',
  );
  await assertFails(
    one.guard(async () => 'done'),
    'lease-lost',
  );
});

test('of many holds at once, while the lease is renewed all the time, the last one is what is there', async () => {
  await publishedMirror();
  const one = await take('one', { timing: LEASE_TIMING });
  const moves = Array.from({ length: 20 }, (_, n) => one.move((now) => ({ ...now, verified: `r${n}` })));
  const holds = Array.from({ length: 6 }, (_, n) => holdTo(n % 2 === 0 ? 'busy' : 'launch'));
  await Promise.all([...moves, ...holds]);
  await holdTo('maintenance');
  await one.ensureHeld();
  await one.release();
  const { hold, verified, lease } = (await record()) ?? recordOf();
  assert.equal([hold?.page, verified, lease], ['maintenance', 'r19', null]);
});

test('a hold on what belongs to others, or where nothing is live, is refused and writes nothing', async () => {
  await assertFails(holdTo('busy'), 'usage');
  await publishedMirror();
  const before = await readFile(join(dir, '_holdfast/control.json'), 'utf8');
  const owner = { ...OWNER, environment: 'staging' };
  await assertFails(
    setHold(mirror, { page: 'busy', owner, holder: 'x', clock: systemClock }, signal),
    'destination-foreign',
  );
  assert.is(await readFile(join(dir, '_holdfast/control.json'), 'utf8'), before);
});

test('a hold goes on since it began, and one on another page begins anew', async () => {
  await publishedMirror();
  const { hold } = await holdTo('busy');
  assert.equal((await holdTo('busy')).hold, hold);
  assert.equal((await holdTo('busy', mirror, 'another')).hold, hold);
  await wait(2);
  const other = (await holdTo('launch', mirror, 'another')).hold;
  assert.equal([other?.page, other?.by], ['launch', 'another']);
  assert.ok((other?.since ?? '') > (hold?.since ?? ''));
});

test('a store that ignores conditions is left to the one machine that claimed it', async () => {
  const store: Destination = { ...mirror, control: { ...mirror.control, probe: async () => 'ignored' } };
  await (await takeLease(store, bidOf('one'), signal)).release();
  await (await takeLease(store, bidOf('one'), signal)).release();
  await assertFails(takeLease(store, bidOf('two'), signal), 'destination-foreign');
});

test(`of ${CONTENDERS} who want the lease at once one gets it, in each of ${ROUNDS} rounds`, async () => {
  let generation = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bids = Array.from({ length: CONTENDERS }, (_, n) => take(`machine ${n}`));
    const ended = await Promise.allSettled(bids);
    const won = ended.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    assert.is(won.length, 1, `round ${round}`);
    for (const result of ended)
      if (result.status === 'rejected') assert.ok(isHoldfastError(result.reason, 'leased'), String(result.reason));
    await won[0]?.release();
    const now = (await record())?.generation ?? 0;
    assert.ok(now > generation, 'the generation rises');
    generation = now;
  }
});

test.run();
