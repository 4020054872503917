import { constants } from 'node:fs';
import { access, lstat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { HoldfastError } from '../../../model/errors.ts';
import { asUnwritable, kindOf, namesIn, targetOf } from './disk.ts';
import { CURRENT, type Layout, linkedHash, OWN, TREES } from './layout.ts';
import { type Folder, foldersOf } from './tree.ts';

/** What a transfer will write. */
export interface Need {
  readonly bytes: number;
  /** Files, folders and links. */
  readonly names: number;
}

/** Room beyond what is to be put: blocks are not filled, folders grow, the manifest and the logs want to be written too. */
const SPARE_FACTOR = 1.1;
const SPARE_BYTES = 16 * 1024 * 1024;
const SPARE_NAMES = 1000;
/** What a freshly made disk has in its topmost folder. */
const HARMLESS = new Set(['lost+found']);

/** Throws `destination-foreign` where the folder holds what is not ours: it would be overwritten, or served half. */
export async function assertOurs(layout: Layout, name: string): Promise<void> {
  const found = new Set(await namesIn(layout.dir));
  for (const own of [TREES, OWN]) {
    if (found.has(own) && (await kindOf(join(layout.dir, own))) !== 'folder')
      throw foreign(name, join(layout.dir, own), 'is not a folder');
  }
  if (found.has(CURRENT)) {
    const target = await targetOf(layout.current);
    if (target === undefined) throw foreign(name, layout.current, 'is not a link, as Holdfast would have made it');
    if (linkedHash(target) === undefined)
      throw foreign(name, layout.current, `points to ${target}, which Holdfast did not make`);
  }
  if (found.has(OWN)) return;
  const other = [...found].find((each) => !HARMLESS.has(each));
  if (other !== undefined) throw foreign(name, join(layout.dir, other), 'is there, and was not made by Holdfast');
}

function foreign(name: string, path: string, why: string): HoldfastError {
  return new HoldfastError('destination-foreign', `${name}: ${path} ${why}`, {
    hint: 'give the mirror an empty folder of its own, and the web server the link `current` in it as its root',
  });
}

/** Throws `destination-unwritable` where a folder of the mirror, or the one it would be made in, cannot be written. */
export async function assertWritable(layout: Layout, name: string): Promise<void> {
  const inside = [layout.dir, layout.trees, layout.own, layout.releases];
  const paths = new Set(await Promise.all(inside.map(existing)));
  for (const path of paths) {
    await access(path, constants.W_OK | constants.X_OK).catch((error: unknown) => {
      throw asUnwritable(name, path, error);
    });
  }
}

/** The path itself, or the nearest folder above it that is there. */
async function existing(path: string): Promise<string> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const isThere = await lstat(at).then(
      () => true,
      () => false,
    );
    if (isThere || at === dirname(at)) return at;
  }
}

/** Throws `destination-unwritable` where the disk has not the room that a transfer needs. */
export async function assertRoom(layout: Layout, name: string, need: Need): Promise<void> {
  const disk = await statfs(await existing(layout.dir));
  const free = disk.bavail * disk.bsize;
  const wanted = Math.ceil(need.bytes * SPARE_FACTOR) + SPARE_BYTES;
  if (free < wanted)
    throw noRoom(name, layout.dir, `${megabytes(wanted)} MB are needed, ${megabytes(free)} MB are free`);
  // Some file systems have no fixed number of names and report none at all.
  const names = need.names + SPARE_NAMES;
  if (disk.files > 0 && disk.ffree < names)
    throw noRoom(name, layout.dir, `${names} inodes are needed, ${disk.ffree} are free`);
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
