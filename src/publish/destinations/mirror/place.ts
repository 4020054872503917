import { constants } from 'node:fs';
import { access, lstat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { asUnwritable, kindOf, namesIn, targetOf } from '../layout/disk.ts';
import { assertOurs, type Found } from '../layout/ours.ts';
import { type Layout, OWN, TREES } from '../layout/paths.ts';
import { assertFits, type Need } from '../layout/room.ts';

/** Throws `destination-foreign` where the folder is not ours, and `destination-unwritable` where a folder of it cannot be written. */
export async function assertUsable(layout: Layout, name: string): Promise<void> {
  assertOurs(layout, name, await foundIn(layout));
  await assertWritable(layout, name);
}

async function foundIn(layout: Layout): Promise<Found> {
  const kinds = await Promise.all([TREES, OWN].map((own) => kindOf(join(layout.dir, own))));
  return {
    names: await namesIn(layout.dir),
    folders: [TREES, OWN].filter((_, n) => kinds[n] === 'folder'),
    target: await targetOf(layout.current),
  };
}

async function assertWritable(layout: Layout, name: string): Promise<void> {
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
  // Some file systems have no fixed number of names and report none at all.
  const names = disk.files > 0 ? disk.ffree : undefined;
  assertFits(name, layout.dir, need, { bytes: disk.bavail * disk.bsize, names });
}
