import type { LoadedConfig } from '../config/load.ts';
import type { DestinationConfig } from '../config/schema.ts';
import { foldersOf, ownerOf } from '../cycle/workplace.ts';
import { asHoldfastError } from '../model/errors.ts';
import type { ControlRecord } from '../publish/control.ts';
import type { Destination } from '../publish/destination.ts';
import { createDestination, rsyncFor } from '../publish/destinations/index.ts';
import { readLive } from '../publish/live.ts';
import { type AskWeb, askWeb } from './ask.ts';
import { clockFinding } from './clock.ts';
import { stampOf } from './edge.ts';
import type { Finding } from './finding.ts';
import { checkMirror } from './mirror.ts';
import { checkRelease, type LiveRelease } from './release.ts';
import { checkRsync } from './rsync.ts';
import { checkStore } from './store.ts';

/** What the checks of destinations came to. */
export interface DestinationsChecked {
  readonly findings: readonly Finding[];
  /** What is live at the first of them that shows anything, and its control record. */
  readonly live: { readonly release: LiveRelease; readonly record: ControlRecord } | undefined;
  /** Who has the lease of one, or published there last. */
  readonly holder: string | undefined;
}

/** Looks at each destination, and reads each release that is live at one of them. */
export async function checkDestinations(loaded: LoadedConfig, signal: AbortSignal): Promise<DestinationsChecked> {
  const findings: Finding[] = [];
  const releases: Finding[] = [];
  const read = new Set<string>();
  let live: DestinationsChecked['live'];
  let holder: string | undefined;
  for (const line of loaded.config.destinations) {
    const { destination, look, close } = openOne(line, loaded);
    try {
      findings.push(...(await look(signal)));
      const found = await readLive(destination, signal).catch(() => undefined);
      const record = found?.control?.record;
      holder ??= record?.lease?.holder ?? record?.publisher ?? undefined;
      const manifest = found?.manifest;
      if (record === undefined || manifest === undefined) continue;
      const release = { destination, manifest };
      live ??= { release, record };
      // Destinations that show the same release show the same links.
      if (!read.has(manifest.id)) releases.push(...(await readRelease(release, loaded, signal)));
      read.add(manifest.id);
    } finally {
      await close();
    }
    if (line.use === 's3') findings.push(...(await storeClock(line, askWeb, signal)));
  }
  return { findings: [...releases, ...findings], live, holder };
}

async function readRelease(
  release: LiveRelease,
  loaded: LoadedConfig,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    return await checkRelease(release, loaded, signal);
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = asHoldfastError(error);
    const text = `the live release cannot be read: ${message}`;
    return [{ concern: 'links', level: 'fail', text, ...(hint === undefined ? {} : { hint }) }];
  }
}

interface Opened {
  readonly destination: Destination;
  readonly look: (signal: AbortSignal) => Promise<readonly Finding[]>;
  readonly close: () => Promise<void>;
}

function openOne(line: DestinationConfig, loaded: LoadedConfig): Opened {
  const [folders, owner] = [foldersOf(loaded), ownerOf(loaded)];
  if (line.use === 'rsync') {
    const destination = rsyncFor(line, folders);
    const place = { destination, place: `${line.to}:${line.dir}`, dir: line.dir, owner };
    return { destination, look: (signal) => checkRsync(place, signal), close: destination.close };
  }
  const destination = createDestination(line, folders);
  const close = async (): Promise<void> => undefined;
  if (line.use === 'mirror') {
    const dir = folders.resolve(line.dir);
    return { destination, look: (signal) => checkMirror({ destination, dir, owner }, signal), close };
  }
  return { destination, look: (signal) => checkStore({ destination, owner }, signal), close };
}

/** The store's own clock, by one unsigned request, which it refuses with a Date: signatures and conditions go by it. */
export async function storeClock(
  { name, endpoint, region = 'us-east-1' }: Extract<DestinationConfig, { use: 's3' }>,
  ask: AskWeb,
  signal: AbortSignal,
): Promise<Finding[]> {
  const reply = await ask(endpoint ?? `https://s3.${region}.amazonaws.com`, signal);
  return typeof reply === 'string' ? [] : [clockFinding(`${name}'s`, stampOf(reply))];
}
