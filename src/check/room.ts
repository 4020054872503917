import type { Manifest } from '../model/manifest.ts';
import type { Level } from './finding.ts';

/** Where nothing is live yet, a site of usual size needs about this much. */
const ROOM_FOR_A_SITE = 1e9;
/** Below this not even state files can be trusted to fit. */
const LEAST_ROOM = 1e8;
/** A release is written beside the one that is live. */
const RELEASES_AT_ONCE = 2;

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
