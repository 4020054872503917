import { randomBytes } from 'node:crypto';
import type { LoadedConfig } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';
import { sharedFiles, sharedIn, shareFolder } from '../model/share.ts';
import { goLive } from '../publish/golive.ts';
import type { Lease } from '../publish/lease.ts';
import { type Live, liveOf } from '../publish/live.ts';
import { prune } from '../publish/prune.ts';
import { buildRelease } from '../release/build.ts';
import { compose } from '../render/compose.ts';
import { storedPage } from '../render/composed.ts';
import { type Job, jobsOf, wholeOf } from '../render/jobs.ts';
import { sharedList, sharedPage } from '../render/shared.ts';
import type { Warning } from '../snapshot/context.ts';
import { openRecords, type SnapshotRecord } from '../snapshot/records.ts';
import { viewSnapshot } from '../snapshot/snapshot.ts';
import { type Blobs, openBlobs } from '../store/blobs.ts';
import { openJournal } from '../store/journal.ts';
import { differenceFrom } from './difference.ts';
import { atEach, type Held, withLeases } from './leases.ts';
import { type Change, changedFiles, purgeAfter } from './purging.ts';
import { composeOptions } from './rendering.ts';
import { newReport } from './report.ts';
import { saidBeside, threadsOf } from './said.ts';
import { retentionOf, siteOf, stateFiles } from './workplace.ts';

/** What is shared at one destination now. */
export interface Shared {
  readonly destination: string;
  /** Where it is seen; null where nothing is shared. */
  readonly url: string | null;
  readonly files: number;
}

/**
 * Puts the composed and holding pages, as they are saved now, beside what is live, in a folder that cannot be guessed; or takes that folder
 * down. Nothing else of what is live changes. The live release is where it is remembered: each later one has the folder too.
 */
export async function share(
  loaded: LoadedConfig,
  wish: 'share' | 'unshare',
  signal: AbortSignal,
): Promise<{ readonly shared: readonly Shared[]; readonly warnings: readonly Warning[] }> {
  const { tally } = newReport();
  const place = { ...loaded, site: siteOf(loaded), clock: systemClock };
  const purging = { place, wish: { dryRun: false }, report: { tally } };
  const work = async (all: readonly Held[], until: AbortSignal): Promise<readonly Shared[]> => {
    const lives = await atEach(all, (held) => standing(held, until));
    const known = lives.flatMap(({ manifest }) => sharedFiles(manifest).map(({ path }) => sharedIn(path)))[0];
    const folder = known ?? shareFolder(randomBytes(16).toString('hex'));
    const blobs = openBlobs(stateFiles(loaded.stateDir).blobs);
    const files = wish === 'share' ? await filesIn(folder, { loaded, blobs }, until) : [];
    const ended = await atEach(lives, (one) => putBeside(one, { files, loaded, blobs }, until));
    const changed = new Map(ended.map(({ destination, ...change }) => [destination, change]));
    await purgeAfter(purging, changed, until);
    const url = wish === 'share' ? `${place.site.publicUrl.origin}/${folder}` : null;
    return ended.map(({ destination }) => ({ destination, url, files: files.length }));
  };
  return { shared: await withLeases(loaded, { work }, signal), warnings: [...tally.warnings.values()] };
}

interface Standing {
  readonly lease: Lease;
  readonly live: Live;
  readonly manifest: Manifest;
}

async function standing({ destination, manifests, lease, state }: Held, signal: AbortSignal): Promise<Standing> {
  const live = await liveOf(manifests, state, signal);
  const { manifest } = live;
  if (manifest === undefined || lease === undefined)
    throw new HoldfastError(
      'nothing-to-release',
      `${destination.name}: nothing is live yet, and a preview is shared beside it`,
      {
        hint: 'holdfast publish first',
      },
    );
  return { lease, live, manifest };
}

interface Sharing {
  readonly loaded: LoadedConfig;
  readonly blobs: Blobs;
}

/** The files of the folder, stored: no analytics, for nobody who looks at a preview is a visitor; `noindex`; kept by no cache. */
async function filesIn(
  folder: string,
  { loaded, blobs }: Sharing,
  signal: AbortSignal,
): Promise<readonly ReleaseFile[]> {
  const records = openRecords(await openJournal<SnapshotRecord>(stateFiles(loaded.stateDir).snapshot));
  const snapshot = viewSnapshot(records, loaded.config);
  const said = await saidBeside(loaded, await threadsOf(loaded), signal);
  // A share is public to whoever has its address: what is under embargo is not in it.
  const composed = await compose(composeOptions(loaded, { snapshot, said, at: systemClock.now() }, signal));
  // Of a balancer's smallest form nobody has an address.
  const pages = composed.pages.filter(({ kind }) => kind !== 'tiny').map(storedPage);
  const site = siteOf(loaded);
  const config = { ...loaded.config, analytics: [] };
  const jobs = jobsOf({ config, environment: 'shared', site, blobs }, snapshot, pages);
  const shared = { site, folder, files: new Set(pages.map(({ path }) => path)) };
  const files: ReleaseFile[] = [];
  const add = async (path: string, type: string, bytes: Buffer): Promise<void> => {
    files.push({
      path: folder + path,
      kind: 'holding',
      type,
      headers: NOT_KEPT,
      ...(await blobs.put(bytes)),
      variants: {},
    });
  };
  for (const { path, kind } of pages) {
    const job = jobs.next().value as Job;
    const bytes = await wholeOf(await job.render());
    await add(path, job.type, kind === 'asset' ? bytes : sharedPage(bytes, path, shared));
  }
  const listed = pages.flatMap(({ path, kind, front }) =>
    kind === 'asset' ? [] : [{ path, title: front.title ?? path }],
  );
  if (!shared.files.has('index.html'))
    await add('index.html', 'text/html; charset=utf-8', Buffer.from(sharedList(loaded.config.site.name, listed)));
  return files;
}

const NOT_KEPT = { 'cache-control': 'no-store' };

async function putBeside(
  { lease, live, manifest }: Standing,
  { files, loaded, blobs }: Sharing & { readonly files: readonly ReleaseFile[] },
  signal: AbortSignal,
): Promise<Change & { readonly destination: string }> {
  const { name } = lease.destination;
  const others = manifest.files.filter(({ path }) => sharedIn(path) === undefined);
  const all = [...others, ...files];
  const pages = all.filter(({ kind }) => kind === 'page').length;
  const now = new Date();
  const release = buildRelease({ ...manifest, files: all, pages, isWithdrawn: () => false, live: manifest, now });
  if (release === manifest) return { destination: name, release: release.id, files: [] };
  const change = differenceFrom(live, release);
  const put = change.put.map(({ file }) => file);
  const { withdrawn } = lease.state.record;
  const bytes = { openBlob: blobs.open };
  const retain = retentionOf(loaded);
  await goLive(lease, { release, live, put, removed: change.remove.length, retain, withdrawn, bytes, now }, signal);
  // What is taken down is not kept to be returned to either.
  const stays = new Set(files.map(({ path }) => path));
  await prune(lease, { isWithdrawn: (path) => sharedIn(path) !== undefined && !stays.has(path) }, signal);
  return { destination: name, release: release.id, files: changedFiles(change) };
}
