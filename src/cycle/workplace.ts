import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadedConfig } from '../config/load.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import { createSite, type Site } from '../model/site.ts';
import { createOrigin, type Origin } from '../origin/client.ts';
import { openElsewhere } from '../origin/elsewhere.ts';
import type { Owner } from '../publish/control.ts';
import type { Destination } from '../publish/destination.ts';
import { createDestination, type Folders } from '../publish/destinations/index.ts';
import { type Bid, type Lease, takeLease } from '../publish/lease.ts';
import { type ComposedCache, openComposed } from '../render/composed.ts';
import type { RenderedRecord } from '../render/render.ts';
import { openThreads, type Threads } from '../snapshot/comments/threads.ts';
import { openRecords, type Records, type SnapshotRecord } from '../snapshot/records.ts';
import { type Blobs, openBlobs } from '../store/blobs.ts';
import { writeAtomic } from '../store/files.ts';
import { type Journal, openJournal } from '../store/journal.ts';
import { VERSION } from '../version.ts';

/** What a run works with: the configuration brought to life, and the state beside it. */
export interface Workplace extends LoadedConfig {
  readonly site: Site;
  readonly clock: Clock;
  readonly blobs: Blobs;
  readonly records: Records;
  readonly threads: Threads;
  readonly rendered: Journal<RenderedRecord>;
  readonly composed: ComposedCache;
  readonly origin: Origin;
  /** The polite client of another host that comments or values come from. */
  elsewhere(url: URL, headers: Readonly<Record<string, string>>): Origin;
  readonly destinations: readonly Destination[];
  /** Whose the destinations are to be. */
  readonly owner: Owner;
  /** Names this machine and its state folder in leases. */
  readonly holder: string;
  /** Where leases come from and go to. */
  readonly desk: Desk;
  /** Another run begins in the same place: whoever was away is asked again. */
  newRun(): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Gives leases out and takes them back. */
export interface Desk {
  /** Throws as `takeLease` does. */
  take(destination: Destination, signal: AbortSignal): Promise<Lease>;
  giveBack(lease: Lease): Promise<void>;
}

/** Takes a lease for one run, and lets it go at its end. */
export function deskFor(bid: Bid): Desk {
  return { take: (destination, signal) => takeLease(destination, bid, signal), giveBack: (lease) => lease.release() };
}

/** The package's own folder, whose templates and content serve where a project has none. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Files of the state folder; all of it may be deleted, at the price of one full look. */
export const stateFiles = (stateDir: string) => ({
  lock: join(stateDir, 'lock'),
  blobs: join(stateDir, 'blobs'),
  blobIndex: join(stateDir, 'blobs/index'),
  snapshot: join(stateDir, 'snapshot.jsonl'),
  threads: join(stateDir, 'threads.jsonl'),
  comments: join(stateDir, 'comments'),
  values: join(stateDir, 'values'),
  rendered: join(stateDir, 'rendered.jsonl'),
  composed: join(stateDir, 'composed.json'),
  runs: join(stateDir, 'runs.jsonl'),
  purges: join(stateDir, 'purges.json'),
  swept: join(stateDir, 'swept'),
  holder: join(stateDir, 'holder'),
  withdrawals: join(stateDir, 'withdrawals'),
  sending: join(stateDir, 'sending'),
  launch: join(stateDir, 'launch.json'),
  run: join(stateDir, 'run.json'),
  alerts: join(stateDir, 'alerts.json'),
});

/** The site as the configuration names it. */
export function siteOf({ config }: LoadedConfig): Site {
  const { site, origin } = config;
  const host = origin.host === undefined ? {} : { host: origin.host };
  return createSite({ name: site.name, url: site.url, origin: origin.url, aliases: origin.aliases, ...host });
}

/** Whose the destinations of a configuration are to be. */
export function ownerOf(loaded: LoadedConfig): Owner {
  return { site: siteOf(loaded).publicUrl.host, environment: loaded.environment };
}

/** The machine's name and a word of the state folder's own, made once: two folders on one machine are two holders. */
export async function holderOf(stateDir: string): Promise<string> {
  const path = stateFiles(stateDir).holder;
  const known = await readFile(path, 'utf8').catch(() => '');
  // A state folder that was copied to another machine is another holder there.
  if (known.startsWith(`${hostname()}-`)) return known.trim();
  const holder = `${hostname()}-${randomBytes(4).toString('hex')}`;
  await writeAtomic(path, `${holder}\n`);
  return holder;
}

/** Which releases stay at a destination to be returned to. */
export function retentionOf({ config }: LoadedConfig): { readonly count: number; readonly age: number } {
  return { count: config.retain, age: config.retainFor };
}

/** The drivers of every destination. */
export function destinationsOf(loaded: LoadedConfig): readonly Destination[] {
  return loaded.config.destinations.map((destination) => createDestination(destination, foldersOf(loaded)));
}

/** Where drivers find and put files of this machine. */
export function foldersOf({ root, stateDir }: LoadedConfig): Folders {
  return { resolve: (path) => resolve(root, path), sending: (name) => join(stateFiles(stateDir).sending, name) };
}

/** Opens the state and the origin. The caller holds the lock, and closes. */
export async function openWorkplace(loaded: LoadedConfig, clock: Clock = systemClock): Promise<Workplace> {
  const files = stateFiles(loaded.stateDir);
  await mkdir(dirname(files.lock), { recursive: true });
  const blobs = openBlobs(files.blobs);
  const records = openRecords(await openJournal<SnapshotRecord>(files.snapshot));
  const rendered = await openJournal<RenderedRecord>(files.rendered);
  const usual = records.usual === undefined ? {} : { usual: records.usual };
  const origin = createOrigin({
    config: loaded.config.origin,
    siteUrl: loaded.config.site.url,
    version: VERSION,
    clock,
    ...usual,
  });
  const others = openElsewhere(loaded.config, clock);
  const [owner, holder] = [ownerOf(loaded), await holderOf(loaded.stateDir)];
  return {
    ...loaded,
    site: siteOf(loaded),
    clock,
    blobs,
    records,
    threads: await openThreads({ states: files.threads, comments: files.comments }),
    rendered,
    composed: openComposed(files.composed, blobs),
    origin,
    elsewhere: others.client,
    destinations: destinationsOf(loaded),
    owner,
    holder,
    desk: deskFor({ owner, holder, clock }),
    newRun: () => {
      origin.newRun();
      others.newRun();
    },
    close: async () => {
      await Promise.all([origin.close(), others.close()]);
    },
  };
}
