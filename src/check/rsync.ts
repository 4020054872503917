import { asHoldfastError } from '../model/errors.ts';
import type { Owner } from '../publish/control.ts';
import type { RsyncDestination } from '../publish/destinations/rsync.ts';
import { readLive } from '../publish/live.ts';
import { assertOwn } from '../publish/ownership.ts';
import { clockFinding } from './clock.ts';
import { type Finding, findingsOf } from './finding.ts';
import { roomFor } from './room.ts';

/** A mirror on another machine, as the configuration names it. */
export interface RsyncToCheck {
  readonly destination: RsyncDestination;
  /** Machine and folder, for people. */
  readonly place: string;
  /** The folder there. */
  readonly dir: string;
  readonly owner: Owner;
}

/** Whether that machine lets us in and has what it takes, a release can be written, and what is there is of this site. Leaves no trace. */
export async function checkRsync(
  { destination, place, dir, owner }: RsyncToCheck,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const find = findingsOf('destination', destination.name);
  try {
    const { control, manifest } = await readLive(destination, signal);
    assertOwn(control?.record, owner, destination.name);
    const asked = Date.now();
    const found = await destination.survey(signal);
    const stamp = { date: found.clock, asked, answered: Date.now() };
    const live = control?.record.live ?? null;
    return [
      find('ok', found.place === dir ? `${place} can be written` : `${place} can be made in ${found.place}`),
      find('ok', live === null ? 'nothing is live yet' : `${live} is live`),
      find(...roomFor(found.free, manifest)),
      clockFinding(`${destination.name}'s`, [stamp]),
    ];
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = asHoldfastError(error);
    return [find('fail', message.replace(`${destination.name}: `, ''), hint)];
  } finally {
    await destination.close();
  }
}
