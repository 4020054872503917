import { randomUUID } from 'node:crypto';
import { addressOfFile } from '../model/address.ts';
import { sleepUntil } from '../model/clock.ts';
import { isOfTheMoment } from '../model/ending.ts';
import { asHoldfastError, hasCode } from '../model/errors.ts';
import { type Manifest, type ReleaseFile, uncoveredRelease } from '../model/manifest.ts';
import { ORIGIN_STATE_PATH } from '../model/origin-state.ts';
import { sharedFiles } from '../model/share.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { assertDeletes } from '../publish/caps.ts';
import { goLive, type Published } from '../publish/golive.ts';
import type { Lease } from '../publish/lease.ts';
import { isCertain, type Live, liveOf } from '../publish/live.ts';
import { prune } from '../publish/prune.ts';
import { buildRelease } from '../release/build.ts';
import { type Difference, difference } from '../release/difference.ts';
import { compileRules, withHeaders } from '../release/headers.ts';
import { filesThatStay } from '../release/stay.ts';
import { warn } from '../snapshot/context.ts';
import type { Cycle } from './cycle.ts';
import { differenceFrom } from './difference.ts';
import { endingAt, type Soon, withEnding } from './ending.ts';
import { warnOfHold, withHold } from './holding.ts';
import type { Held } from './leases.ts';
import { type Change, type Changes, changedFiles, notePurges, releasesNoted } from './purging.ts';
import { nothingSent } from './report.ts';
import { concealed, isSecret, namesNew } from './secret.ts';
import { retentionOf } from './workplace.ts';

/** What a destination is to show. */
export interface Target extends Cycle {
  readonly snapshot: Snapshot;
  readonly files: readonly ReleaseFile[];
  /** What will change at the next instant: caches are to keep it no longer than until then. */
  readonly soon?: Soon;
}

/** How it ended at one destination; what it came to stands in the report. */
export interface Ended {
  readonly destination: string;
  readonly how: 'done' | 'failed' | 'bytes lost';
  readonly changed: Change;
}

/**
 * Makes the release live at each destination side by side. Where the run is stopped meanwhile, caches before those where it is live by then are told by
 * the next run. Throws only the signal's reason.
 */
export async function publishToAll(target: Target, signal: AbortSignal): Promise<readonly Ended[]> {
  const noted = await releasesNoted(target.place);
  const all = await Promise.allSettled(
    target.leases.held.map((held) => publishTo(held, { ...target, noted: noted[held.destination.name] }, signal)),
  );
  const ended = all.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stopped = all.find((result) => result.status === 'rejected');
  if (stopped === undefined) return ended;
  await notePurges(target, changesOf(ended));
  throw stopped.reason;
}

/** What `purgeAfter` is to tell. */
export function changesOf(ended: readonly Ended[]): Changes {
  return new Map(ended.map(({ destination, changed }) => [destination, changed]));
}

/** Makes the release live at one destination; its failure is that destination's alone. Throws only the signal's reason. */
async function publishTo(held: Held, target: Target & Pick<Before, 'noted'>, signal: AbortSignal): Promise<Ended> {
  const { name } = held.destination;
  const { report } = target;
  const before = report.destinations.get(name);
  let live: Live | undefined;
  try {
    live = await liveOf(held.manifests, held.state, signal);
    const plan = await planFor(held, target, live);
    await send(held, { ...target, live: plan.live }, plan, signal);
    return { destination: name, how: 'done', changed: await changedAt(held, { live, noted: target.noted }, signal) };
  } catch (error) {
    signal.throwIfAborted();
    const said = asHoldfastError(error);
    const isNamed = isSecret(target) && namesNew(said.message, target.files, live?.manifest?.files ?? []);
    const told = isNamed ? concealed(said, target.wish.at) : said;
    const shown = live?.manifest?.id ?? null;
    const previous = before === undefined ? shown : before.previous;
    report.destinations.set(name, { ...before, live: held.state?.record.live ?? null, previous, error: told });
    const how = hasCode(told, 'blob-damaged', 'blob-missing') ? 'bytes lost' : 'failed';
    return { destination: name, how, changed: { release: null, files: [] } };
  }
}

interface Sending extends Target {
  readonly live: Live;
}

/** What is to be done at one destination. */
export interface Plan {
  /** What it shows, and what a person wants put whatever is there. */
  readonly live: Live;
  readonly release: Manifest;
  readonly change: Difference;
}

/** What a destination is to show, held against what it shows, `start`. Writes nothing. Throws as `buildRelease` does. */
export async function planFor(held: Held, target: Target, start: Live): Promise<Plan> {
  const live = target.wish.force ? { ...start, unsure: 'all' as const } : start;
  const sending = { ...target, live };
  const soon = JSON.stringify(endingAt(held, target.soon));
  const { wish, files, snapshot, place } = target;
  // What is made ahead of its instant, in each cycle before it, must not take the place of what is live.
  const which = wish.at === undefined ? 'release' : 'release ahead';
  const release = await place.memory.recall(`${which} for ${held.destination.name}`, {
    from: [live.manifest, files, snapshot, standingOf(held), wish.at, soon],
    make: () => releaseFor(held, sending),
    // One that did not go live has a name of its own the next time.
    isSound: (made) => made === live.manifest,
  });
  return { live, release, change: differenceFrom(live, release, wish.force) };
}

