import type { LoadedConfig } from '../config/load.ts';
import { isHoldfastError } from '../model/errors.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';
import type { Destination } from '../publish/destination.ts';
import { EVERY_PATH, readLive } from '../publish/live.ts';
import { type Held, withLeases } from './leases.ts';
import { destinationsOf } from './workplace.ts';

export interface VerifyWish {
  /** The one destination to read. */
  readonly to: string | undefined;
  /** Every asset, not a sample of them. */
  readonly all: boolean;
  /** From 0 to below 1: which assets the sample is made of. */
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What reading a destination back came to. */
export interface Verified {
  readonly destination: string;
  /** Null where nothing is live. */
  readonly release: string | null;
  readonly pages: number;
  readonly assets: number;
  /** Assets there are, of which `assets` were read. */
  readonly assetsInAll: number;
  readonly damaged: readonly { readonly path: string; readonly state: 'damaged' | 'absent' }[];
  /** False where a run was at work for so long that the damage could not be written down: the next publish does not know of it. */
  readonly isNoted: boolean;
}

/** Of the assets every twentieth, and no fewer than twenty: with a run a day each is read within weeks. */
const SAMPLE_PART = 0.05;
const SAMPLE_LEAST = 20;
/** A control record that names more paths than this one by one would be slow to read each minute; all is put again then. */
const MOST_UNSURE = 1000;
/** A run that is at work holds the lease; what was found is written down after it. */
const ATTEMPTS = 20;
const PAUSE_MS = 3000;

/** Reads what visitors get at each destination and compares hashes; damage is written into the control record, for the next publish to mend. */
export async function verify(
  loaded: LoadedConfig,
  wish: VerifyWish,
  signal: AbortSignal,
): Promise<readonly Verified[]> {
  const wanted = destinationsOf(loaded).filter(({ name }) => wish.to === undefined || name === wish.to);
  return Promise.all(
    wanted.map(async (destination) => {
      const found = await verifyOne(destination, wish, signal);
      return found.release === null ? found : writeDown(loaded, { found, wish }, signal);
    }),
  );
}

async function verifyOne(destination: Destination, wish: VerifyWish, signal: AbortSignal): Promise<Verified> {
  const { manifest } = await readLive(destination, signal);
  if (manifest === undefined)
    return {
      destination: destination.name,
      release: null,
      pages: 0,
      assets: 0,
      assetsInAll: 0,
      damaged: [],
      isNoted: true,
    };
  const { pages, assets, assetsInAll } = chosen(manifest, wish);
  const damaged = await damagedAmong(destination, { manifest, files: [...pages, ...assets] }, signal);
  const counts = { pages: pages.length, assets: assets.length, assetsInAll };
  return { destination: destination.name, release: manifest.id, ...counts, damaged, isNoted: true };
}

async function damagedAmong(
  destination: Destination,
  { manifest, files }: { readonly manifest: Manifest; readonly files: readonly ReleaseFile[] },
  signal: AbortSignal,
): Promise<Verified['damaged']> {
  const damaged: { path: string; state: 'damaged' | 'absent' }[] = [];
  for await (const { file, state } of destination.readBack(manifest, { files, isLive: true }, signal))
    if (state !== 'whole') damaged.push({ path: file.path, state });
  return damaged;
}

interface Chosen {
  readonly pages: readonly ReleaseFile[];
  readonly assets: readonly ReleaseFile[];
  readonly assetsInAll: number;
}

function chosen({ files }: Manifest, { all, random }: VerifyWish): Chosen {
  const pages = files.filter(({ kind }) => kind !== 'asset' && kind !== 'internal');
  const assets = files.filter(({ kind }) => kind === 'asset');
  const size = all ? assets.length : Math.max(SAMPLE_LEAST, Math.ceil(assets.length * SAMPLE_PART));
  const shuffled = assets.map((file) => [random(), file] as const).sort(([a], [b]) => a - b);
  return { pages, assets: shuffled.slice(0, size).map(([, file]) => file), assetsInAll: assets.length };
}

interface Finding {
  readonly found: Verified;
  readonly wish: VerifyWish;
}

/** What is damaged still, written down; a run that is at work is waited for. */
async function writeDown(loaded: LoadedConfig, { found, wish }: Finding, signal: AbortSignal): Promise<Verified> {
  if (found.damaged.length === 0 && found.assets < found.assetsInAll) return found;
  const work = ([held]: readonly Held[]): Promise<Verified> => note(held, found, signal);
  for (let attempt = 1; ; attempt++) {
    try {
      return await withLeases(loaded, { to: found.destination, work }, signal);
    } catch (error) {
      if (!isHoldfastError(error, 'locked', 'leased')) throw error;
      if (attempt === ATTEMPTS) return { ...found, isNoted: false };
      await wish.sleep(PAUSE_MS, signal);
    }
  }
}

/** Something else may have gone live while all was read: what seemed damaged is held against what is live now. */
async function note(held: Held | undefined, found: Verified, signal: AbortSignal): Promise<Verified> {
  const { release } = found;
  const live = held?.state?.record.live ?? null;
  const manifest = live === null ? undefined : await held?.manifests.read(live, signal);
  if (held === undefined || manifest === undefined) return found;
  const suspected = new Set(found.damaged.map(({ path }) => path));
  const files = manifest.files.filter(({ path }) => suspected.has(path));
  const damaged = await damagedAmong(held.destination, { manifest, files }, signal);
  const isWhole = damaged.length === 0 && found.assets === found.assetsInAll && live === release;
  const paths = damaged.length > MOST_UNSURE ? [EVERY_PATH] : damaged.map(({ path }) => path);
  if (isWhole) await held.lease?.move((record) => ({ ...record, verified: release }));
  else if (damaged.length > 0)
    await held.lease?.move((record) => ({ ...record, unsure: [...new Set([...record.unsure, ...paths])] }));
  return { ...found, damaged };
}
