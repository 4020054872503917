import { text } from 'node:stream/consumers';
import { HoldfastError } from '../model/errors.ts';
import { MANIFEST_FORMAT, type Manifest } from '../model/manifest.ts';
import type { ControlState, Destination } from './destination.ts';

/** What a destination shows now. */
export interface Live {
  /** Undefined where nothing was ever published. */
  readonly control: ControlState | undefined;
  /** The manifest the control record names. */
  readonly manifest: Manifest | undefined;
  /** False where visitors may get something else than `manifest` says: then every file is to be sent. */
  readonly isCertain: boolean;
}

/** Reads the control record and the manifest of the live release. */
export async function readLive(destination: Destination, signal: AbortSignal): Promise<Live> {
  const control = await destination.control.read(signal);
  const id = control?.record.live;
  const manifest = typeof id === 'string' ? await readManifest(destination, id, signal) : undefined;
  return { control, manifest, isCertain: manifest !== undefined && control?.settled === true };
}

/** Where a release's manifest lies at every destination. */
export function manifestPath(id: string): string {
  return `_holdfast/releases/${id}.json`;
}

/** The manifest of a release, or undefined where the destination has none of that name. Throws `destination-damaged` where it cannot be read. */
export async function readManifest(
  destination: Destination,
  id: string,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const stream = await destination.open(manifestPath(id), signal);
  if (stream === undefined) return undefined;
  const manifest = parse(await text(stream));
  if (manifest?.format === MANIFEST_FORMAT && manifest.id === id) return manifest;
  throw new HoldfastError('destination-damaged', `${destination.name}: the manifest of ${id} cannot be read`, {
    hint: 'run publish --force, which writes every file and the manifest anew',
  });
}

function parse(json: string): Manifest | undefined {
  try {
    return JSON.parse(json) as Manifest;
  } catch {
    return undefined;
  }
}
