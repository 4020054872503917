import type { LoadedConfig } from '../config/load.ts';
import { type Address, addressOfFile } from '../model/address.ts';
import { HoldfastError } from '../model/errors.ts';
import { readLive } from '../publish/live.ts';
import { destinationsOf } from './workplace.ts';

/** Every spelling of a path that is one file: `/news` and `/news/`. */
export function spellingsOf(address: Address): readonly Address[] {
  const bare = address.replace(/\/$/, '');
  return bare === '' ? ['/'] : [bare, `${bare}/`];
}

/** The spellings of what is live at this path. Throws `usage` where nothing is. */
export async function liveAt(loaded: LoadedConfig, address: Address, signal: AbortSignal): Promise<readonly Address[]> {
  const spellings = spellingsOf(address);
  const ended = await Promise.allSettled(destinationsOf(loaded).map((destination) => readLive(destination, signal)));
  const lives = ended.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = ended.find((result) => result.status === 'rejected');
  // One that cannot be reached now must not keep a page up at the others.
  if (lives.length === 0 && failure !== undefined) throw failure.reason;
  const isLive = lives.some(({ manifest }) =>
    manifest?.files.some(({ path }) => spellings.includes(addressOfFile(path))),
  );
  if (isLive) return spellings;
  throw new HoldfastError('usage', `${address}: nothing is live at this path`, {
    hint: 'name the page or file as visitors do, as in /news/',
  });
}
