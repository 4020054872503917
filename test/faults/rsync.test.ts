// takes: 50 s
// time limit: 900 s
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { asHoldfastError, isHoldfastError } from '../../src/model/errors.ts';
import type { LeaseTiming } from '../../src/publish/lease.ts';
import { machineOf, type RsyncPlace, theSshd } from '../publish/rsync-place.ts';
import { suite } from '../support/suite.ts';
import { NEW, OLD, publishWith, THIRD } from './cycle.ts';
import { isAllThereIs, recordHolds, servedWhole } from './invariants.ts';
import { HOLDER } from './publisher.ts';
import { type Disturbance, inPlace, openRig, processesIn, type Rig, waitFor } from './rsync-rig.ts';
import { bundleChild } from './strace.ts';

const test = suite('a publish over ssh, disturbed at every command there', { needs: ['sshd'] });

/** `npm run faults`: every disturbance at every command; otherwise at some, all over the publish. */
const isFull = process.env['HOLDFAST_FAULTS'] === 'all';
/** Of so many commands in a row one is disturbed, unless all are. */
const SAMPLED = { update: 7, first: 12, killed: 10, stopped: 15 };
/** Commands there of one publish over another, and of a first one; one more or fewer has to be thought about, and written down here. */
const COUNTED = { update: 58, first: 45 };
/** Who is stopped before so many commands has no lease yet. */
const LEASED = 9;
const AT_ONCE = 3;
/** How long it may take until nothing of a killed publisher runs here. */
const GONE_MS = 30_000;
/** No renewal comes in between, so that the commands there are always the same. */
const CALM: LeaseTiming = { ttl: 9000, renew: 60_000, stop: 60_000 };
/** For who follows one that was stopped, and need not wait long. */
const HASTY: LeaseTiming = { ...CALM, ttl: 900 };

const PUBLISHER = { holder: HOLDER, timing: CALM };

const signal = new AbortController().signal;

let rigs: readonly Rig[];
let folder: string;
let bundle: string;
let update: readonly string[];
let first: readonly string[];
let disturbed = 0;

test.before(async () => {
  rigs = await Promise.all(Array.from({ length: AT_ONCE }, openRig));
  folder = await mkdtemp(join(tmpdir(), 'holdfast-faults-'));
  bundle = await bundleChild(folder, 'publish-once-rsync.ts');
  const [rig] = rigs;
  assert.ok(rig);
  update = await commandsOf(rig, OLD);
  first = await commandsOf(rig, undefined);
});

test.after(async () => {
  console.log(`${disturbed} publishes over ssh disturbed`);
  await Promise.all(rigs.map((rig) => rig.close()));
  await rm(folder, { recursive: true });
});

async function commandsOf(rig: Rig, live: typeof OLD | undefined): Promise<readonly string[]> {
  let commands: readonly string[] = [];
  await inPlace(rig, live, async (place) => {
    await rig.disturb(0);
    await publishWith(place.open(), NEW, PUBLISHER);
    commands = await rig.commands();
  });
  return commands;
}

async function onEach<T>(items: Iterable<T>, work: (item: T, rig: Rig) => Promise<void>): Promise<void> {
  const source = [...items][Symbol.iterator]();
  const worker = async (rig: Rig) => {
    for (const item of source) await work(item, rig);
  };
  const ended = await Promise.allSettled(rigs.map(worker));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
}

test('a publish runs as many commands there as are written down here', () => {
  const counted = { update: update.length, first: first.length };
  assert.equal(counted, COUNTED);
});

interface Case {
  readonly live: typeof OLD | undefined;
  readonly n: number;
  readonly what: Disturbance;
  readonly when: string;
}

interface Choice {
  readonly commands: readonly string[];
  readonly whats: readonly Disturbance[];
  /** One command in so many. */
  readonly sampled: number;
}

function* casesOf(live: typeof OLD | undefined, { commands, whats, sampled }: Choice): Generator<Case> {
  for (const [at, command] of commands.entries())
    for (const [turn, what] of whats.entries())
      if (isFull || at % (sampled * whats.length) === turn * sampled)
        yield { live, n: at + 1, what, when: `${what} at command ${at + 1}, ${command}` };
}

/** The same place by a server that counts nothing, since counting takes longer than most commands. */
const undisturbed = async (place: RsyncPlace) => place.open(machineOf(await theSshd()));

/** One release is whole, and the record holds; then the next run needs no help and leaves nothing of the one before. */
async function assertRecovers(place: RsyncPlace, { live, when }: Case): Promise<void> {
  if (live !== undefined) await recordHolds(place.dir, when);
  await publishWith(await undisturbed(place), NEW, PUBLISHER);
  await isAllThereIs(place.dir, NEW, when);
}

