// takes: 50 s
// time limit: 600 s
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { systemClock } from '../../src/model/clock.ts';
import { asHoldfastError, isHoldfastError } from '../../src/model/errors.ts';
import { type LeaseTiming, takeLease } from '../../src/publish/lease.ts';
import { read } from '../conformance/releases.ts';
import type { SeenRequest } from '../support/faulty-proxy.ts';
import {
  conflict,
  cutAnswer,
  cutRequest,
  type Fault,
  neverAnswered,
  neverForwarded,
  pause,
  preconditionFailed,
  serverError,
  slowDown,
} from '../support/proxy-faults.ts';
import { suite } from '../support/suite.ts';
import { FOURTH, NEW, OLD, OWNER, publishWith, THIRD } from './cycle.ts';
import { HOLDER, startPublisher } from './publisher.ts';
import {
  assertAllThereIs,
  assertWhole,
  inPlace,
  keysIn,
  openRig,
  type Place,
  publisherAt,
  type Rig,
  recordAt,
  removeProbes,
} from './s3-case.ts';
import { bundleChild } from './strace.ts';

const test = suite('a publish to S3, disturbed at every request', { needs: ['ceph'] });

/** Requests of one publish over another, and of a first one; a request more or fewer has to be thought about, and written down here. */
const COUNTED = { update: 24, first: 24 };
/** A tenth of the real ones: what is shown is the order of things, and a test waits for each. */
const TIMING: LeaseTiming = { ttl: 900, renew: 300, stop: 600 };
const AT_ONCE = 6;
const CONTENDERS = 10;
/** `npm run faults` puts in all of them; without it each request sees a third of the faults, and every second one a kill before it or after it. */
const isFull = process.env['HOLDFAST_FAULTS'] === 'all';
const ROUNDS = isFull ? 100 : 10;

const signal = new AbortController().signal;

let rig: Rig;
let folder: string;
let bundle: string;
let update: readonly SeenRequest[];
let first: readonly SeenRequest[];
/** How many faults were put in, printed at the end. */
let injected = 0;

test.before(async () => {
  rig = await openRig();
  folder = await mkdtemp(join(tmpdir(), 'holdfast-faults-'));
  bundle = await bundleChild(folder, 'publish-once-s3.ts');
  update = await inPlace(rig, { prefix: 'count', live: OLD }, (place) => requestsOf(place));
  first = await inPlace(rig, { prefix: 'count-first', live: undefined }, (place) => requestsOf(place));
});

test.after(async () => {
  console.log(`${injected} faults put into publishes to S3`);
  rig.close();
  await rm(folder, { recursive: true });
});

async function requestsOf({ through, proxy }: Place): Promise<readonly SeenRequest[]> {
  await publishWith(through, NEW);
  return [...proxy.requests];
}

