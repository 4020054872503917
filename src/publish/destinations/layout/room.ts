import { HoldfastError } from '../../../model/errors.ts';
import { type Folder, foldersOf } from './tree.ts';

/** What a transfer will write. */
export interface Need {
  readonly bytes: number;
  /** Files, folders and links. */
  readonly names: number;
}

/** What a disk has left. */
export interface Free {
  readonly bytes: number;
  /** Inodes; undefined where the file system has no fixed number of them. */
  readonly names: number | undefined;
}

/** Room beyond what is to be put: blocks are not filled, folders grow, the manifest and the logs want to be written too. */
const SPARE_FACTOR = 1.1;
const SPARE_BYTES = 16 * 1024 * 1024;
const SPARE_NAMES = 1000;

/** Throws `destination-unwritable` where the disk has not the room that a transfer to `dir` needs. */
export function assertFits(name: string, dir: string, need: Need, free: Free): void {
  const wanted = Math.ceil(need.bytes * SPARE_FACTOR) + SPARE_BYTES;
  if (free.bytes < wanted)
    throw noRoom(name, dir, `${megabytes(wanted)} MB are needed, ${megabytes(free.bytes)} MB are free`);
  const names = need.names + SPARE_NAMES;
  if (free.names !== undefined && free.names < names)
    throw noRoom(name, dir, `${names} inodes are needed, ${free.names} are free`);
}

function noRoom(name: string, dir: string, why: string): HoldfastError {
  return new HoldfastError('destination-unwritable', `${name}: the disk of ${dir} has no room: ${why}`, {
    hint: 'free some room on its disk, or keep fewer releases',
  });
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1024 / 1024);

/** What making these folders needs, less what the live release already has on the disk. */
export function needOf(missing: Iterable<Folder>, live: Folder | undefined): Need {
  const there = new Set<string>();
  for (const folder of live === undefined ? [] : foldersOf(live).values()) {
    for (const form of folder.files.values()) there.add(form.sha256);
  }
  let bytes = 0;
  let names = 0;
  for (const folder of missing) {
    names += 1 + folder.files.size + folder.folders.size;
    for (const form of folder.files.values()) bytes += there.has(form.sha256) ? 0 : form.size;
  }
  return { bytes, names };
}
