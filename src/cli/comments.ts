import { normalizePath } from '../model/address.ts';
import { HoldfastError } from '../model/errors.ts';
import type { VerbIo } from './io.ts';
import { publishAndTell } from './publish.ts';

export interface PurgeFlags {
  /** The one page whose thread it is in. */
  readonly page?: string;
  /** Let the comment come back. */
  readonly undo?: boolean;
}

/** What a purge takes away on purpose is within pages; files that would go with it are not meant, but for pages that a thread no longer fills. */
const MAX_DELETES = 16;

/** `holdfast comments purge ID`: takes one comment out of what is live, of releases that are kept, and of what is stored here. */
export async function purgeVerb(io: VerbIo, id: string, { page, undo }: PurgeFlags): Promise<number> {
  if (!/^[\w-]{1,64}$/.test(id))
    throw new HoldfastError('usage', `${JSON.stringify(id)} is no number of a comment`, {
      hint: 'its number is what follows #comment- in its address',
    });
  return publishAndTell(io, {
    looks: undo === true ? 'all' : 'none',
    force: false,
    dryRun: false,
    maxDeletes: MAX_DELETES,
    acceptShrink: false,
    ...(undo === true && page !== undefined ? { only: page } : {}),
    purge: { id, page: page === undefined ? undefined : normalizePath(page), isBack: undo === true },
  });
}
