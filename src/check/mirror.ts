import { randomUUID } from 'node:crypto';
import { lstat, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asHoldfastError, isHoldfastError } from '../model/errors.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Owner } from '../publish/control.ts';
import type { Destination } from '../publish/destination.ts';
import { readLive } from '../publish/live.ts';
import { assertOwn } from '../publish/ownership.ts';
import { type Finding, findingsOf, type Level } from './finding.ts';

/** Where nothing is live yet, a site of usual size needs about this much. */
const ROOM_FOR_A_SITE = 1e9;
/** Below this not even state files can be trusted to fit. */
const LEAST_ROOM = 1e8;
/** A release is written beside the one that is live. */
const RELEASES_AT_ONCE = 2;

/** A mirror as the configuration names it. */
export interface MirrorToCheck {
  readonly destination: Destination;
  /** Absolute. */
  readonly dir: string;
  readonly owner: Owner;
}

/** Whether a release can be written and switched to, and whether it may be: what is there is of this site. Leaves no trace. */
export async function checkMirror(mirror: MirrorToCheck, signal: AbortSignal): Promise<readonly Finding[]> {
  const find = findingsOf('destination', mirror.destination.name);
  const place = await nearestFolder(mirror.dir);
  const shape = [...(await currentIsALink(mirror.dir, find)), ...(await writable(place, mirror.dir, find))];
  if (shape.some(({ level }) => level === 'fail')) return shape;
  try {
    const { control, manifest } = await readLive(mirror.destination, signal);
    assertOwn(control?.record, mirror.owner, mirror.destination.name);
    const live = control?.record.live ?? undefined;
    const state = live === undefined ? 'nothing is live yet' : `${live} is live`;
    return [...shape, find('ok', state), find(...roomFor(await freeIn(place), manifest))];
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = asHoldfastError(error);
    const text = message.startsWith(`${mirror.destination.name}: `)
      ? message.slice(mirror.destination.name.length + 2)
      : message;
    return [...shape, find('fail', text, isHoldfastError(error) ? hint : undefined)];
  }
}

type Find = ReturnType<typeof findingsOf>;

/** The folder itself, or the nearest one above it that is there. */
async function nearestFolder(dir: string): Promise<string> {
  const found = await lstat(dir).catch(() => undefined);
  return found !== undefined || dirname(dir) === dir ? dir : nearestFolder(dirname(dir));
}

async function currentIsALink(dir: string, find: Find): Promise<Finding[]> {
  const current = await lstat(join(dir, 'current')).catch(() => undefined);
  if (current === undefined || current.isSymbolicLink()) return [];
  const what = current.isDirectory() ? 'a folder' : 'a file';
  return [
    find(
      'fail',
      `${join(dir, 'current')} is ${what} of its own, not a link that can be switched`,
      'move it away, or let `dir` be a new folder',
    ),
  ];
}

async function writable(place: string, dir: string, find: Find): Promise<Finding[]> {
  const probe = join(place, `.holdfast-check-${randomUUID()}`);
  try {
    await writeFile(probe, 'a check of Holdfast; may be removed\n', { flag: 'wx' });
    await rm(probe);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    const hint = 'run Holdfast as the user who owns the folder, and check the mount';
    return [find('fail', `${place} cannot be written (${reason})`, hint)];
  }
  return [find('ok', place === dir ? `${dir} can be written` : `${dir} can be made in ${place}`)];
}

async function freeIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Whether `free` bytes hold a release beside the live one: level, text and hint. */
export function roomFor(free: number, live: Manifest | undefined): [level: Level, text: string, hint?: string] {
  const needed = live === undefined ? ROOM_FOR_A_SITE : sizeOf(live) * RELEASES_AT_ONCE;
  const text = `${inGigabytes(free)} free`;
  const hint = `${inGigabytes(needed)} ${live === undefined ? 'is a usual need' : 'hold the live release twice'}`;
  if (free < LEAST_ROOM || (live !== undefined && free < sizeOf(live))) return ['fail', text, hint];
  return free < needed ? ['warn', text, hint] : ['ok', text];
}

function sizeOf({ files }: Manifest): number {
  return files.reduce(
    (sum, { size, variants }) => sum + size + (variants.gzip?.size ?? 0) + (variants.br?.size ?? 0),
    0,
  );
}

const inGigabytes = (size: number): string => `${(size / 1e9).toFixed(1)} GB`;
