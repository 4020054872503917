import { isHoldfastError } from '../model/errors.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';
import type { ControlRecord } from './control.ts';
import type { ControlState, Destination } from './destination.ts';
import { type Manifests, manifestsOf } from './manifests.ts';

/** What a destination shows now. */
export interface Live {
  /** Undefined where nothing was ever published. */
  readonly control: ControlState | undefined;
  /** The manifest the control record names. */
  readonly manifest: Manifest | undefined;
  /** Paths where visitors may get something else than `manifest` says; 'all' where nothing can be relied on. */
  readonly unsure: ReadonlySet<string> | 'all';
  /** Releases beside the live one that parts may be there of, because a publisher was stopped. */
  readonly strays: readonly Manifest[];
}

/** What stands for every path in the control record's `unsure`. */
export const EVERY_PATH = '*';

/** Reads the control record and what follows from it. */
export async function readLive(destination: Destination, signal: AbortSignal): Promise<Live> {
  return liveOf(manifestsOf(destination), await destination.control.read(signal), signal);
}

/** What follows from a control record: the manifest of the live release, and what is unsure of it. */
export async function liveOf(
  manifests: Manifests,
  control: ControlState | undefined,
  signal: AbortSignal,
): Promise<Live> {
  const id = control?.record.live ?? null;
  if (control === undefined) return { control, manifest: undefined, unsure: 'all', strays: [] };
  const manifest = id === null ? undefined : await readable(manifests, id, signal);
  const strays = await strayManifests(manifests, control.record, signal);
  const { destination } = manifests;
  return { control, manifest, unsure: unsureOf(destination, { control, manifest, strays }), strays };
}

/** A manifest that is damaged says nothing, as one that is not there: every file is put, and with them a new one. */
async function readable(manifests: Manifests, id: string, signal: AbortSignal): Promise<Manifest | undefined> {
  return manifests.read(id, signal).catch((error: unknown) => {
    if (isHoldfastError(error, 'destination-damaged')) return undefined;
    throw error;
  });
}

/** Releases that are on their way by the record. One whose manifest was not stored had no file sent either. */
async function strayManifests(
  manifests: Manifests,
  { moving, suspects, live }: ControlRecord,
  signal: AbortSignal,
): Promise<readonly Manifest[]> {
  const ids = new Set([moving, ...suspects.map(({ release }) => release)]);
  const found = [...ids].filter((id): id is string => id !== null && id !== live);
  const strays = await Promise.all(found.map((id) => readable(manifests, id, signal)));
  return strays.filter((manifest) => manifest !== undefined);
}

function unsureOf(destination: Destination, live: Omit<Live, 'unsure'> & { control: ControlState }): Live['unsure'] {
  const { control, manifest, strays } = live;
  const damaged = control.record.unsure;
  if (manifest === undefined || !control.settled || damaged.includes(EVERY_PATH)) return 'all';
  const unsure = new Set([...damaged, ...strays.flatMap((stray) => pathsThatDiffer(stray, manifest))]);
  return destination.atomic && unsure.size > 0 ? 'all' : unsure;
}

/** Paths of either release that do not hold the same in both. */
function pathsThatDiffer(one: Manifest, other: Manifest): readonly string[] {
  const before = new Map(other.files.map((file) => [file.path, contentOf(file)]));
  const after = new Map(one.files.map((file) => [file.path, contentOf(file)]));
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path));
}

function contentOf({ sha256, type, headers }: ReleaseFile): string {
  return JSON.stringify([sha256, type, headers]);
}

/** True where visitors get exactly what the manifest says. */
export function isCertain({ unsure }: Live): boolean {
  return unsure !== 'all' && unsure.size === 0;
}
