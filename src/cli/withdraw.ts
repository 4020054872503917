import { normalizePath } from '../model/address.ts';
import { withdrawByHand } from '../snapshot/snapshot.ts';
import type { VerbIo } from './io.ts';
import { publishAndTell } from './publish.ts';

export interface WithdrawFlags {
  /** Let the page come back at its next look. */
  readonly undo?: boolean;
}

/** `holdfast withdraw PATH`: takes a page down at once, without asking the origin; it stays down until `--undo`. */
export async function withdrawVerb(io: VerbIo, path: string, flags: WithdrawFlags): Promise<number> {
  const address = normalizePath(path);
  const isBack = flags.undo === true;
  return publishAndTell(io, {
    looks: isBack ? 'due' : 'none',
    ...(isBack ? { only: address } : {}),
    force: false,
    dryRun: false,
    maxDeletes: MAX_WITHDRAWN,
    acceptShrink: false,
    prepare: ({ records }) => withdrawByHand(records, address, isBack),
  });
}

/** A page and its redirects: a withdrawal that would remove more is not one. */
const MAX_WITHDRAWN = 10;
