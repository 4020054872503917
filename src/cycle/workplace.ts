import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadedConfig } from '../config/load.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import { createSite, type Site } from '../model/site.ts';
import { createOrigin, type Origin } from '../origin/client.ts';
import type { Destination } from '../publish/destination.ts';
import { createDestination } from '../publish/destinations/index.ts';
import { type ComposedCache, openComposed } from '../render/composed.ts';
import type { RenderedRecord } from '../render/render.ts';
import { openRecords, type Records, type SnapshotRecord } from '../snapshot/records.ts';
import { type Blobs, openBlobs } from '../store/blobs.ts';
import { type Journal, openJournal } from '../store/journal.ts';
import { VERSION } from '../version.ts';

/** What a run works with: the configuration brought to life, and the state beside it. */
export interface Workplace extends LoadedConfig {
  readonly site: Site;
  readonly clock: Clock;
  readonly blobs: Blobs;
  readonly records: Records;
  readonly rendered: Journal<RenderedRecord>;
  readonly composed: ComposedCache;
  readonly origin: Origin;
  readonly destinations: readonly Destination[];
  /** Ends the origin's connections. */
  close(): Promise<void>;
}

/** The package's own folder, whose templates and content serve where a project has none. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Files of the state folder; all of it may be deleted, at the price of one full look. */
export const stateFiles = (stateDir: string) => ({
  lock: join(stateDir, 'lock'),
  blobs: join(stateDir, 'blobs'),
  snapshot: join(stateDir, 'snapshot.jsonl'),
  rendered: join(stateDir, 'rendered.jsonl'),
  composed: join(stateDir, 'composed.json'),
  runs: join(stateDir, 'runs.jsonl'),
  swept: join(stateDir, 'swept'),
});

/** The site as the configuration names it. */
export function siteOf({ config }: LoadedConfig): Site {
  const { site, origin } = config;
  const host = origin.host === undefined ? {} : { host: origin.host };
  return createSite({ name: site.name, url: site.url, origin: origin.url, aliases: origin.aliases, ...host });
}

/** The drivers of every destination. */
export function destinationsOf({ config, root }: LoadedConfig): readonly Destination[] {
  return config.destinations.map((destination) => createDestination(destination, (path) => resolve(root, path)));
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
  return {
    ...loaded,
    site: siteOf(loaded),
    clock,
    blobs,
    records,
    rendered,
    composed: openComposed(files.composed, blobs),
    origin,
    destinations: destinationsOf(loaded),
    close: () => origin.close(),
  };
}
