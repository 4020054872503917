import { type Address, addressOfFile } from '../model/address.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Manifest } from '../model/manifest.ts';
import { prune } from '../publish/prune.ts';
import { forgetAhead } from '../render/render.ts';
import { type CommentPurge, purgeFromThreads } from '../snapshot/comments/purge.ts';
import { lookAgain } from '../snapshot/rounds.ts';
import { forgetBody } from '../snapshot/snapshot.ts';
import type { Cycle } from './cycle.ts';
import type { Held } from './leases.ts';
import type { PurgedComment } from './report.ts';
import { forgetUnshown, neededBlobs } from './sweep.ts';
import type { Workplace } from './workplace.ts';

/**
 * Takes a comment out of its thread, and out of what was captured: every captured page, feed or file that names it is asked for again, since a
 * page's own copy of its thread is no longer wanted either. Throws `usage` where no thread knows the comment, or where a
 * destination is pinned, since nothing would change there.
 */
export async function purgeComment(
  { place, context, leases }: Cycle,
  purge: CommentPurge,
  signal: AbortSignal,
): Promise<PurgedComment> {
  const pinned = leases.held.find(({ state }) => (state?.record.pinned ?? null) !== null);
  if (pinned !== undefined)
    throw new HoldfastError(
      'usage',
      `${pinned.destination.name} is pinned by a rollback: what is live there would stay`,
      {
        hint: 'holdfast unpin first; nothing was changed',
      },
    );
  const entries = await purgeFromThreads(place.threads, place.config.comments, purge);
  if (entries.length === 0)
    throw new HoldfastError(
      'usage',
      `comment ${purge.id}: ${purge.isBack ? 'it was not purged' : 'no thread has it'}`,
      {
        hint: 'its number is what follows #comment- in its address',
      },
    );
  const naming = purge.isBack ? [] : await pagesNaming(place, purge.id);
  await captureAnew({ place, context }, naming, signal);
  const still = purge.isBack ? [] : await pagesNaming(place, purge.id);
  return {
    id: purge.id,
    pages: entries.map(({ page }) => page),
    lookedAgain: naming.map(({ address }) => address),
    stillShown: still.map(({ address }) => address),
    dropped: {},
  };
}

/** A page that cannot be looked at now stays as it was captured: its thread is made anew all the same. */
async function captureAnew(
  { place: { records }, context }: Pick<Cycle, 'place' | 'context'>,
  naming: readonly Naming[],
  signal: AbortSignal,
): Promise<void> {
  const before = naming.map(({ address }) => [address, records.pages.get(address)] as const);
  for (const { sha256 } of naming) forgetBody(records, sha256);
  await lookAgain(
    context,
    naming.map(({ address }) => address),
    signal,
  );
  for (const [address, entry] of before)
    if (entry !== undefined && records.pages.get(address)?.good === undefined) records.pages.set(address, entry);
}

interface Naming {
  readonly address: Address;
  readonly sha256: string;
}

/** Captured pages and feeds whose bytes name the comment. */
async function pagesNaming({ records, blobs }: Workplace, id: string): Promise<readonly Naming[]> {
  const mark = new RegExp(`(?:#|id=["']?|div-)comment-${id}(?![\\w-])`);
  const naming: Naming[] = [];
  for (const [address, { good }] of records.pages) {
    if (good === undefined) continue;
    const bytes = await blobs.read(good.body.sha256).catch(() => undefined);
    if (bytes !== undefined && mark.test(bytes.toString('latin1'))) naming.push({ address, sha256: good.body.sha256 });
  }
  return naming;
}

/** Drops what could bring the comment back: kept releases that may hold it, and every blob that nothing needs. After the purge went live. */
export async function eraseTraces(cycle: Cycle, purged: PurgedComment, signal: AbortSignal): Promise<PurgedComment> {
  const dropped: Record<string, readonly string[]> = {};
  const showing = new Set([
    ...purged.pages,
    ...purged.lookedAgain,
    ...(await cycle.place.composed.addresses(cycle.place.clock.now())),
  ]);
  for (const held of cycle.leases.held) {
    const ids = await dropReleases(held, showing, signal);
    if (ids.length > 0) dropped[held.destination.name] = ids;
  }
  forgetAhead(cycle.place.rendered);
  // A page that is gone may have shown it too.
  await forgetUnshown(cycle, signal);
  await cycle.place.rendered.flush('anew');
  await cycle.place.records.flush();
  await cycle.place.blobs.scrub(await neededBlobs(cycle.place));
  return { ...purged, dropped };
}

/** Releases whose copy of a page with the thread is another than the live one: they may hold it. */
async function dropReleases(
  held: Held,
  showing: ReadonlySet<Address>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { lease, manifests } = held;
  const record = lease?.state.record;
  const live = record?.live ?? null;
  const shown = live === null ? undefined : await manifests.read(live, signal);
  if (lease === undefined || record === undefined || shown === undefined) return [];
  const now = new Map(shown.files.map(({ path, sha256 }) => [path, sha256]));
  const suspects: string[] = [];
  for (const id of record.releases) {
    const manifest = id === live ? undefined : await manifests.read(id, signal);
    if (manifest !== undefined && mayHold(manifest, now, showing)) suspects.push(id);
  }
  if (suspects.length === 0) return [];
  const gone = new Set(suspects);
  await lease.move((before) => ({
    ...before,
    releases: before.releases.filter((id) => !gone.has(id)),
    unpruned: [...new Set([...before.unpruned, ...suspects])],
    verified: before.verified !== null && gone.has(before.verified) ? null : before.verified,
  }));
  await clearAway(held, signal);
  return suspects;
}

/** A few releases are cleared away at a time. */
async function clearAway({ lease }: Held, signal: AbortSignal): Promise<void> {
  for (let left = Number.POSITIVE_INFINITY; lease !== undefined && lease.state.record.unpruned.length < left; ) {
    left = lease.state.record.unpruned.length;
    const failure = await prune(lease, { isWithdrawn: () => false, all: true }, signal);
    if (failure !== undefined)
      throw new HoldfastError('destination-unwritable', `${lease.destination.name}: ${failure}`);
    await lease.move((record) => record);
  }
}

function mayHold({ files }: Manifest, now: ReadonlyMap<string, string>, showing: ReadonlySet<Address>): boolean {
  return files.some(({ path, sha256 }) => {
    const address = addressOfFile(path);
    const isShowing = showing.has(address) || showing.has(address.replace(/comment-page-\d+\/$/, ''));
    return isShowing && now.get(path) !== sha256;
  });
}
