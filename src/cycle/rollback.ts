import type { LoadedConfig } from '../config/load.ts';
import { type Address, addressOfFile } from '../model/address.ts';
import type { Manifest } from '../model/manifest.ts';
import { goLive, type Published } from '../publish/golive.ts';
import { type Live, liveOf } from '../publish/live.ts';
import { prune } from '../publish/prune.ts';
import { assertWhole, certainPart, filesToReturnTo, releaseToReturnTo, releaseUnknown } from '../publish/rollback.ts';
import { buildRelease, identityOf } from '../release/build.ts';
import { openRecords, type SnapshotRecord } from '../snapshot/records.ts';
import { viewSnapshot } from '../snapshot/snapshot.ts';
import { openJournal } from '../store/journal.ts';
import { differenceFrom } from './difference.ts';
import { type Held, withLeases } from './leases.ts';
import { retentionOf, stateFiles } from './workplace.ts';

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
export async function rollback(
  loaded: LoadedConfig,
  { id, to }: RollbackWish,
  signal: AbortSignal,
): Promise<readonly RolledBack[]> {
  const records = openRecords(await openJournal<SnapshotRecord>(stateFiles(loaded.stateDir).snapshot));
  const snapshot = viewSnapshot(records, loaded.config);
  const work = (held: Held, until: AbortSignal): Promise<RolledBack> => {
    const byHand = new Set(held.state?.record.withdrawn ?? []);
    const isWithdrawn = (address: Address): boolean => byHand.has(address) || snapshot.isWithdrawn(address);
    return goBack(held, { loaded, id, isWithdrawn }, until);
  };
  return withLeases(loaded, { to, work }, signal);
}

interface Return {
  readonly loaded: LoadedConfig;
  readonly id: string | undefined;
  readonly isWithdrawn: (address: Address) => boolean;
}

async function goBack(held: Held, wish: Return, signal: AbortSignal): Promise<RolledBack> {
  const { destination, manifests, lease, state } = held;
  const wanted = releaseToReturnTo(state?.record, wish.id, destination.name);
  const target = await manifests.read(wanted, signal);
  if (lease === undefined || target === undefined) throw releaseUnknown(destination.name, `${wanted} is not stored`);
  const live = await liveOf(manifests, state, signal);
  const release = releaseOf(target, live, wish);
  const { put, remove } = differenceFrom(live, release);
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
