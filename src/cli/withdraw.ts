import { liveAt, spellingsOf } from '../cycle/spellings.ts';
import { normalizePath } from '../model/address.ts';
import { withdrawByHand } from '../snapshot/snapshot.ts';
import type { VerbIo } from './io.ts';
import { publishAndTell } from './publish.ts';

export interface WithdrawFlags {
  /** Let the page come back at its next look. */
  readonly undo?: boolean;
}

/** What a withdrawal takes down on purpose is not counted; anything else that would go with it is not meant. */
const MAX_DELETES = 0;

/** `holdfast withdraw PATH`: takes a page or file down at once, without asking the origin; it stays down until `--undo`. */
export async function withdrawVerb(io: VerbIo, path: string, flags: WithdrawFlags): Promise<number> {
  const address = normalizePath(path);
  const isBack = flags.undo === true;
  const addresses = isBack ? spellingsOf(address) : await liveAt(await io.load(), address, io.signal);
  return publishAndTell(io, {
    looks: isBack ? 'due' : 'none',
    ...(isBack ? { only: address === '/' ? '/' : `${address.replace(/\/$/, '')}?(/)` } : {}),
    force: false,
    dryRun: false,
    maxDeletes: MAX_DELETES,
    acceptShrink: false,
    prepare: ({ records }) => withdrawByHand(records, addresses, isBack),
  });
}
