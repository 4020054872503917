// takes: 25 s
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { systemClock } from '../../src/model/clock.ts';
import type { Destination, Guard, Transfer } from '../../src/publish/destination.ts';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { setHold } from '../../src/publish/hold.ts';
import { LEASE_TIMING } from '../../src/publish/lease.ts';
import { assertShows, signal } from '../conformance/case.ts';
import { read } from '../conformance/releases.ts';
import { NEW, OLD, OWNER, publishWith } from '../faults/cycle.ts';
import { suite } from '../support/suite.ts';
import { openPlace as openBucket } from './bucket.ts';
import { openPlace as openFar } from './rsync-place.ts';

/** A destination of one driver, opened as often as there are machines. */
interface Place {
  open(): Destination;
  close(): Promise<void> | void;
}

async function openMirror(): Promise<Place> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-hold-'));
  return { open: () => createMirror({ name: 'www', dir }), close: () => rm(dir, { recursive: true }) };
}

/** The destination with `before` run ahead of each of its calls, and between the look at the record and the work that needs it. */
function disturbed(destination: Destination, before: () => Promise<void>): Destination {
  const { control } = destination;
  const after = <T>(work: () => Promise<T>): Promise<T> => before().then(work);
  const guarded = (guard: Guard): Guard => {
    return (work) => guard((version) => after(() => work(version)));
  };
  const disturbedTransfer = ({ put, restore, commit, abort }: Transfer): Transfer => ({
    put,
    restore,
    abort,
    commit: (guard) => after(() => commit(guarded(guard))),
  });
  return {
    ...destination,
    control: {
      ...control,
      read: (until) => after(() => control.read(until)),
      swap: (next, expected, until) => after(() => control.swap(next, expected, until)),
    },
    open: (path, until) => after(() => destination.open(path, until)),
    begin: (next, standing, until) =>
      after(async () => disturbedTransfer(await destination.begin(next, standing, until))),
    prune: (pruning, until) => after(() => destination.prune({ ...pruning, guard: guarded(pruning.guard) }, until)),
  };
}

/** How fast this machine is decides nothing here: nobody else wants the lease. */
const UNHURRIED = { ...LEASE_TIMING, stop: 60_000, ttl: 90_000 };

/** Publishes with a hold set, or lifted, by another machine at the n-th call; how many calls there were. */
async function publishDisturbed({ open }: Place, n: number, page: string | null): Promise<number> {
  const other = open();
  let calls = 0;
  const hold = async (): Promise<void> => {
    calls += 1;
    if (calls === n) await setHold(other, { page, owner: OWNER, holder: 'another', clock: systemClock }, signal);
  };
  await publishWith(disturbed(open(), hold), NEW, { timing: UNHURRIED });
  return calls;
}

async function assertHeld(destination: Destination, page: string | null, when: string): Promise<void> {
  const state = await destination.control.read(signal);
  const { hold, live, lease, moving } = state?.record ?? {};
  assert.equal([hold?.page, live, lease, moving], [page ?? undefined, NEW.manifest.id, null, null], when);
  assert.is(state?.settled, true, when);
  await assertShows({ destination }, NEW);
  const isShown = page !== null && destination.holds === 'flag';
  for (const name of ['on', 'busy'])
    assert.is((await read(destination, `_holdfast/hold/${name}`)) !== undefined, isShown, `${when}: ${name}`);
}

const DRIVERS = [
  { name: 'mirror', openPlace: openMirror, every: 1, needs: [] },
  { name: 'bucket', openPlace: openBucket, every: 1, needs: ['ceph'] },
  { name: 'mirror over ssh', openPlace: openFar, every: 6, needs: ['sshd'] },
] as const;

for (const { name, openPlace, every, needs } of DRIVERS) {
  const test = suite(`a hold in the midst of a publish: ${name}`, { needs });

  test('set or lifted before any call of it, from another machine, the publish ends well and both are there', async () => {
    let calls = Number.POSITIVE_INFINITY;
    let tried = 0;
    for (let n = 1; n <= calls; n += every) {
      const place: Place = await openPlace();
      const page = n % 2 === 0 ? null : 'busy';
      try {
        await publishWith(place.open(), OLD, { timing: UNHURRIED });
        const first = page === null ? 'busy' : null;
        await setHold(place.open(), { page: first, owner: OWNER, holder: 'a person', clock: systemClock }, signal);
        const made = await publishDisturbed(place, n, page);
        await assertHeld(place.open(), page, `at call ${n} of ${made}`);
        calls = Math.min(calls, made);
        tried += 1;
      } finally {
        await place.close();
      }
    }
    assert.ok(tried * every >= 10, `${tried} calls were disturbed`);
  });

  test.run();
}
