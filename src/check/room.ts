import { statfs } from 'node:fs/promises';
import type { Manifest } from '../model/manifest.ts';
import type { Free } from '../publish/destinations/layout/room.ts';
import { count, type Level } from './finding.ts';

/** Where nothing is live yet, a site of usual size needs about this much. */
const ROOM_FOR_A_SITE = 1e9;
/** Below this not even state files can be trusted to fit. */
const LEAST_ROOM = 1e8;
/** A release is written beside the one that is live. */
const RELEASES_AT_ONCE = 2;

/** What is free where a folder is that is there. */
export async function roomIn(folder: string): Promise<Free> {
  const { bavail, bsize, ffree, files } = await statfs(folder);
  return { bytes: bavail * bsize, names: files > 0 ? ffree : undefined };
}

/** Whether a disk holds a release beside the live one, and how many more of its size: level, text and hint. */
export function roomFor(
  { bytes, names }: Free,
  live: Manifest | undefined,
): [level: Level, text: string, hint?: string] {
  const size = live === undefined ? ROOM_FOR_A_SITE : sizeOf(live);
  const needed = live === undefined ? size : size * RELEASES_AT_ONCE;
  const fits = Math.floor(bytes / size);
  const more = live === undefined ? '' : `, room for ${count(fits, 'more release')} where every page changes`;
  const text = `${inGigabytes(bytes)} free${more}`;
  const hint = `${inGigabytes(needed)} ${live === undefined ? 'is a usual need' : 'hold the live release twice'}`;
  if (live !== undefined && names !== undefined && names < filesOf(live)) {
    const few = `${count(names, 'file')} can be made, and a release is ${count(filesOf(live), 'file')}`;
    return ['fail', few, 'the disk is out of inodes: remove files, or move to another'];
  }
  if (bytes < LEAST_ROOM || (live !== undefined && fits < 1)) return ['fail', text, hint];
  return bytes < needed ? ['warn', text, hint] : ['ok', text];
}

function sizeOf({ files }: Manifest): number {
  const all = files.reduce(
    (sum, { size, variants }) => sum + size + (variants.gzip?.size ?? 0) + (variants.br?.size ?? 0),
    0,
  );
  return Math.max(1, all);
}

function filesOf({ files }: Manifest): number {
  return files.reduce((sum, { variants }) => sum + 1 + Object.keys(variants).length, 0);
}

const inGigabytes = (size: number): string => `${(size / 1e9).toFixed(1)} GB`;
