import type { LoadedConfig } from '../config/load.ts';
import { type Address, addressOfFile } from '../model/address.ts';
import { systemClock } from '../model/clock.ts';
import { isOfTheMoment } from '../model/ending.ts';
import { type Manifest, type ReleaseFile, uncoveredRelease } from '../model/manifest.ts';
import { ORIGIN_STATE_PATH } from '../model/origin-state.ts';
import { sharedFiles, sharedIn } from '../model/share.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { goLive, type Published } from '../publish/golive.ts';
import type { Lease } from '../publish/lease.ts';
import { isCertain, type Live, liveOf } from '../publish/live.ts';
import { prune } from '../publish/prune.ts';
import { assertWhole, filesToReturnTo, releaseToReturnTo, releaseUnknown } from '../publish/rollback.ts';
import { buildRelease, identityOf } from '../release/build.ts';
import { coverAlike } from '../release/cover.ts';
import type { Difference } from '../release/difference.ts';
import type { Warning } from '../snapshot/context.ts';
import { openRecords, type SnapshotRecord } from '../snapshot/records.ts';
import { viewSnapshot } from '../snapshot/snapshot.ts';
import { openJournal } from '../store/journal.ts';
import { differenceFrom } from './difference.ts';
import { atEach, type Held, withLeases } from './leases.ts';
import { changedFiles, purgeAfter } from './purging.ts';
import { newReport } from './report.ts';
import { retentionOf, siteOf, stateFiles } from './workplace.ts';

export interface RollbackWish {
  /** Whole, or the first digits of its last part; the release before the live one where there is none. */
  readonly id: string | undefined;
  /** The one destination to go back at. */
  readonly to: string | undefined;
}

/** What going back came to at one destination. */
export interface RolledBack extends Published {
  /** The release that was asked for. */
  readonly wanted: string;
  /** What is live now: another than was asked for where something was withdrawn since, or assets of the last release stay beside it. */
  readonly live: string;
  readonly previous: string | null;
}

/** Makes an earlier release live and pins it, from what the destination itself has kept; its bytes are read and compared first. */
export async function rollback(loaded: LoadedConfig, { id, to }: RollbackWish, signal: AbortSignal): Promise<Rollback> {
  const records = openRecords(await openJournal<SnapshotRecord>(stateFiles(loaded.stateDir).snapshot));
  const snapshot = viewSnapshot(records, loaded.config);
  const { tally } = newReport();
  const place = { ...loaded, site: siteOf(loaded), clock: systemClock };
  const purging = { place, wish: { dryRun: false }, report: { tally } };
  const work = async (all: readonly Held[], until: AbortSignal): Promise<readonly RolledBack[]> => {
    // Nothing is changed anywhere before each destination has the release, whole.
    const ways = await atEach(all, (held) => findWay(held, { id, isWithdrawn: isWithdrawnAt(held, snapshot) }, until));
    const changed = new Map(
      ways.map(({ lease, change, release }) => [
        lease.destination.name,
        { release: release.id, files: changedFiles(change) },
      ]),
    );
    try {
      return await atEach(ways, (way) => goBack(way, loaded, until));
    } finally {
      await purgeAfter(purging, changed, until);
    }
  };
  const results = await withLeases(loaded, { to, work }, signal);
  return { results, warnings: [...tally.warnings.values()] };
}

function isWithdrawnAt({ state }: Held, snapshot: Snapshot): (address: Address) => boolean {
  const byHand = new Set(state?.record.withdrawn ?? []);
  return (address) => byHand.has(address) || snapshot.isWithdrawn(address);
}

/** What going back came to, and what a person should know of it. */
export interface Rollback {
  readonly results: readonly RolledBack[];
  readonly warnings: readonly Warning[];
}

interface Return {
  readonly id: string | undefined;
  readonly isWithdrawn: (address: Address) => boolean;
}

/** How one destination can go back: what is to be put, of bytes that were read and are whole. */
interface Way {
  readonly lease: Lease;
  readonly wanted: string;
  readonly target: Manifest;
  readonly live: Live;
  readonly release: Manifest;
  readonly change: Difference;
  readonly isWithdrawn: Return['isWithdrawn'];
}

