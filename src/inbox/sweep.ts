import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Spool } from './spool.ts';

const HOUR_MS = 3_600_000;
/** What is over goes after that long: a comment that was delivered is where it belongs, a dead letter is for somebody to look at. */
const KEPT_MS = { done: 24 * HOUR_MS, refused: 30 * 24 * HOUR_MS } as const;
/** What is still being written after so long was left by a process that was killed; nobody was told of it. */
const WRITING_MS = HOUR_MS;

/** Removes what is over; how many submissions that were. */
export async function sweep(spool: Spool, now: number): Promise<number> {
  let removed = 0;
  for (const folder of ['done', 'refused'] as const) {
    for (const entry of await spool.list(folder)) {
      if (now - entry.due < KEPT_MS[folder]) continue;
      await spool.remove(folder, entry);
      removed += 1;
    }
  }
  const refused = new Set((await spool.list('refused')).map(({ receipt }) => receipt));
  await removeOld(join(spool.dir, 'tmp'), now, () => true);
  // Of one that somebody sent again, or whose replay was killed while it wrote them.
  await removeOld(join(spool.dir, 'refused'), now, (name) => name.includes('.why') && !refused.has(name.slice(0, 32)));
  return removed;
}

async function removeOld(folder: string, now: number, isOver: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!isOver(name)) continue;
    const known = await stat(join(folder, name)).catch(() => undefined);
    if (known !== undefined && now - known.mtimeMs > WRITING_MS) await rm(join(folder, name), { force: true });
  }
}
