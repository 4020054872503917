import { randomUUID } from 'node:crypto';
import { asHoldfastError, hasCode } from '../model/errors.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { assertDeletes } from '../publish/caps.ts';
import type { Destination } from '../publish/destination.ts';
import { goLive } from '../publish/golive.ts';
import { type Live, readLive } from '../publish/live.ts';
import { assertOwn } from '../publish/ownership.ts';
import { buildRelease } from '../release/build.ts';
import { difference } from '../release/difference.ts';
import { filesThatStay } from '../release/stay.ts';
import { warn } from '../snapshot/context.ts';
import { nothingSent, type Report } from './report.ts';
import type { Wish } from './wish.ts';
import type { Workplace } from './workplace.ts';

export interface Target {
  readonly place: Workplace;
  readonly snapshot: Snapshot;
  readonly files: readonly ReleaseFile[];
  readonly wish: Wish;
  readonly report: Report;
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
    await send(destination, { ...target, live, before: before?.previous ?? live.manifest?.id ?? null }, signal);
    return 'done';
  } catch (error) {
    signal.throwIfAborted();
    const told = asHoldfastError(error);
    const shown = live?.manifest?.id ?? null;
    report.destinations.set(name, { live: shown, previous: before?.previous ?? shown, error: told });
    return hasCode(told, 'blob-damaged', 'blob-missing') ? 'bytes lost' : 'failed';
  }
}

interface Sending extends Target {
  readonly live: Live;
  /** What was live before this run. */
  readonly before: string | null;
}

async function send(destination: Destination, sending: Sending, signal: AbortSignal): Promise<void> {
  const { place, report, wish, before } = sending;
  const { name } = destination;
  assertOwn(sending.live.control?.record, place.site.publicUrl.host, place.environment, name);
  const release = releaseFor(sending);
  const live = wish.force ? { ...sending.live, isCertain: false } : sending.live;
  const change = difference(release, live.isCertain ? live.manifest : undefined, wish.force);
  const { remove } = difference(release, live.manifest);
  const removed = remove.map(({ path }) => path);
  assertDeletes({
    removed,
    live: live.manifest,
    maxDeletes: wish.maxDeletes,
    acceptShrink: wish.acceptShrink,
    destination: name,
  });
  const isLive = live.isCertain && release === live.manifest;
  if (isLive || wish.dryRun) {
    const published = report.destinations.get(name)?.published ?? nothingSent(name);
    report.destinations.set(name, {
      live: live.manifest?.id ?? null,
      previous: before,
      difference: { ...change, remove },
      published,
    });
    return;
  }
  const put = change.put.map(({ file }) => file);
  const now = new Date(place.clock.now());
  const published = await goLive(
    destination,
    { release, live, put, removed: removed.length, retain: place.config.retain, openBlob: place.blobs.open, now },
    signal,
  );
  if (published.pruneFailed !== undefined) warn(report.tally, 'prune-failed', name, published.pruneFailed);
  if (!report.releases.includes(release.id)) report.releases.push(release.id);
  report.destinations.set(name, { live: release.id, previous: before, difference: { ...change, remove }, published });
}

function releaseFor({ place, snapshot, files, live }: Sending): Manifest {
  const { site, environment, clock } = place;
  return buildRelease({
    site: site.publicUrl.host,
    environment,
    lineage: live.control?.record.lineage ?? randomUUID(),
    files: [...files, ...filesThatStay(files, live.manifest, (address) => snapshot.mayStay(address))],
    live: live.manifest,
    now: new Date(clock.now()),
  });
}
