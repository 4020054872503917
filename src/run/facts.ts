import type { LoadedConfig } from '../config/load.ts';
import { lastRuns, type Run } from '../cycle/history.ts';
import { type HoldState, holdState } from '../cycle/hold.ts';
import { type Launch, launchAt } from '../cycle/launch.ts';
import { purgeStates } from '../cycle/purging.ts';
import { type InboxState, inboxState } from '../inbox/state.ts';
import type { OriginState } from '../model/origin-state.ts';
import { sharedUrl } from '../model/share.ts';
import type { KeptPage } from '../model/snapshot.ts';
import { liveOf } from '../publish/live.ts';
import type { Manifests } from '../publish/manifests.ts';
import type { PurgeStatus } from '../publish/purge-status.ts';
import type { Records } from '../snapshot/records.ts';
import { keptPages } from '../snapshot/snapshot.ts';
import { type Ahead, aheadOf } from './ahead.ts';
import { type LaneFact, laneFacts } from './lane-facts.ts';
import { type CommentsStatus, commentsStatus, type ValueStatus, valuesStatus } from './said-facts.ts';

/** A lane, as `status --json` has it. */
export interface LaneStatus {
  readonly name: string;
  readonly everySeconds: number;
  /** Seconds since the last look began; null before the first. */
  readonly ageSeconds: number | null;
  readonly state: LaneFact['state'];
}

/** One destination. */
export interface DestinationStatus {
  readonly name: string;
  readonly live: string | null;
  readonly since: string | null;
  readonly files: number;
  readonly settled: boolean;
  /** The release that was returned to and stays, null where none does. */
  readonly pinned: string | null;
  /** Where a preview is shared, null where none is. */
  readonly shared: string | null;
  /** What visitors are on: the release or a holding page. */
  readonly hold: Omit<HoldState, 'name'>;
  /** Who is publishing, or is the one that may; null where nobody is. */
  readonly holder: string | null;
  /** Files that are put again by the next publish; null where that is all of them. */
  readonly unsure: number | null;
  /** How many releases can be returned to. */
  readonly releases: number;
  /** Why it could not be read, null where it was. */
  readonly error: string | null;
}

/** All that `status`, the status page and `/status.json` say; what they say it of is gathered here and nowhere else. */
export interface Facts {
  readonly site: { readonly name: string; readonly url: string };
  readonly environment: string;
  /** ISO 8601: when it was gathered. */
  readonly at: string;
  readonly destinations: readonly DestinationStatus[];
  readonly caches: readonly PurgeStatus[];
  /** What stays to be returned to: so many releases, and all that are younger. */
  readonly retention: { readonly releases: number; readonly seconds: number };
  readonly lanes: readonly LaneStatus[];
  readonly kept: readonly KeptPage[];
  /** How the origin is by the looks, null before the first. */
  readonly origin: OriginState | null;
  readonly comments: readonly CommentsStatus[];
  readonly values: readonly ValueStatus[];
  readonly inbox: InboxState | null;
  readonly launch: { readonly since: string; readonly until: string } | null;
  readonly ahead: Ahead;
  readonly lastRun: Run | null;
  /** The last runs, oldest first. */
  readonly history: readonly Run[];
}

export interface FactsOf {
  readonly loaded: LoadedConfig;
  readonly records: Records;
  /** What is known of each destination. */
  readonly destinations: readonly Manifests[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The same by the clock that looks went by, where that is another. */
  readonly lookNow?: number;
}

/** As many runs as a plot has room for. */
const HISTORY = 120;

/** Gathers it; a destination that cannot be read says so. Writes nothing. Throws `state-damaged`. */
export async function gatherFacts(of: FactsOf, signal: AbortSignal): Promise<Facts> {
  const { loaded, records, now, lookNow = now } = of;
  const { config, environment, stateDir } = loaded;
  const launch = await launchAt(stateDir, now);
  const history = await lastRuns(stateDir, HISTORY);
  return {
    site: { name: config.site.name, url: config.site.url },
    environment,
    at: new Date(now).toISOString(),
    destinations: await Promise.all(
      of.destinations.map((one) => destinationStatus(one, loaded.config.site.url, signal)),
    ),
    retention: { releases: config.retain, seconds: config.retainFor / 1000 },
    caches: await purgeStates(loaded, now),
    lanes: laneFacts(config, { records, launch, now: lookNow }).map(laneStatus),
    kept: keptPages(records, config),
    origin: originStatus(records.origin),
    comments: await commentsStatus(loaded, lookNow),
    values: await valuesStatus(loaded, now),
    inbox: (await inboxState(loaded)) ?? null,
    launch: launchStatus(launch),
    ahead: await aheadOf(loaded, now),
    lastRun: history.at(-1) ?? null,
    history,
  };
}

function originStatus(record: OriginState | undefined): OriginState | null {
  return record === undefined ? null : { state: record.state, since: record.since };
}

function launchStatus(launch: Launch | undefined): Facts['launch'] {
  if (launch === undefined) return null;
  return { since: new Date(launch.since).toISOString(), until: new Date(launch.until).toISOString() };
}

function laneStatus({ name, every, age, state }: LaneFact): LaneStatus {
  return {
    name,
    everySeconds: every / 1000,
    ageSeconds: age === undefined ? null : Math.round(age / 1000),
    state,
  };
}

async function destinationStatus(
  manifests: Manifests,
  siteUrl: string,
  signal: AbortSignal,
): Promise<DestinationStatus> {
  const { destination } = manifests;
  const { name } = destination;
  try {
    const { control, manifest, unsure } = await liveOf(manifests, await destination.control.read(signal), signal);
    const {
      live = null,
      since = null,
      pinned = null,
      lease = null,
      hold = null,
      releases = [],
    } = control?.record ?? {};
    return {
      name,
      live,
      since,
      files: manifest?.files.length ?? 0,
      settled: control?.settled ?? true,
      pinned,
      shared: sharedUrl(manifest, siteUrl),
      hold: holdState(destination, hold, manifest),
      holder: lease?.holder ?? null,
      unsure: live === null ? 0 : unsure === 'all' ? null : unsure.size,
      releases: releases.length,
      error: null,
    };
  } catch (error) {
    signal.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    const hold = holdState(destination, null, undefined);
    return {
      name,
      live: null,
      since: null,
      files: 0,
      settled: true,
      pinned: null,
      shared: null,
      hold,
      holder: null,
      unsure: 0,
      releases: 0,
      error: said,
    };
  }
}
