import { asHoldfastError } from '../model/errors.ts';
import type { Owner } from '../publish/control.ts';
import type { Destination } from '../publish/destination.ts';
import { readLive } from '../publish/live.ts';
import { assertOwn } from '../publish/ownership.ts';
import { type Finding, findingsOf } from './finding.ts';

/** A destination that is reached over a network. */
export interface StoreToCheck {
  readonly destination: Destination;
  readonly owner: Owner;
}

/** Whether it answers, may be written to, is ours, and takes conditional writes. Leaves nothing behind. */
export async function checkStore(
  { destination, owner }: StoreToCheck,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const find = findingsOf('destination', destination.name);
  try {
    const { control, manifest } = await readLive(destination, signal);
    assertOwn(control?.record, owner, destination.name);
    const live = control?.record.live ?? null;
    const state =
      live === null ? 'it answers, and nothing is live yet' : `${live} is live, ${manifest?.files.length ?? 0} files`;
    const conditions = await destination.control.probe(signal);
    return [
      find('ok', state),
      find('ok', 'it can be written'),
      conditions === 'ignored'
        ? find(
            'warn',
            'it ignores conditional writes, so it cannot tell two publishers apart',
            'publish to it from one machine only: the one that publishes first is the one that may',
          )
        : find('ok', 'conditional writes are honoured: several machines may take turns'),
    ];
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = asHoldfastError(error);
    return [find('fail', message.replace(`${destination.name}: `, ''), hint)];
  }
}