async function disturb(each: Case, rig: Rig): Promise<void> {
  const { live, n, what, when } = each;
  await inPlace(rig, live, async (place) => {
    await rig.disturb(n, what);
    const failure = await publishWith(place.open(), NEW, PUBLISHER).then(() => undefined, asHoldfastError);
    await rig.disturb(0);
    disturbed += 1;
    const served = await servedWhole(place.dir, [OLD, NEW], when);
    if (failure === undefined) assert.is(served, NEW, `${when}: said to be live, and is not`);
    else
      assert.ok(
        isHoldfastError(failure, 'destination-unwritable', 'destination-damaged', 'destination-moved', 'lease-lost'),
        `${when}: ${failure.code} ${failure.message}`,
      );
    assert.ok(served !== undefined || live === undefined, when);
    await assertRecovers(place, each);
  });
}

const HERE = ['command fails', 'script killed', 'connection cut'] as const;

test('whatever fails at any command of an update, one release is served whole, no failure is hidden, and the next run puts all right', () =>
  onEach(casesOf(OLD, { commands: update, whats: HERE, sampled: SAMPLED.update }), disturb));

test('whatever fails at any command of a first publish, nothing or all of it is served, and the next run puts all right', () =>
  onEach(casesOf(undefined, { commands: first, whats: HERE, sampled: SAMPLED.first }), disturb));

/** Moves the record on by one, with the connection cut at the n-th command there; the commands it took. */
async function moveOn({ open }: RsyncPlace, rig: Rig, n: number): Promise<readonly string[]> {
  const far = open();
  const before = await far.control.read(signal);
  assert.ok(before);
  const generation = before.record.generation + 1;
  await rig.disturb(n, 'connection cut');
  const version = await far.control.swap({ ...before.record, generation }, before.version, signal);
  const commands = await rig.commands();
  await rig.disturb(0);
  const after = await far.control.read(signal);
  assert.equal([after?.version, after?.record.generation], [version, generation], `cut at command ${n}`);
  return commands;
}

test('a move of the record whose connection is cut at any command is made once, and said to be made', async () => {
  const [rig] = rigs;
  assert.ok(rig);
  await inPlace(rig, OLD, async (place) => {
    const commands = await moveOn(place, rig, 0);
    for (const at of commands.keys()) await moveOn(place, rig, at + 1);
    disturbed += commands.length;
  });
});

test('killed at any command of an update, nothing of the publisher runs on here, one release is served whole, and the next run puts all right', async () => {
  const cases = casesOf(OLD, { commands: update, whats: ['publisher killed'], sampled: SAMPLED.killed });
  await onEach(
    [...cases].filter(({ n }) => isFull || n % 3 === 0),
    async (each, rig) =>
      inPlace(rig, OLD, async (place) => {
        await rig.disturb(each.n, each.what);
        const publisher = await rig.startPublisher(bundle, place);
        assert.is(await publisher.ended, null, each.when);
        disturbed += 1;
        const isGone = async () =>
          (await readdir(publisher.temporary)).length + (await processesIn(publisher.temporary)).length === 0;
        assert.ok(await waitFor(isGone, GONE_MS), `${each.when}: something of the publisher is left here`);
        assert.ok(await servedWhole(place.dir, [OLD, NEW], each.when), each.when);
        await rig.disturb(0);
        await assertRecovers(place, each);
      }),
  );
});

/** The publisher and what it runs there stand still, as long as it takes another machine to follow. */
async function stopped({ n, what, when }: Case, rig: Rig): Promise<void> {
  await inPlace(rig, OLD, async (place) => {
    await rig.disturb(n, what);
    const publisher = await rig.startPublisher(bundle, place);
    assert.ok(await rig.isStopped(GONE_MS), when);
    disturbed += 1;
    await wait(HASTY.ttl);
    const waker = { holder: 'waker', timing: HASTY };
    // Who stands still while it has the lock of the record keeps others out, until it goes on.
    const early = await publishWith(place.open(), THIRD, waker).then(() => undefined, asHoldfastError);
    const before = early === undefined ? await place.open().control.read(signal) : undefined;
    await rig.letGo(publisher);
    await publisher.ended;
    if (before !== undefined) {
      assert.is((await servedWhole(place.dir, [OLD, NEW, THIRD], when))?.manifest.id, THIRD.manifest.id, when);
      const after = await place.open().control.read(signal);
      assert.is(after?.version, before.version, `${when}: who woke moved the record`);
    }
    await wait(HASTY.ttl);
    await publishWith(await undisturbed(place), THIRD, waker);
    await isAllThereIs(place.dir, THIRD, when);
  });
}

test('stopped at any command until another machine took over, and let go, it changes nothing that visitors get', async () => {
  const cases = [...casesOf(OLD, { commands: update, whats: ['all stopped'], sampled: SAMPLED.stopped })];
  await onEach(
    cases.filter(({ n }) => n > LEASED),
    stopped,
  );
});

test.run();