async function onEach<T>(items: readonly T[], work: (item: T, n: number) => Promise<void>): Promise<void> {
  const source = items.entries();
  const worker = async () => {
    for (const [n, item] of source) await work(item, n);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const isConditional = ({ method, headers }: SeenRequest): boolean =>
  method === 'PUT' && (headers['if-match'] !== undefined || headers['if-none-match'] !== undefined);

/** Every third request, beginning with the `turn`-th. */
const sample = (requests: readonly SeenRequest[], turn: number): readonly SeenRequest[] =>
  isFull ? requests : requests.filter(({ n }) => n % 3 === turn % 3);

const nameOf = ({ n, method, path }: SeenRequest): string =>
  `request ${n}, ${method} ${path.replace(/^\/[^/]+\/[^/]+\//, '')}`;

test('a publish makes as many requests as are written down here', () => {
  assert.equal({ update: update.length, first: first.length }, COUNTED, update.map(nameOf).join('\n'));
});

interface Disturbed {
  readonly which: 'update' | 'first';
  readonly n: number;
  readonly fault: () => Fault;
  readonly name: string;
}

/** One publish with one fault, and what has to hold after it. */
async function disturb({ which, n, fault, name }: Disturbed): Promise<void> {
  const when = `${which}, ${name} at request ${n}`;
  const live = which === 'update' ? OLD : undefined;
  await inPlace(rig, { prefix: `${which}-${n}-${name.replaceAll(' ', '-')}`, live }, async (place) => {
    place.proxy.on(n, fault());
    const before = (await recordAt(place.direct))?.generation ?? 0;
    const failure = await publishWith(place.through, NEW).then(() => undefined, asHoldfastError);
    injected += 1;
    const record = await recordAt(place.direct);
    assert.ok((record?.generation ?? 0) >= before, `${when}: the generation went back`);
    if (failure === undefined) assert.is(record?.live, NEW.manifest.id, `${when}: said to be live, and is not`);
    else
      assert.ok(
        isHoldfastError(failure, 'destination-unwritable', 'destination-moved', 'leased', 'lease-lost'),
        `${when}: ${failure.code} ${failure.message}`,
      );
    if (live !== undefined) await assertWhole(place.direct, [OLD, NEW], when);
    await publishWith(place.direct, NEW);
    await assertAllThereIs(rig, place, { release: NEW, when });
  });
}

const FAULTS: readonly (readonly [name: string, fault: () => Fault])[] = [
  ['500', serverError],
  ['503 SlowDown', slowDown],
  ['a timeout before it arrives', neverForwarded],
  ['a timeout after its effect', neverAnswered],
  ['a reset in the middle of the body', cutRequest],
  ['a reset in the middle of the answer', cutAnswer],
];

for (const [turn, [name, fault]] of FAULTS.entries())
  test(`with ${name} at a request each file is whole, no failure is hidden, and the next run puts all right`, async () => {
    await onEach(sample(update, turn), ({ n }) => disturb({ which: 'update', n, fault, name }));
  });

for (const [name, fault] of [
  ['409', conflict],
  ['412', preconditionFailed],
] as const)
  test(`with ${name} at any conditional request nothing is taken for done that is not, or for lost that is ours`, async () => {
    await onEach(update.filter(isConditional), ({ n }) => disturb({ which: 'update', n, fault, name }));
  });

test('with the store away at a request of a first publish, the next run puts all right', async () => {
  await onEach(sample(first, 0), ({ n }) => disturb({ which: 'first', n, fault: serverError, name: '500' }));
});

/**
 * From the n-th request on a publisher gets nothing through, its renewals included: as if its machine had stopped. When it wakes, its renewals, by
 * which it finds out that it is late, come last.
 */
async function paused(n: number): Promise<void> {
  const when = `paused at request ${n}`;
  await inPlace(rig, { prefix: `pause-${n}`, live: OLD }, async (place) => {
    const [held, renewals] = [pause(), pause()];
    const isRenewal = ({ path }: SeenRequest): boolean => path.endsWith('/_holdfast/control.json');
    place.proxy.on((request) => request.n >= n, held);
    place.proxy.on((request) => request.n > n && isRenewal(request), renewals);
    const sleeper = publishWith(place.through, NEW, { holder: 'sleeper', timing: TIMING }).then(
      () => undefined,
      asHoldfastError,
    );
    await held.reached;
    injected += 1;
    await wait(TIMING.ttl);
    const waker = { holder: 'waker', timing: TIMING };
    // The first to follow may have to see for itself that nothing moves.
    await publishWith(place.direct, THIRD, waker);
    const before = await recordAt(place.direct);
    assert.is(before?.live, THIRD.manifest.id, when);
    held.resume();
    await wait(TIMING.stop);
    renewals.resume();
    await sleeper;
    const after = await recordAt(place.direct);
    assert.is(after?.live, THIRD.manifest.id, `${when}: who woke moved the record`);
    assert.is(after?.generation, before?.generation, `${when}: who woke moved the record`);
    await assertWhole(place.direct, [OLD, NEW, THIRD], when);
    await publishWith(publisherAt(rig, place.prefix), THIRD, waker);
    for (const [path, content] of THIRD.contents)
      assert.ok((await read(place.direct, path))?.equals(content), `${when}: ${path} was not mended`);
  });
}

/** A child process of its own, killed before the n-th request is passed on, or when it had its effect and is not answered yet. */
async function killed({ which, n, after }: Killing): Promise<void> {
  const when = `${which}, killed ${after ? 'after' : 'before'} request ${n}`;
  const live = which === 'update' ? OLD : undefined;
  await inPlace(rig, { prefix: `kill-${which}-${n}-${after}`, live }, async (place) => {
    const child = startPublisher(bundle, { ...rig.bucket, endpoint: place.proxy.url, prefix: place.prefix });
    const kill = () => void child.process.kill('SIGKILL');
    place.proxy.on(n, after ? neverAnswered(kill) : neverForwarded(kill));
    assert.is(await child.ended, null, when);
    injected += 1;
    if (live !== undefined) await assertWhole(place.direct, [OLD, NEW], when);
    const before = (await recordAt(place.direct))?.generation ?? 0;
    await publishWith(place.direct, NEW, { holder: HOLDER });
    assert.ok(((await recordAt(place.direct))?.generation ?? 0) > before, when);
    await removeProbes(rig, place.prefix);
    await assertAllThereIs(rig, place, { release: NEW, when });
  });
}

interface Killing {
  readonly which: 'update' | 'first';
  readonly n: number;
  readonly after: boolean;
}

for (const [which, requests] of [
  ['update', () => update],
  ['first', () => first],
] as const)
  test(`killed before or after each request of ${which === 'first' ? 'a first publish' : 'an update'}, each file is whole and the next run puts all right`, async () => {
    const moments = (n: number) => (isFull ? [false, true] : n % 2 === 0 ? [n % 4 === 0] : []);
    const killings = requests().flatMap(({ n }) => moments(n).map((after) => ({ which, n, after })));
    await onEach(killings, killed);
  });

test('a publisher that is stopped for longer than its lease, at a request, and wakes, moves nothing, and the next cycle of the one that followed mends', async () => {
  // One that is stopped before its first request comes later, and no more.
  await onEach(sample(update.slice(1, -1), 1), ({ n }) => paused(n));
});

test(`of ${CONTENDERS} who want the lease at once one gets it, in each of ${ROUNDS} rounds, and the generation rises`, async () => {
  const machines = Array.from({ length: CONTENDERS }, () => publisherAt(rig, 'contend'));
  let generation = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const ended = await Promise.allSettled(
      machines.map((machine, n) =>
        takeLease(machine, { owner: OWNER, holder: `machine ${n}`, clock: systemClock }, signal),
      ),
    );
    const won = ended.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    assert.is(won.length, 1, `round ${round}`);
    for (const result of ended)
      if (result.status === 'rejected') assert.ok(isHoldfastError(result.reason, 'leased'), String(result.reason));
    await won[0]?.release();
    const now = (await recordAt(publisherAt(rig, 'contend')))?.generation ?? 0;
    assert.ok(now > generation);
    generation = now;
  }
});

test('what two failed publishes in a row left is cleared away by the third, whatever each of them had', async () => {
  await inPlace(rig, { prefix: 'two-in-a-row', live: OLD }, async (place) => {
    for (const release of [NEW, THIRD]) {
      const isPage = ({ method, path }: SeenRequest): boolean =>
        method === 'PUT' && /\/two-in-a-row\/index\.html$/.test(path);
      place.proxy.restart();
      place.proxy.on(isPage, serverError());
      const failure = await publishWith(place.through, release).then(() => undefined, asHoldfastError);
      assert.ok(failure !== undefined, 'each is stopped after its assets and some pages');
      injected += 1;
    }
    place.proxy.restart();
    await publishWith(place.through, FOURTH);
    await assertAllThereIs(rig, place, { release: FOURTH, when: 'after two failures' });
  });
});

test('nothing of the whole suite lies outside the prefixes it was given', async () => {
  assert.equal(await keysIn(rig, '_holdfast'), []);
});

test.run();
