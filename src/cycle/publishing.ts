import { randomUUID } from 'node:crypto';
import { addressOfFile } from '../model/address.ts';
import { asHoldfastError, hasCode } from '../model/errors.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { assertDeletes } from '../publish/caps.ts';
import type { Destination } from '../publish/destination.ts';
import { goLive, type Published } from '../publish/golive.ts';
import { type Live, readLive } from '../publish/live.ts';
import { assertOwn } from '../publish/ownership.ts';
import { buildRelease } from '../release/build.ts';
import { type Difference, difference } from '../release/difference.ts';
import { filesThatStay } from '../release/stay.ts';
import { warn } from '../snapshot/context.ts';
import type { Cycle } from './cycle.ts';
import { nothingSent } from './report.ts';

/** What a destination is to show. */
export interface Target extends Cycle {
  readonly snapshot: Snapshot;
  readonly files: readonly ReleaseFile[];
}

/** How it ended at one destination; what it came to stands in the report. */
export type Ended = 'done' | 'failed' | 'bytes lost';

/** Makes the release live at one destination; its failure is that destination's alone. Throws only the signal's reason. */
export async function publishTo(destination: Destination, target: Target, signal: AbortSignal): Promise<Ended> {
  const { name } = destination;
  const { report } = target;
  const before = report.destinations.get(name);
  let live: Live | undefined;
  try {
    live = await readLive(destination, signal);
    await send(destination, { ...target, live }, signal);
    return 'done';
  } catch (error) {
    signal.throwIfAborted();
    const told = asHoldfastError(error);
    const shown = live?.manifest?.id ?? null;
    const previous = before === undefined ? shown : before.previous;
    report.destinations.set(name, { ...before, live: shown, previous, error: told });
    return hasCode(told, 'blob-damaged', 'blob-missing') ? 'bytes lost' : 'failed';
  }
}

interface Sending extends Target {
  readonly live: Live;
}

async function send(destination: Destination, sending: Sending, signal: AbortSignal): Promise<void> {
  const { place, report, wish } = sending;
  const { name } = destination;
  assertOwn(sending.live.control?.record, place.site.publicUrl.host, place.environment, name);
  const release = releaseFor(sending);
  const live = wish.force ? { ...sending.live, isCertain: false } : sending.live;
  const change = changeSince(live, release, wish.force);
  assertDeletes({
    removed: unexpected(sending, change.remove),
    live: live.manifest,
    maxDeletes: wish.maxDeletes,
    acceptShrink: wish.acceptShrink,
    destination: name,
  });
  const earlier = report.destinations.get(name);
  const start = earlier?.start ?? live;
  const previous = start.manifest?.id ?? null;
  const told = { previous, start, difference: changeSince(start, release, wish.force) };
  const isLive = live.isCertain && release === live.manifest;
  if (isLive || wish.dryRun) {
    const published = earlier?.published ?? nothingSent(name);
    report.destinations.set(name, { ...told, live: live.manifest?.id ?? null, published });
    return;
  }
  const put = change.put.map(({ file }) => file);
  const now = new Date(place.clock.now());
  const published = await goLive(
    destination,
    {
      release,
      live,
      put,
      removed: change.remove.length,
      retain: place.config.retain,
      withdrawn: sending.snapshot.withdrawnByHand(),
      openBlob: place.blobs.open,
      now,
    },
    signal,
  );
  if (published.pruneFailed !== undefined) warn(report.tally, 'prune-failed', name, published.pruneFailed);
  if (!report.releases.includes(release.id)) report.releases.push(release.id);
  report.destinations.set(name, { ...told, live: release.id, published: together(earlier?.published, published) });
}

/** What a release changes where `live` is shown; where that is not certain, every file is put. */
function changeSince({ manifest, isCertain }: Live, release: Manifest, force: boolean): Difference {
  const { remove } = difference(release, manifest);
  return { ...difference(release, isCertain ? manifest : undefined, force), remove };
}

/** One run may make several releases: what it sent is told of all of them. */
function together(earlier: Published | undefined, now: Published): Published {
  if (earlier === undefined) return now;
  const { put, deleted, bytes, requests } = earlier;
  return {
    ...now,
    put: put + now.put,
    deleted: deleted + now.deleted,
    bytes: bytes + now.bytes,
    requests: requests + now.requests,
  };
}

/** Removals that a cap is for: not what was withdrawn on purpose, nor an old asset whose time ran out. */
function unexpected({ live, snapshot }: Sending, remove: Difference['remove']): readonly string[] {
  const carried = new Set(
    (live.manifest?.files ?? []).flatMap((file) => (file.carried === undefined ? [] : [file.path])),
  );
  return remove
    .map(({ path }) => path)
    .filter((path) => !carried.has(path) && !snapshot.isWithdrawn(addressOfFile(path)));
}

function releaseFor({ place, snapshot, files, live }: Sending): Manifest {
  const { site, environment, clock } = place;
  const stays = filesThatStay(files, live.manifest, (address) => snapshot.mayStay(address));
  const captured = [...snapshot.pages()].length;
  return buildRelease({
    site: site.publicUrl.host,
    environment,
    lineage: live.control?.record.lineage ?? randomUUID(),
    files: [...files, ...stays],
    pages: captured + stays.filter(({ kind }) => kind === 'page').length,
    isWithdrawn: (address) => snapshot.isWithdrawn(address),
    live: live.manifest,
    now: new Date(clock.now()),
  });
}
