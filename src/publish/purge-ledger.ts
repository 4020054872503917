import { readJson, writeAtomic } from '../store/files.ts';
import type { CacheRecord } from './purging.ts';

/** The records of all caches by their names, kept in one file of the state folder. */
export interface PurgeLedger {
  readonly format: typeof LEDGER_FORMAT;
  /** Id of the release at each destination, by its name, whose changes are in the records. A ledger of before this was told has none. */
  readonly noted?: Readonly<Record<string, string>>;
  readonly caches: Readonly<Record<string, CacheRecord>>;
}

/** The version of the file's layout. */
export const LEDGER_FORMAT = 1;

/** What the file holds; undefined where there is none, or one of another version or shape. Throws `state-damaged`. */
export async function readLedger(path: string): Promise<PurgeLedger | undefined> {
  const ledger = await readJson<Partial<PurgeLedger> | null>(path);
  return ledger?.format === LEDGER_FORMAT && typeof ledger.caches === 'object' ? (ledger as PurgeLedger) : undefined;
}

/** Replaces the file in one step. Throws `state-unwritable`. */
export async function writeLedger(path: string, ledger: PurgeLedger): Promise<void> {
  await writeAtomic(path, JSON.stringify(ledger));
}
