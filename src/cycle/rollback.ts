import type { LoadedConfig } from '../config/load.ts';
import { type Address, addressOfFile } from '../model/address.ts';
import { systemClock } from '../model/clock.ts';
import type { Manifest } from '../model/manifest.ts';
import { goLive, type Published } from '../publish/golive.ts';
import { type Live, liveOf } from '../publish/live.ts';
import { prune } from '../publish/prune.ts';
import { assertWhole, certainPart, filesToReturnTo, releaseToReturnTo, releaseUnknown } from '../publish/rollback.ts';
import { buildRelease, identityOf } from '../release/build.ts';
import type { Warning } from '../snapshot/context.ts';
import { openRecords, type SnapshotRecord } from '../snapshot/records.ts';
import { viewSnapshot } from '../snapshot/snapshot.ts';
import { openJournal } from '../store/journal.ts';
import { differenceFrom } from './difference.ts';
import { type Held, withLeases } from './leases.ts';
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
  const changes = new Map<string, readonly string[]>();
  const work = (held: Held, until: AbortSignal): Promise<RolledBack> => {
    const byHand = new Set(held.state?.record.withdrawn ?? []);
    const isWithdrawn = (address: Address): boolean => byHand.has(address) || snapshot.isWithdrawn(address);
    const told = (files: readonly string[]): void => void changes.set(held.destination.name, files);
    return goBack(held, { loaded, id, isWithdrawn, told }, until);
  };
  const place = { ...loaded, site: siteOf(loaded), clock: systemClock };
  const { tally } = newReport();
  const after = () => purgeAfter({ place, wish: { dryRun: false }, report: { tally } }, changes, signal);
  const results = await withLeases(loaded, { to, work, after }, signal);
  return { results, warnings: [...tally.warnings.values()] };
}

/** What going back came to, and what a person should know of it. */
export interface Rollback {
  readonly results: readonly RolledBack[];
  readonly warnings: readonly Warning[];
}

interface Return {
  readonly loaded: LoadedConfig;
  readonly id: string | undefined;
  readonly isWithdrawn: (address: Address) => boolean;
  /** Hears of the files for which a cache may hold another answer now. */
  readonly told: (changed: readonly string[]) => void;
}

async function goBack(held: Held, wish: Return, signal: AbortSignal): Promise<RolledBack> {
  const { destination, manifests, lease, state } = held;
  const wanted = releaseToReturnTo(state?.record, wish.id, destination.name);
  const target = await manifests.read(wanted, signal);
  if (lease === undefined || target === undefined) throw releaseUnknown(destination.name, `${wanted} is not stored`);
  const live = await liveOf(manifests, state, signal);
  const release = releaseOf(target, live, wish);
  const change = differenceFrom(live, release);
  const { put, remove } = change;
  const files = put.map(({ file }) => file);
  await assertWhole(destination, { release: target, files }, signal);
  const published = await goLive(
    lease,
    {
      release,
      live,
      put: files,
      removed: remove.length,
      retain: retentionOf(wish.loaded),
      withdrawn: state?.record.withdrawn ?? [],
      bytes: { source: target },
      pin: true,
      now: new Date(),
    },
    signal,
  );
  wish.told(changedFiles(change));
  await prune(lease, { isWithdrawn: (path) => wish.isWithdrawn(addressOfFile(path)) }, signal);
  return { ...published, wanted, live: release.id, previous: live.manifest?.id ?? null };
}

/** The release to return to, less what was withdrawn since; assets of what is live stay beside it for visitors who opened a page of that. */
function releaseOf(target: Manifest, live: Live, { isWithdrawn }: Return): Manifest {
  const files = filesToReturnTo(target, isWithdrawn);
  const pages = files.filter(({ kind }) => kind === 'page').length;
  const release = buildRelease({ ...target, files, pages, isWithdrawn, live: certainPart(live), now: new Date() });
  return identityOf(release.files) === identityOf(target.files) ? target : release;
}
