import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { liveAt, spellingsOf } from '../cycle/spellings.ts';
import { fileWithdrawal, isTakenUp } from '../cycle/withdrawals.ts';
import { normalizePath } from '../model/address.ts';
import { EXIT, HoldfastError, isHoldfastError } from '../model/errors.ts';
import type { VerbIo } from './io.ts';
import { publishAndTell } from './publish.ts';

export interface WithdrawFlags {
  /** Let the page come back at its next look. */
  readonly undo?: boolean;
}

/** What a withdrawal takes down on purpose is not counted; anything else that would go with it is not meant. */
const MAX_DELETES = 0;
/** A run that is at work takes a withdrawal up between two slices of its looks, of 15 s each; longer than this it is busy with something else. */
const LONGEST_WAIT_MS = 60_000;
const POLL_MS = 200;

/** `holdfast withdraw PATH`: takes a page or file down at once, without asking the origin; it stays down until `--undo`. */
export async function withdrawVerb(io: VerbIo, path: string, flags: WithdrawFlags): Promise<number> {
  const loaded = await io.load();
  const address = normalizePath(path);
  const isBack = flags.undo === true;
  const addresses = isBack ? spellingsOf(address) : await liveAt(loaded, address, io.signal);
  const filed = await fileWithdrawal(loaded.stateDir, { addresses, isBack });
  try {
    return await publishAndTell(io, {
      looks: isBack ? 'due' : 'none',
      ...(isBack ? { only: address === '/' ? '/' : `${address.replace(/\/$/, '')}?(/)` } : {}),
      force: false,
      dryRun: false,
      maxDeletes: MAX_DELETES,
      acceptShrink: false,
    });
  } catch (error) {
    if (isHoldfastError(error, 'locked')) return leaveToRun(io, address, filed);
    await rm(filed, { force: true });
    throw error;
  }
}

/** Another run of this machine is at work: it takes the withdrawal up, and publishes without the page. */
async function leaveToRun(io: VerbIo, address: string, filed: string): Promise<number> {
  for (let waited = 0; waited < LONGEST_WAIT_MS; waited += POLL_MS) {
    if (await isTakenUp(filed)) {
      const text = `${address}: taken up by the run that is at work, whose next release has it`;
      io.print(io.json ? JSON.stringify({ takenUp: address }) : text);
      return EXIT.done.code;
    }
    await wait(POLL_MS, undefined, { signal: io.signal });
  }
  throw new HoldfastError('locked', `${address}: the run that is at work did not take it up within a minute`, {
    hint: 'the next run does: nothing is lost; holdfast status says what is at work',
  });
}
