import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Address } from '../model/address.ts';
import { withdrawByHand } from '../snapshot/snapshot.ts';
import { isAbsent, makeFolder, readJson, writeAtomic } from '../store/files.ts';
import { stateFiles, type Workplace } from './workplace.ts';

/** Pages or files that a person wants down, or back. It waits on disk until a run takes it up. */
export interface Withdrawal {
  readonly addresses: readonly Address[];
  /** True where they may come back. */
  readonly isBack: boolean;
}

/** Puts a withdrawal where the run that is at work, or the next one, finds it; the path of its file. */
export async function fileWithdrawal(stateDir: string, withdrawal: Withdrawal): Promise<string> {
  const folder = stateFiles(stateDir).withdrawals;
  await makeFolder(folder);
  const path = join(folder, `${new Date().toISOString()}-${randomBytes(4).toString('hex')}.json`);
  await writeAtomic(path, JSON.stringify(withdrawal));
  return path;
}

/** True once no run has to take it up any more. */
export async function isTakenUp(path: string): Promise<boolean> {
  return stat(path).then(() => false, isAbsent);
}

/** Makes every withdrawal that waits part of the snapshot, in the order they came; true where there was one. The caller holds the lock. */
export async function takeUpWithdrawals({ stateDir, records }: Workplace): Promise<boolean> {
  const folder = stateFiles(stateDir).withdrawals;
  const names = await readdir(folder).catch(() => []);
  const waiting = names.filter((name) => name.endsWith('.json')).sort();
  for (const name of waiting) {
    const withdrawal = await readJson<Withdrawal>(join(folder, name));
    if (withdrawal !== undefined) withdrawByHand(records, withdrawal.addresses, withdrawal.isBack);
  }
  if (waiting.length === 0) return false;
  await records.flush();
  for (const name of waiting) await rm(join(folder, name), { force: true });
  return true;
}
