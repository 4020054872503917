import type { LoadedConfig } from './config/load.ts';
import { adopt } from './cycle/adopt.ts';
import { isTimeToMakeWay } from './cycle/appointment.ts';
import { lookAtThreads } from './cycle/comments.ts';
import type { Cycle, Wish } from './cycle/cycle.ts';
import { soonIn } from './cycle/ending.ts';
import { takeLeases } from './cycle/leases.ts';
import { openLooks } from './cycle/looking.ts';
import { forOneCycle, type Premises } from './cycle/premises.ts';
import { prepareNext } from './cycle/preparing.ts';
import { changesOf, publishToAll } from './cycle/publishing.ts';
import { eraseTraces, purgeComment } from './cycle/purge-comment.ts';
import { purgeAfter } from './cycle/purging.ts';
import { renderAll } from './cycle/rendering.ts';
import { repair } from './cycle/repair.ts';
import { type Report, timed } from './cycle/report.ts';
import { sweep } from './cycle/sweep.ts';
import { keepTimetable } from './cycle/timetable.ts';
import { beginDueValues } from './cycle/values.ts';
import { takeUpWithdrawals } from './cycle/withdrawals.ts';
import { stateFiles, type Workplace } from './cycle/workplace.ts';
import { isHoldfastError } from './model/errors.ts';
import { shownInstant } from './model/instant.ts';
import { warn } from './snapshot/context.ts';
import { watchOrigin } from './snapshot/origin-state.ts';
import { rounds } from './snapshot/rounds.ts';
import { keptPages } from './snapshot/snapshot.ts';
import { takeLock } from './store/lock.ts';

/**
 * One cycle: look → render → release → publish, each time the looks say that a release is worth making. Fills the report as it goes.
 * Throws `locked` or `leased` at once when another run is at work, and whatever left nothing published; a destination that fails is told in the report.
 */
export async function publish(loaded: LoadedConfig, wish: Wish, report: Report, signal: AbortSignal): Promise<void> {
  return publishIn(forOneCycle(loaded), { wish, report }, signal);
}

/** As `publish`, in premises that may outlive the cycle. */
export async function publishIn(
  premises: Premises,
  { wish, report }: Pick<Cycle, 'wish' | 'report'>,
  signal: AbortSignal,
): Promise<void> {
  const lock = await takeLock(stateFiles(premises.loaded.stateDir).lock);
  try {
    const place = await premises.enter();
    let isSound = true;
    try {
      const leases = await takeLeases(place, { ...wish, report }, signal);
      isSound = false;
      try {
        if (leases.held.length > 0) {
          premises.begins?.();
          await keepAppointedTime(place, { wish, report, leases }, signal);
          await work(place, { wish, report, leases }, AbortSignal.any([signal, leases.signal]));
        }
        isSound = true;
      } finally {
        await leases.release();
      }
    } finally {
      await premises.leave(place, isSound);
    }
  } finally {
    await lock.release();
  }
}

/** Does what the timetable says, and has the leases know of a hold that was set by it. */
async function keepAppointedTime(
  place: Workplace,
  { wish, report, leases }: Omit<Cycle, 'place' | 'context'>,
  signal: AbortSignal,
): Promise<void> {
  if (wish.dryRun) return;
  const ended = await keepTimetable(place, place.clock.now(), signal);
  for (const { entry, error } of ended) {
    const when = shownInstant(entry.at, place.config.schedule.zone);
    if (error !== undefined) warn(report.tally, 'timetable-failed', entry.then, `was due at ${when}: ${error.message}`);
  }
  // One that cannot be reached now fails by itself when it is published to.
  if (ended.length > 0) await Promise.allSettled(leases.held.map(({ lease }) => lease?.move((record) => record)));
}

async function work(place: Workplace, run: Omit<Cycle, 'place' | 'context'>, signal: AbortSignal): Promise<void> {
  const { wish, report } = run;
  await adopt(place, run.leases, signal);
  const context = await openLooks(place, run);
  const cycle = { ...run, place, context };
  try {
    await takeUpWithdrawals(place);
    await beginDueValues(place, wish.looks);
    if (wish.purge !== undefined) report.purged = await purgeComment(cycle, wish.purge, signal);
    const points = looks(cycle, signal);
    while (!(await timed(report, 'look', () => points.next())).done) {
      await release(cycle, signal);
      // What is to go live at a set second needs the lock before it; the next cycle goes on with the looks.
      if (wish.looks !== 'none' && (await isTimeToMakeWay(place))) await points.return(undefined);
    }
    if (report.purged !== undefined) report.purged = await eraseTraces(cycle, report.purged, signal);
    if (!wish.dryRun && wish.at === undefined) await prepareNext(cycle, signal);
    if (!wish.dryRun) await sweep(cycle, signal);
  } finally {
    await place.records.flush();
    const { requests, waited, ease } = place.origin;
    report.origin = { requests, seconds: Math.round(waited) / 1000, ease };
    report.kept = keptPages(place.records, place.config);
    await context.digester.close();
  }
}

/** Yields wherever a release is worth making. When the origin goes away the looks end, and what is good is released all the same. */
async function* looks({ place, context, wish, report }: Cycle, signal: AbortSignal): AsyncGenerator<void> {
  const noteOrigin = watchOrigin(context);
  try {
    // What is to be live at its second waits for no answer of the origin's.
    if (wish.at !== undefined) return yield;
    const hasNews = await lookAtThreads(place, { context, wish, report }, signal);
    if (wish.looks === 'none') return yield;
    for await (const _news of rounds(context, { ...wish, now: wish.looks === 'all', hasNews }, signal)) {
      await noteOrigin(false);
      yield;
    }
  } catch (error) {
    if (!isHoldfastError(error, 'origin-away')) throw error;
    report.away = error.message;
    await noteOrigin(true);
    yield;
  }
}

/** Bytes that the disk lost are fetched or made again this often within one run; a disk that loses them faster is not for us to mend. */
const REPAIRS = 2;

/** Renders what changed, makes the release live at every destination side by side, and tells the caches before them. */
async function release(cycle: Cycle, signal: AbortSignal): Promise<void> {
  const { place, report, wish } = cycle;
  const soon = wish.at === undefined ? await soonIn(place) : undefined;
  for (let repairs = 0; ; repairs++) {
    const snapshot = place.snapshot();
    const files = await timed(report, 'render', () => renderAll(cycle, snapshot, signal));
    const target = { ...cycle, snapshot, files, ...(soon === undefined ? {} : { soon }) };
    const ended = await timed(report, 'publish', () => publishToAll(target, signal));
    await purgeAfter(cycle, changesOf(ended), signal);
    if (!ended.some(({ how }) => how === 'bytes lost') || repairs === REPAIRS) return;
    await repair(cycle, files, signal);
  }
}
