import { shortId } from '../cycle/report.ts';
import { destinationsOf, stateFiles } from '../cycle/workplace.ts';
import type { InboxState } from '../inbox/state.ts';
import { age } from '../model/age.ts';
import { systemClock } from '../model/clock.ts';
import { EXIT } from '../model/errors.ts';
import { manifestsOf } from '../publish/manifests.ts';
import type { PurgeStatus } from '../publish/purge-status.ts';
import { aheadLines } from '../run/ahead.ts';
import { type DestinationStatus, type Facts, gatherFacts } from '../run/facts.ts';
import type { CommentsStatus, ValueStatus } from '../run/said-facts.ts';
import { openRecords, type SnapshotRecord } from '../snapshot/records.ts';
import { openJournal } from '../store/journal.ts';
import { holdLines } from './hold.ts';
import type { VerbIo } from './io.ts';
import { paintFor } from './paint.ts';
import { statusLine } from './status-colours.ts';

/** `holdfast status`: what is live where, since when, how old each lane is, and what is kept. Writes nothing. */
export async function statusVerb(io: VerbIo, { watch }: StatusFlags): Promise<number> {
  const loaded = await io.load();
  const paint = paintFor(io.terminal);
  const destinations = destinationsOf(loaded).map(manifestsOf);
  let exit: number = EXIT.done.code;
  const tell = async (): Promise<void> => {
    const now = Date.now();
    const records = openRecords(await openJournal<SnapshotRecord>(stateFiles(loaded.stateDir).snapshot));
    const facts = await gatherFacts({ loaded, records, destinations, now }, io.signal);
    if (io.json) io.print(JSON.stringify(facts));
    else for (const line of lines(facts, now)) io.print(statusLine(line, paint));
    exit = facts.destinations.some(({ error }) => error !== null) ? EXIT.failed.code : EXIT.done.code;
  };
  await tell();
  while (watch === true && !io.signal.aborted) {
    await systemClock.sleep(WATCH_MS, io.signal).catch(() => undefined);
    if (io.signal.aborted) break;
    if (!io.json) io.print('');
    await tell();
  }
  return exit;
}

/** A person reads no faster. */
const WATCH_MS = 5000;

export interface StatusFlags {
  /** Tell it again and again, until stopped. */
  readonly watch?: boolean;
}

function* lines(facts: Facts, now: number): Generator<string> {
  const {
    site,
    environment,
    destinations,
    caches,
    lanes,
    kept,
    origin,
    comments,
    values,
    inbox,
    launch,
    lastRun: run,
  } = facts;
  yield `${site.name} (${environment}), ${site.url}`;
  if (launch !== null) yield `LAUNCH MODE until ${launch.until}: hot lanes faster, the others paused`;
  yield* aheadLines(facts.ahead, now);
  for (const destination of destinations) yield* destinationLines(destination, now);
  for (const cache of caches) yield cacheLine(cache);
  if (origin !== null) yield `origin: ${origin.state} for ${age(now - Date.parse(origin.since))}`;
  for (const { name, everySeconds, ageSeconds, state } of lanes) {
    const seen = ageSeconds === null ? 'never looked at' : `looked at ${age(ageSeconds * 1000)} ago`;
    const word = ['due', 'under way', 'paused'].includes(state) ? `, ${state}` : '';
    yield `lane ${name}: ${seen}, every ${age(everySeconds * 1000)}${word}`;
  }
  for (const page of kept) yield `kept: ${page.address} for ${age(now - page.since)}: ${page.problem}, ${page.text}`;
  for (const thread of comments) yield commentsLine(thread);
  for (const value of values) yield valueLine(value);
  if (inbox !== null) yield inboxLine(inbox, now);
  if (run === null) yield 'no run yet';
  else
    yield `last run: ended ${age(now - Date.parse(run.ended))} ago, exit ${run.exit}, ${run.requests} requests, ${run.seconds} s${run.error === undefined ? '' : `; ${run.error}`}`;
}

function* destinationLines(
  { name, live, since, files, settled, pinned, shared, hold, holder, unsure, error }: DestinationStatus,
  now: number,
): Generator<string> {
  if (error !== null) return yield `${name}: cannot be read: ${error}`;
  if (hold.hold !== null || (hold.over ?? 0) > 0) yield* holdLines({ name, ...hold });
  if (live === null || since === null) yield `${name}: nothing is live yet`;
  else yield `${name}: ${shortId(live)} is live since ${since} (${age(now - Date.parse(since))}), ${files} files`;
  if (shared !== null) yield `${name}: a preview is shared at ${shared} until holdfast preview --unshare`;
  if (pinned !== null) yield `${name}: pinned by rollback: nothing else goes live until holdfast unpin`;
  if (!settled) yield `${name}: a run was stopped in the middle of a switch, the next one mends it`;
  else if (unsure !== 0) yield `${name}: ${unsure ?? 'all'} files are not certain, the next publish puts them again`;
  if (holder !== null) yield `${name}: ${holder} has the lease`;
}

function cacheLine({ name, waiting, since, forgotten, spent, budget, trouble }: PurgeStatus): string {
  const asked = `${spent}${budget === null ? '' : ` of ${budget}`} paths asked for this month`;
  const lost = forgotten === 0 ? '' : `, ${forgotten} given up`;
  const waits = waiting === 0 ? 'nothing waits' : `published, not purged: ${waiting} files since ${since}${lost}`;
  const why = trouble === null ? '' : `; failed ${trouble.times} times since ${trouble.since}: ${trouble.text}`;
  return `cache ${name}: ${waits}, ${asked}${why}`;
}

function commentsLine({ page, count, everySeconds, ageSeconds, trouble }: CommentsStatus): string {
  const read = ageSeconds === null ? 'never read' : `${count}, read ${age(ageSeconds * 1000)} ago`;
  return `comments ${page}: ${read}, every ${age(everySeconds * 1000)}${trouble === null ? '' : `; failing: ${trouble}`}`;
}

function valueLine({ name, everySeconds, ageSeconds, computing, trouble }: ValueStatus): string {
  const old = ageSeconds === null ? 'never computed' : `computed ${age(ageSeconds * 1000)} ago`;
  const now = computing ? ', being computed' : '';
  return `value ${name}: ${old}, every ${age(everySeconds * 1000)}${now}${trouble === null ? '' : `; failing: ${trouble}`}`;
}

function inboxLine({ waiting, delivering, refused, torn, oldest, drainSeconds }: InboxState, now: number): string {
  const dead = `${refused === 0 ? '' : `, ${refused} refused`}${torn === 0 ? '' : `, ${torn} torn`}`;
  if (waiting + delivering === 0) return `inbox: nothing waits${dead}`;
  const since = oldest === null ? '' : `, the oldest for ${age(now - oldest)}`;
  return `inbox: ${waiting + delivering} ${waiting + delivering === 1 ? 'waits' : 'wait'}${since}; delivering takes ${age(drainSeconds * 1000)}${dead}`;
}
