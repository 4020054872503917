import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadedConfig } from '../config/load.ts';
import { type Clock, onwardClock, systemClock } from '../model/clock.ts';
import { createSite, type Site } from '../model/site.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { createOrigin, type Origin } from '../origin/client.ts';
import { type Elsewhere, openElsewhere } from '../origin/elsewhere.ts';
import type { Owner } from '../publish/control.ts';
import type { Destination } from '../publish/destination.ts';
import { createDestination, type Folders } from '../publish/destinations/index.ts';
import { type Bid, type Lease, takeLease } from '../publish/lease.ts';
import { type ComposedCache, openComposed } from '../render/composed.ts';
import type { RenderedRecord } from '../render/render.ts';
import { openThreads, type Threads } from '../snapshot/comments/threads.ts';
import { JOURNAL_OPTIONS, openRecords, type Records, type SnapshotRecord } from '../snapshot/records.ts';
import { steadySnapshot } from '../snapshot/snapshot.ts';
import { type Blobs, openBlobs } from '../store/blobs.ts';
import { writeAtomic } from '../store/files.ts';
import { type Journal, openJournal } from '../store/journal.ts';
import { VERSION } from '../version.ts';
import { type Memory, openMemory } from './memory.ts';
import { assertSubject } from './subject.ts';

/** What a run works with: the configuration brought to life, and the state beside it. */
export interface Workplace extends LoadedConfig {
  readonly site: Site;
  readonly clock: Clock;
  /** The clock that looks go by: it never goes back. */
  readonly onward: Clock;
  readonly blobs: Blobs;
  readonly records: Records;
  /** The snapshot as later stages see it: the same object as long as nothing in it changed. */
  snapshot(): Snapshot;
  /** What earlier cycles in this place came to. */
  readonly memory: Memory;
  readonly threads: Threads;
  readonly rendered: Journal<RenderedRecord>;
  readonly composed: ComposedCache;
  readonly clients: Clients;
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
  timetable: join(stateDir, 'timetable.json'),
  appointments: join(stateDir, 'appointments.json'),
  prepared: join(stateDir, 'prepared.json'),
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

/** Whom a place talks to. */
export interface Clients {
  readonly origin: Origin;
  readonly others: Elsewhere;
}

/** What a process that stays brings to each place it opens. */
export interface Staying extends Pick<Workplace, 'destinations' | 'desk' | 'onward'> {
  readonly clients: Clients | undefined;
}

/** Opens the state and the origin. The caller holds the lock, and closes. Throws `config-invalid` where the state is of another site. */
export async function openWorkplace(
  loaded: LoadedConfig,
  clock: Clock = systemClock,
  staying?: Staying,
): Promise<Workplace> {
  const files = stateFiles(loaded.stateDir);
  await mkdir(dirname(files.lock), { recursive: true });
  const blobs = openBlobs(files.blobs);
  const records = openRecords(await openJournal<SnapshotRecord>(files.snapshot, JOURNAL_OPTIONS));
  assertSubject(records, { site: siteOf(loaded), path: loaded.path, snapshot: files.snapshot });
  const clients = staying?.clients ?? openClients(loaded, { clock, records });
  const [owner, holder] = [ownerOf(loaded), await holderOf(loaded.stateDir)];
  return {
    ...loaded,
    site: siteOf(loaded),
    clock,
    onward: staying?.onward ?? onwardClock(clock),
    blobs,
    records,
    snapshot: steadySnapshot(records, loaded.config),
    memory: openMemory(),
    threads: await openThreads({ states: files.threads, comments: files.comments }),
    rendered: await openJournal<RenderedRecord>(files.rendered),
    composed: openComposed(files.composed, blobs),
    clients,
    origin: clients.origin,
    elsewhere: clients.others.client,
    destinations: staying?.destinations ?? destinationsOf(loaded),
    owner,
    holder,
    desk: staying?.desk ?? deskFor({ owner, holder, clock }),
    newRun: () => {
      clients.origin.newRun();
      clients.others.newRun();
    },
    close: () => closeClients(clients),
  };
}

/** Ends all connections. */
export async function closeClients({ origin, others }: Clients): Promise<void> {
  await Promise.all([origin.close(), others.close()]);
}

function openClients(
  { config }: LoadedConfig,
  { clock, records }: { readonly clock: Clock; readonly records: Records },
): Clients {
  const usual = records.usual === undefined ? {} : { usual: records.usual };
  const origin = createOrigin({ config: config.origin, siteUrl: config.site.url, version: VERSION, clock, ...usual });
  return { origin, others: openElsewhere(config, clock) };
}
