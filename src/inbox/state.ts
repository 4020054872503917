import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { HoldfastError } from '../model/errors.ts';
import { isAbsent, systemCode } from '../store/files.ts';
import { type Entry, entryOf, nameOf } from './entry.ts';
import { spoolDir } from './open.ts';
import { FORM_PACE_MS, REST_PACE_MS } from './replay.ts';
import { FOLDERS, type Folder, type Spool } from './spool.ts';

/** What the inbox holds. */
export interface InboxState {
  readonly waiting: number;
  /** Of those, what a delivery has failed for. */
  readonly putOff: number;
  readonly delivering: number;
  readonly delivered: number;
  readonly refused: number;
  readonly torn: number;
  /** Milliseconds since 1970 of the one that waits longest; null where none does. */
  readonly oldest: number | null;
  /** Seconds that delivering all of it takes, once the origin is well. */
  readonly drainSeconds: number;
}

/** What the origin takes for a comment beside the pace; measured 60 to 110 ms by REST on two processors. */
const ORIGIN_MS = 150;

/** What the inbox of a configuration holds; undefined where it has none, or this user may not look. Writes nothing. */
export async function inboxState(loaded: LoadedConfig): Promise<InboxState | undefined> {
  const config = loaded.config.inbox;
  if (config === undefined) return undefined;
  const list = async (folder: Folder) => {
    const names = await readdir(join(spoolDir(loaded), folder)).catch((error: unknown) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    return names.sort().flatMap((name) => entryOf(name) ?? []);
  };
  const lists = await Promise.all(FOLDERS.map(list)).catch((error: unknown) => {
    if (systemCode(error) !== 'EACCES') throw error;
  });
  if (lists === undefined) return undefined;
  const [, waiting = [], delivering = [], done = [], refused = [], torn = []] = lists;
  const isFast = config.replay.user !== undefined && config.replay.password !== undefined;
  return {
    waiting: waiting.length,
    putOff: waiting.filter(({ tries }) => tries > 0).length,
    delivering: delivering.length,
    delivered: done.length,
    refused: refused.length,
    torn: torn.length,
    oldest: waiting[0]?.at ?? null,
    drainSeconds: drainSeconds(waiting.length + delivering.length, isFast ? REST_PACE_MS : FORM_PACE_MS),
  };
}

/** Seconds that so many take with `pace` milliseconds between any two; nothing is waited for before the first. */
export function drainSeconds(count: number, pace: number): number {
  return Math.ceil((count * ORIGIN_MS + Math.max(0, count - 1) * pace) / 1000);
}

/** Where a submission lies. */
export interface Found {
  readonly folder: Folder;
  readonly entry: Entry;
}

/** The submission of a receipt or of its beginning; throws `inbox-unknown` where there is none, or more than one. */
export async function findByReceipt(spool: Spool, receipt: string, folders: readonly Folder[]): Promise<Found> {
  const found: Found[] = [];
  for (const folder of folders)
    for (const entry of await spool.list(folder)) if (entry.receipt.startsWith(receipt)) found.push({ folder, entry });
  const [first, second] = found;
  const hint = 'holdfast inbox list says which there are';
  if (first === undefined || receipt === '')
    throw new HoldfastError('inbox-unknown', `no submission in ${folders.join(', ')} has the receipt ${receipt}`, {
      hint,
    });
  if (second !== undefined && nameOf(second.entry) !== nameOf(first.entry))
    throw new HoldfastError('inbox-unknown', `several submissions have a receipt that begins with ${receipt}`, {
      hint,
    });
  return first;
}
