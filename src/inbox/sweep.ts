import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Spool } from './spool.ts';

const HOUR_MS = 3_600_000;
/** What is over goes after that long: a comment that was delivered is where it belongs, a dead letter is for somebody to look at. */
const KEPT_MS = { done: 24 * HOUR_MS, refused: 30 * 24 * HOUR_MS } as const;
/** What is still being written after so long was left by a service that was killed; nobody was told of it. */
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
  const tmp = join(spool.dir, 'tmp');
  for (const name of await readdir(tmp)) {
    const known = await stat(join(tmp, name)).catch(() => undefined);
    if (known !== undefined && now - known.mtimeMs > WRITING_MS) await rm(join(tmp, name), { force: true });
  }
  return removed;
}
