import type { LoadedConfig } from '../config/load.ts';
import type { DestinationConfig } from '../config/schema.ts';
import { type EdgeFacts, type EdgeFile, type EdgeName, fillEdge, redirectsOf } from '../edge/fillers.ts';
import { HoldfastError, isHoldfastError } from '../model/errors.ts';
import { createDestination } from '../publish/destinations/index.ts';
import { type Live, readLive } from '../publish/live.ts';
import { compose } from '../render/compose.ts';
import { storedPage } from '../render/composed.ts';
import { holdingPages, type PublishedHolding } from '../render/holding-jobs.ts';
import { openRecords, type SnapshotRecord } from '../snapshot/records.ts';
import { viewSnapshot } from '../snapshot/snapshot.ts';
import { openBlobs } from '../store/blobs.ts';
import { openJournal } from '../store/journal.ts';
import { composeOptions } from './rendering.ts';
import { saidBeside, threadsOf } from './said.ts';
import { foldersOf, siteOf, stateFiles } from './workplace.ts';

/** Which server, and which destination is behind it; the first that it can have, or the first at all, where none is named. */
export interface EdgeWish {
  readonly name: EdgeName;
  readonly to: string | undefined;
}

/**
 * The files to install for a web server or balancer, from the configuration and from the holding pages as a publish would make them now. Writes nothing, needs no
 * lock. Throws `edge-refused`, `template-broken`, and `usage` for a destination that the server cannot have behind it.
 */
export async function edgeFiles(
  loaded: LoadedConfig,
  wish: EdgeWish,
  signal: AbortSignal,
): Promise<readonly EdgeFile[]> {
  const holding = await holdingPagesNow(loaded, signal);
  const live = TOLD.includes(wish.name) ? await liveAt(loaded, wish, signal) : undefined;
  return fillEdge(wish.name, edgeFacts(loaded, { ...wish, holding, live }));
}

/** Servers that are told of the redirects of what is live. */
const TOLD: readonly EdgeName[] = ['nginx', 'caddy'];

/** Undefined where nothing was published, and where it cannot be read now: without redirects the configuration is good too, and it says so. */
async function liveAt(loaded: LoadedConfig, { name, to }: EdgeWish, signal: AbortSignal): Promise<Live['manifest']> {
  const destination = createDestination(chosen(loaded.config.destinations, name, to), foldersOf(loaded));
  const live = await readLive(destination, signal).catch((error: unknown) => {
    if (isHoldfastError(error)) return undefined;
    throw error;
  });
  return live?.manifest;
}

/** What configurations are filled from; no redirects where no `live` release is given. Throws `usage` for a destination that is not there. */
export function edgeFacts(
  loaded: LoadedConfig,
  { name, to, holding, live }: EdgeWish & { readonly holding: EdgeFacts['holding']; readonly live?: Live['manifest'] },
): EdgeFacts {
  const { config } = loaded;
  const site = siteOf(loaded);
  return {
    site: site.publicUrl,
    origin: { url: site.originUrl, host: config.origin.host ?? site.originUrl.host },
    rules: config.edge,
    inbox: config.inbox?.listen,
    destination: placed(loaded, chosen(config.destinations, name, to)),
    holding,
    redirects: redirectsOf(live),
  };
}

/** The holding pages as a publish would make them now. */
export async function holdingPagesNow(loaded: LoadedConfig, signal: AbortSignal): Promise<readonly PublishedHolding[]> {
  const { config, environment, stateDir } = loaded;
  const files = stateFiles(stateDir);
  const snapshot = viewSnapshot(openRecords(await openJournal<SnapshotRecord>(files.snapshot)), config);
  const threads = await threadsOf(loaded);
  const said = await saidBeside(loaded, threads, signal);
  const composed = await compose(composeOptions(loaded, { snapshot, said, at: Date.now() }, signal));
  const pages = composed.pages.map(storedPage);
  return holdingPages({ config, environment, site: siteOf(loaded), blobs: openBlobs(files.blobs) }, snapshot, pages);
}

function chosen(
  destinations: readonly DestinationConfig[],
  server: EdgeName,
  to: string | undefined,
): DestinationConfig {
  const [first] = destinations;
  const found =
    to === undefined
      ? (destinations.find(({ use }) => (use === 's3') === (server === 'cloudfront')) ?? first)
      : destinations.find(({ name }) => name === to);
  if (found !== undefined) return found;
  throw new HoldfastError('usage', `there is no destination ${to}`);
}

function placed(loaded: LoadedConfig, destination: DestinationConfig): DestinationConfig {
  if (destination.use !== 'mirror') return destination;
  return { ...destination, dir: foldersOf(loaded).resolve(destination.dir) };
}
