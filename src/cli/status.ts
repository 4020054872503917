import type { LoadedConfig } from '../config/load.ts';
import { lastRun, type Run } from '../cycle/history.ts';
import { type HoldState, holdState } from '../cycle/hold.ts';
import { purgeStates } from '../cycle/purging.ts';
import { shortId } from '../cycle/report.ts';
import { destinationsOf, stateFiles } from '../cycle/workplace.ts';
import { type InboxState, inboxState } from '../inbox/state.ts';
import type { Manifest } from '../model/manifest.ts';
import { sharedFiles, sharedIn } from '../model/share.ts';
import type { KeptPage, LaneState } from '../model/snapshot.ts';
import { readLive } from '../publish/live.ts';
import type { PurgeStatus } from '../publish/purge-status.ts';
import { isDue, lanesOf } from '../snapshot/lanes.ts';
import { openRecords, type Records, type SnapshotRecord } from '../snapshot/records.ts';
import { keptPages } from '../snapshot/snapshot.ts';
import { openJournal } from '../store/journal.ts';
import { age } from './age.ts';
import { holdLines } from './hold.ts';
import type { VerbIo } from './io.ts';

interface LaneStatus {
  readonly name: string;
  readonly everySeconds: number;
  /** Seconds since the last look began; null before the first. */
  readonly ageSeconds: number | null;
  readonly state: 'never' | 'under way' | 'due' | 'fresh';
}

interface DestinationStatus {
  readonly name: string;
  readonly live: string | null;
  /** Where a preview is shared, null where none is. */
  readonly shared: string | null;
  readonly since: string | null;
  readonly files: number;
  readonly settled: boolean;
  /** The release that was returned to and stays, null where none does. */
  readonly pinned: string | null;
  /** What visitors are on: the release or a holding page. */
  readonly hold: Omit<HoldState, 'name'>;
  /** Who is publishing, null where nobody is. */
  readonly holder: string | null;
  /** Files that are put again by the next publish; null where that is all of them. */
  readonly unsure: number | null;
}

/** `holdfast status`: what is live where, since when, how old each lane is, and what is kept. Writes nothing. */
export async function statusVerb(io: VerbIo): Promise<number> {
  const loaded = await io.load();
  const now = Date.now();
  const records = openRecords(await openJournal<SnapshotRecord>(stateFiles(loaded.stateDir).snapshot));
  const lanes = laneStates(loaded, records, now);
  const kept = keptPages(records, loaded.config);
  const destinations = await destinationStates(loaded, io.signal);
  const caches = await purgeStates(loaded, now);
  const run = await lastRun(loaded.stateDir);
  const inbox = await inboxState(loaded);
  const { environment } = loaded;
  if (io.json)
    io.print(
      JSON.stringify({ environment, destinations, caches, lanes, kept, inbox: inbox ?? null, lastRun: run ?? null }),
    );
  else for (const line of lines({ loaded, destinations, caches, lanes, kept, inbox, run, now })) io.print(line);
  return 0;
}

function laneStates({ config }: LoadedConfig, records: Records, now: number): readonly LaneStatus[] {
  return lanesOf(config.lanes).map((lane) => {
    const known = records.lane(lane.name);
    const state = stateOf(known, known !== undefined && isDue(lane, records, now));
    return {
      name: lane.name,
      everySeconds: lane.every / 1000,
      ageSeconds: known === undefined ? null : Math.round((now - known.began) / 1000),
      state,
    };
  });
}

function stateOf(known: LaneState | undefined, due: boolean): LaneStatus['state'] {
  if (known === undefined) return 'never';
  if (known.ended === undefined) return 'under way';
  return due ? 'due' : 'fresh';
}

async function destinationStates(loaded: LoadedConfig, signal: AbortSignal): Promise<readonly DestinationStatus[]> {
  return Promise.all(
    destinationsOf(loaded).map(async (destination) => {
      const { control, manifest, unsure } = await readLive(destination, signal);
      const { live = null, since = null, pinned = null, lease = null, hold = null } = control?.record ?? {};
      return {
        name: destination.name,
        live,
        shared: sharedAt(manifest, loaded),
        since,
        files: manifest?.files.length ?? 0,
        settled: control?.settled ?? true,
        pinned,
        hold: holdState(destination, hold, manifest),
        holder: lease?.holder ?? null,
        unsure: live === null ? 0 : unsure === 'all' ? null : unsure.size,
      };
    }),
  );
}

function sharedAt(manifest: Manifest | undefined, { config }: LoadedConfig): string | null {
  const folder = sharedIn(sharedFiles(manifest)[0]?.path ?? '');
  return folder === undefined ? null : `${new URL(config.site.url).origin}/${folder}`;
}

interface Seen {
  readonly loaded: LoadedConfig;
  readonly destinations: readonly DestinationStatus[];
  readonly caches: readonly PurgeStatus[];
  readonly lanes: readonly LaneStatus[];
  readonly kept: readonly KeptPage[];
  readonly inbox: InboxState | undefined;
  readonly run: Run | undefined;
  readonly now: number;
}

function* lines({ loaded, destinations, caches, lanes, kept, inbox, run, now }: Seen): Generator<string> {
  yield `${loaded.config.site.name} (${loaded.environment}), ${loaded.config.site.url}`;
  for (const destination of destinations) yield* destinationLines(destination, now);
  for (const cache of caches) yield cacheLine(cache);
  for (const { name, everySeconds, ageSeconds, state } of lanes) {
    const seen = ageSeconds === null ? 'never looked at' : `looked at ${age(ageSeconds * 1000)} ago`;
    yield `lane ${name}: ${seen}, every ${age(everySeconds * 1000)}${state === 'due' || state === 'under way' ? `, ${state}` : ''}`;
  }
  for (const page of kept) yield `kept: ${page.address} for ${age(now - page.since)}: ${page.problem}, ${page.text}`;
  if (inbox !== undefined) yield inboxLine(inbox, now);
  if (run === undefined) yield 'no run yet';
  else
    yield `last run: ended ${age(now - Date.parse(run.ended))} ago, exit ${run.exit}, ${run.requests} requests, ${run.seconds} s${run.error === undefined ? '' : `; ${run.error}`}`;
}

function* destinationLines(
  { name, live, since, files, shared, settled, pinned, hold, holder, unsure }: DestinationStatus,
  now: number,
): Generator<string> {
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

function inboxLine({ waiting, delivering, refused, torn, oldest, drainSeconds }: InboxState, now: number): string {
  const dead = `${refused === 0 ? '' : `, ${refused} refused`}${torn === 0 ? '' : `, ${torn} torn`}`;
  if (waiting + delivering === 0) return `inbox: nothing waits${dead}`;
  const since = oldest === null ? '' : `, the oldest for ${age(now - oldest)}`;
  return `inbox: ${waiting + delivering} wait${since}; delivering takes ${age(drainSeconds * 1000)}${dead}`;
}