async function findWay(held: Held, { id, isWithdrawn }: Return, signal: AbortSignal): Promise<Way> {
  const { destination, manifests, lease, state } = held;
  const wanted =
    id === undefined ? await lastOther(held, signal) : releaseToReturnTo(state?.record, id, destination.name);
  const stored = await manifests.read(wanted, signal);
  if (lease === undefined || stored === undefined) throw releaseUnknown(destination.name, `${wanted} is not stored`);
  const target = uncoveredRelease(stored);
  const live = await liveOf(manifests, state, signal);
  const isHeld = (state?.record.hold ?? null) !== null;
  const release = releaseOf(stored, { live, isWithdrawn, isHeld });
  const change = differenceFrom(live, release);
  await assertWhole(destination, { release: target, files: change.put.map(({ file }) => file) }, signal);
  return { lease, wanted, target, live, release, change, isWithdrawn };
}

/** The newest release that shows other pages than the live one: a hold, and the origin's going and coming, make releases too. */
async function lastOther({ destination, manifests, state }: Held, signal: AbortSignal): Promise<string> {
  const { live = null, releases = [] } = state?.record ?? {};
  const shown = live === null ? undefined : await manifests.read(live, signal);
  for (const id of releases) {
    const manifest = id === live || shown === undefined ? undefined : await manifests.read(id, signal);
    if (manifest !== undefined && shown !== undefined && contentOf(manifest) !== contentOf(shown)) return id;
  }
  return releaseToReturnTo(state?.record, undefined, destination.name);
}

function contentOf(manifest: Manifest): string {
  const { files } = uncoveredRelease(manifest);
  return identityOf(files.filter(({ path, carried }) => !isOfTheMoment(path) && carried === undefined));
}

async function goBack(way: Way, loaded: LoadedConfig, signal: AbortSignal): Promise<RolledBack> {
  const { lease, wanted, target, live, release, change } = way;
  const published = await goLive(
    lease,
    {
      release,
      live,
      put: change.put.map(({ file }) => file),
      removed: change.remove.length,
      retain: retentionOf(loaded),
      withdrawn: lease.state.record.withdrawn,
      bytes: { source: target },
      pin: true,
      now: new Date(),
    },
    signal,
  );
  await prune(lease, { isWithdrawn: (path) => way.isWithdrawn(addressOfFile(path)) }, signal);
  return { ...published, wanted, live: release.id, previous: live.manifest?.id ?? null };
}

/** The release to return to, less what was withdrawn since; assets of what is live stay beside it for visitors who opened a page of that. */
function releaseOf(
  target: Manifest,
  { live, isWithdrawn, isHeld }: Pick<Way, 'live' | 'isWithdrawn'> & { readonly isHeld: boolean },
): Manifest {
  // What is shared now stays; what was shared then does not come back.
  const then = filesToReturnTo(uncoveredRelease(target), isWithdrawn).filter(
    ({ path }) => sharedIn(path) === undefined,
  );
  const shared = isCertain(live) ? sharedFiles(live.manifest) : [];
  const own = withOriginOf(live.manifest, [...then, ...shared]);
  // What visitors are on now stays over it, as it is.
  const files = isHeld ? coverAlike(own, live.manifest) : own;
  const pages = files.filter(({ kind }) => kind === 'page').length;
  const release = buildRelease({
    ...target,
    files,
    pages,
    isWithdrawn,
    live: isCertain(live) ? live.manifest : undefined,
    now: new Date(),
  });
  return identityOf(release.files) === identityOf(target.files) ? target : release;
}

/** How the origin is now, not then. */
function withOriginOf(live: Manifest | undefined, files: readonly ReleaseFile[]): readonly ReleaseFile[] {
  const then = files.filter(({ path }) => !isOfTheMoment(path));
  const origin = [...(live?.files ?? []), ...files].find(({ path }) => path === ORIGIN_STATE_PATH);
  return origin === undefined ? then : [...then, origin];
}
