import { randomUUID } from 'node:crypto';
import { lstat, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asHoldfastError, isHoldfastError } from '../model/errors.ts';
import type { Owner } from '../publish/control.ts';
import type { Destination } from '../publish/destination.ts';
import { readLive } from '../publish/live.ts';
import { assertOwn } from '../publish/ownership.ts';
import { type Find, type Finding, findingsOf } from './finding.ts';
import { nearestFolder } from './places.ts';
import { roomFor, roomIn } from './room.ts';

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
    return [...shape, find('ok', state), find(...roomFor(await roomIn(place), manifest))];
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = asHoldfastError(error);
    const text = message.startsWith(`${mirror.destination.name}: `)
      ? message.slice(mirror.destination.name.length + 2)
      : message;
    return [...shape, find('fail', text, isHoldfastError(error) ? hint : undefined)];
  }
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
