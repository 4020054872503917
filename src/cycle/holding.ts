import type { ReleaseFile } from '../model/manifest.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Hold } from '../publish/control.ts';
import { holdingPath, isHeldTooLong } from '../publish/hold.ts';
import type { Live } from '../publish/live.ts';
import { coverPages } from '../release/cover.ts';
import { type Tally, warn } from '../snapshot/context.ts';
import type { Held, Leases } from './leases.ts';

/** What a hold needs of what is published. */
interface Holding {
  readonly snapshot: Snapshot;
  readonly live: Live;
}

/**
 * The files as a hold at the destination wants them: with its page, also where that is not made any more, and over the hot pages where
 * no web server can look at a flag.
 */
export function withHold(
  { destination, state }: Held,
  { snapshot, live }: Holding,
  files: readonly ReleaseFile[],
): readonly ReleaseFile[] {
  const hold = state?.record.hold ?? null;
  if (hold === null) return files;
  const isPage = ({ path }: ReleaseFile): boolean => path === holdingPath(hold.page);
  const made = files.find(isPage);
  const page = made ?? live.manifest?.files.find(isPage);
  const all = made === undefined && page !== undefined ? [...files, page] : files;
  if (destination.holds === 'flag' || page === undefined) return all;
  return coverPages(all, { page, isHot: (address) => snapshot.isHot(address) });
}

/** Warns of a hold, by another name once it has lasted too long. */
export function warnOfHold(
  tally: Tally,
  destination: string,
  { hold, now }: { readonly hold: Hold; readonly now: number },
): void {
  const text = `visitors are on the holding page ${hold.page} since ${hold.since}, until holdfast hold off`;
  if (isHeldTooLong(hold, now)) warn(tally, 'hold-long', destination, `${text}; ${TOO_LONG}`);
  else warn(tally, 'hold', destination, text);
}

/** What a hold of more than a day costs. */
export const TOO_LONG = 'search engines drop pages that answer so for more than a day or two';

/** Tells, each time it is asked, whether a hold was set or lifted since at a destination that shows it by its pages: a release is wanted then. */
export function watchHolds({ held }: Pick<Leases, 'held'>): () => boolean {
  const holds = (): string =>
    JSON.stringify(held.map(({ destination, state }) => (destination.holds === 'pages' ? state?.record.hold : null)));
  let last = holds();
  return () => {
    const before = last;
    last = holds();
    return last !== before;
  };
}
