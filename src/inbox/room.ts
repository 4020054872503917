import type { InboxConfig } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';
import type { Spool } from './spool.ts';

/** Room for submissions: within the caps, whatever the disk has. */
export interface Room {
  /** Takes room for one of so many bytes; false where there is none. */
  take(bytes: number): Promise<boolean>;
}

/** What others took away is seen by counting anew, and a flood must not make that a work of its own. */
const COUNT_MS = 2000;

/** Counts what there is, and then what is added. */
export async function openRoom(
  spool: Pick<Spool, 'usage'>,
  limits: Pick<InboxConfig['limits'], 'entries' | 'bytes'>,
  clock: Pick<Clock, 'monotonic'>,
): Promise<Room> {
  let used = await spool.usage();
  let counted = clock.monotonic();
  const isOver = (bytes: number) => used.entries >= limits.entries || used.bytes + bytes > limits.bytes;
  return {
    async take(bytes) {
      if (isOver(bytes) && clock.monotonic() - counted >= COUNT_MS) {
        counted = clock.monotonic();
        used = await spool.usage();
      }
      if (isOver(bytes)) return false;
      used = { entries: used.entries + 1, bytes: used.bytes + bytes };
      return true;
    },
  };
}
