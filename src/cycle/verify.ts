import type { LoadedConfig } from '../config/load.ts';
import { isHoldfastError } from '../model/errors.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';
import type { ControlRecord } from '../publish/control.ts';
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
      if (found.release !== null) await writeDown(loaded, { found, wish }, signal);
      return found;
    }),
  );
}

async function verifyOne(destination: Destination, wish: VerifyWish, signal: AbortSignal): Promise<Verified> {
  const { manifest } = await readLive(destination, signal);
  if (manifest === undefined)
    return { destination: destination.name, release: null, pages: 0, assets: 0, assetsInAll: 0, damaged: [] };
  const { pages, assets, assetsInAll } = chosen(manifest, wish);
  const damaged: { path: string; state: 'damaged' | 'absent' }[] = [];
  const files = [...pages, ...assets];
  for await (const { file, state } of destination.readBack(manifest, { files, isLive: true }, signal))
    if (state !== 'whole') damaged.push({ path: file.path, state });
  const counts = { pages: pages.length, assets: assets.length, assetsInAll };
  return { destination: destination.name, release: manifest.id, ...counts, damaged };
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

async function writeDown(loaded: LoadedConfig, { found, wish }: Finding, signal: AbortSignal): Promise<void> {
  const { destination, release, damaged, assets, assetsInAll } = found;
  const isWhole = damaged.length === 0 && assets === assetsInAll;
  if (damaged.length === 0 && !isWhole) return;
  const paths = damaged.length > MOST_UNSURE ? [EVERY_PATH] : damaged.map(({ path }) => path);
  const note = (record: ControlRecord): ControlRecord =>
    isWhole ? { ...record, verified: release } : { ...record, unsure: [...new Set([...record.unsure, ...paths])] };
  const work = async ({ lease, state }: Held): Promise<void> => {
    if (state?.record.live === release) await lease?.move(note);
  };
  for (let attempt = 1; ; attempt++) {
    try {
      await withLeases(loaded, { to: destination, work }, signal);
      return;
    } catch (error) {
      if (!isHoldfastError(error, 'locked', 'leased') || attempt === ATTEMPTS) throw error;
      await wish.sleep(PAUSE_MS, signal);
    }
  }
}