async function send(held: Held, sending: Sending, { release, change }: Plan, signal: AbortSignal): Promise<void> {
  const { report, wish, live, place } = sending;
  const { name } = held.destination;
  warnOfStanding(held, sending);
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
  const told = { previous, start, difference: differenceFrom(start, release, wish.force) };
  const isLive = isCertain(live) && release === live.manifest;
  if (isLive || held.lease === undefined) {
    const published = { ...(earlier?.published ?? nothingSent(name)), requests: held.requests };
    report.destinations.set(name, { ...told, live: live.manifest?.id ?? null, published });
  } else {
    const put = change.put.map(({ file }) => file);
    const way = report.way.publish;
    way.total += put.length;
    const published = await goLive(
      held.lease,
      {
        release,
        live,
        put,
        removed: change.remove.length,
        retain: retentionOf(place),
        withdrawn: sending.snapshot.withdrawnByHand(),
        bytes: { openBlob: place.blobs.open },
        ...(wish.at === undefined ? {} : { gate: () => sleepUntil(wish.at ?? 0, place.clock, signal) }),
        now: timeOf(sending),
        onPut: () => {
          way.done += 1;
        },
      },
      signal,
    );
    if (!report.releases.includes(release.id)) report.releases.push(release.id);
    report.destinations.set(name, {
      ...told,
      live: release.id,
      published: { ...together(earlier?.published, published), requests: held.requests },
    });
  }
  if (held.lease !== undefined) await pruneAndTell(held.lease, sending, signal);
}

/** What caches know of a destination. */
interface Before {
  /** What was live before this publish. */
  readonly live: Live;
  /** The release up to which changes were noted before it; undefined where none is known. */
  readonly noted: string | undefined;
}

/** Files for which a cache may hold another answer than before; one that was only sent again is not among them. */
async function changedAt({ manifests, state, lease }: Held, before: Before, signal: AbortSignal): Promise<Change> {
  const release = state?.record.live ?? null;
  if (lease === undefined || release === null) return { release: null, files: [] };
  const { live, noted } = before;
  const isSame = release === live.manifest?.id && isCertain(live);
  const isNoted = noted === undefined || noted === (live.manifest?.id ?? null);
  const now = isSame && isNoted ? undefined : await manifests.read(release, signal);
  if (now === undefined) return { release, files: [] };
  const files = isSame ? [] : changedFiles(differenceFrom(live, now));
  // One that is kept no more was live so long ago that its pages ran out.
  const then = isNoted ? undefined : await manifests.read(noted, signal);
  const missed = then === undefined ? [] : changedFiles(difference(now, then));
  return { release, files: [...new Set([...files, ...missed])] };
}

async function pruneAndTell(lease: Lease, { snapshot, report }: Sending, signal: AbortSignal): Promise<void> {
  const isWithdrawn = (path: string): boolean => snapshot.isWithdrawn(addressOfFile(path));
  const failure = await prune(lease, { isWithdrawn }, signal);
  if (failure !== undefined) warn(report.tally, 'prune-failed', lease.destination.name, failure);
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
  if (remove.length === 0) return [];
  const carried = new Set(
    (live.manifest?.files ?? []).flatMap((file) => (file.carried === undefined ? [] : [file.path])),
  );
  return remove
    .map(({ path }) => path)
    .filter((path) => !carried.has(path) && !snapshot.isWithdrawn(addressOfFile(path)));
}

/** What the control record says that changes what a release holds. */
function standingOf({ state }: Held): string {
  return JSON.stringify([state?.record.pinned, state?.record.hold]);
}

/** What lasts until a person ends it is said of each run. */
function warnOfStanding({ destination: { name }, state }: Held, { report: { tally }, place }: Sending): void {
  const { pinned = null, hold = null } = state?.record ?? {};
  if (pinned !== null) warn(tally, 'pinned', name, `stays at ${pinned}, which was returned to, until holdfast unpin`);
  if (hold !== null) warnOfHold(tally, name, { hold, now: place.clock.now() });
}

function releaseFor(held: Held, sending: Sending): Manifest {
  const { snapshot, files, live, place } = sending;
  const { state } = held;
  const before = live.manifest && uncoveredRelease(live.manifest);
  const rules = compileRules(place.config.headers);
  const served = withEnding(
    held,
    sending.soon,
    files.map((file) => withHeaders(file, rules)),
  );
  const pinned = state?.record.pinned ?? null;
  if (pinned !== null && before !== undefined) {
    const stays = before.files.filter(
      ({ path, carried }) =>
        carried === undefined && !isOfTheMoment(path) && !snapshot.isWithdrawn(addressOfFile(path)),
    );
    const origin = [...served, ...before.files].find(({ path }) => path === ORIGIN_STATE_PATH);
    const all = origin === undefined ? stays : [...stays, origin];
    return build(sending, withHold(held, sending, all), pagesAmong(stays));
  }
  const stays = filesThatStay(files, before, snapshot);
  // A preview that was shared stays until it is taken down, whichever machine publishes.
  const all = withHold(held, sending, [...served, ...stays, ...sharedFiles(live.manifest)]);
  return build(sending, all, [...snapshot.pages()].length + pagesAmong(stays));
}

/** A release that is made ahead of its instant is of that instant. */
function timeOf({ place, wish }: Target): Date {
  return new Date(Math.max(place.clock.now(), wish.at ?? 0));
}

function pagesAmong(files: readonly ReleaseFile[]): number {
  return files.filter(({ kind }) => kind === 'page').length;
}

function build(sending: Sending, files: readonly ReleaseFile[], pages: number): Manifest {
  const { place, snapshot, live } = sending;
  return buildRelease({
    ...place.owner,
    lineage: live.control?.record.lineage ?? randomUUID(),
    files,
    pages,
    isWithdrawn: (address) => snapshot.isWithdrawn(address),
    live: live.manifest,
    now: timeOf(sending),
  });
}
