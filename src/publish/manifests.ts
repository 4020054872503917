import { text } from 'node:stream/consumers';
import { HoldfastError } from '../model/errors.ts';
import { MANIFEST_FORMAT, type Manifest } from '../model/manifest.ts';
import { systemCode } from '../store/files.ts';
import type { Destination } from './destination.ts';

/** The manifests stored at one destination. */
export interface Manifests {
  readonly destination: Destination;
  /** The manifest of a release, undefined where none of that name is stored. Throws `destination-damaged` where it cannot be read. */
  read(id: string, signal: AbortSignal): Promise<Manifest | undefined>;
  /** What `read` gives from now on: a manifest that was just stored. */
  remember(manifest: Manifest): void;
}

/** The live one, the one before it, one on its way: more are read seldom, and weigh megabytes. */
const REMEMBERED = 3;

/** Reads each of the manifests asked for last once. A manifest never changes, so it may be remembered. */
export function manifestsOf(destination: Destination): Manifests {
  const known = new Map<string, Manifest>();
  const remember = (manifest: Manifest): void => {
    known.delete(manifest.id);
    known.set(manifest.id, manifest);
    for (const id of [...known.keys()].slice(0, -REMEMBERED)) known.delete(id);
  };
  return {
    destination,
    remember,
    async read(id, signal) {
      const manifest = known.get(id) ?? (await readManifest(destination, id, signal));
      if (manifest !== undefined) remember(manifest);
      return manifest;
    },
  };
}

/** Where a release's manifest lies at every destination. */
export function manifestPath(id: string): string {
  return `_holdfast/releases/${id}.json`;
}

/** As `Manifests.read`, from the destination itself. */
export async function readManifest(
  destination: Destination,
  id: string,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const stream = await destination.open(manifestPath(id), signal);
  if (stream === undefined) return undefined;
  const manifest = parse(await text(stream).catch(unreadable));
  if (manifest?.format === MANIFEST_FORMAT && manifest.id === id) return manifest;
  throw new HoldfastError('destination-damaged', `${destination.name}: the manifest of ${id} cannot be read`, {
    hint: 'run publish --force, which writes every file and the manifest anew',
  });
}

/** What does not unpack is damaged as what does not parse is. */
function unreadable(error: unknown): string {
  if (systemCode(error).startsWith('Z_')) return '';
  throw error;
}

function parse(json: string): Manifest | undefined {
  try {
    return JSON.parse(json) as Manifest;
  } catch {
    return undefined;
  }
}
