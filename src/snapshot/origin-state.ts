import type { Address } from '../model/address.ts';
import type { Problem } from '../model/capture.ts';
import type { OriginRecord, OriginState } from '../model/origin-state.ts';
import type { LookContext } from './context.ts';

/** What the looks of one part of a cycle came to. */
export interface Seen {
  /** Looks that were answered as they should be. */
  readonly well: number;
  readonly failed: number;
  /** Those of them that nothing answered. */
  readonly unanswered: number;
  /** The look was ended early, or the origin asked to be left alone. */
  readonly isAway: boolean;
  /** Its last answers took far longer than usual. */
  readonly isSlow: boolean;
}

/** Three good probes, as a balancer asks of a server before it gives it visitors again: one look may be luck. */
const LOOKS_TO_BELIEVE = 3;

type Trouble = Problem | 'gone';
const UNANSWERED: readonly Trouble[] = ['unreachable', 'timeout'];
/** Problems of which the origin is the cause, and not the page: nothing came, or not what it usually sends. */
const TROUBLES: readonly Trouble[] = [...UNANSWERED, 'status', 'unclosed', 'small', 'forbidden', 'repeated'];

/**
 * The state after these looks. Where nothing answers it is down at once, since visitors who are sent back too soon make it worse; all
 * else is believed after three looks in a row that say so, in one cycle or in several. Without a look nothing changes. Pure.
 */
export function nextOriginState(before: OriginRecord | undefined, seen: Seen, now: number): OriginRecord | undefined {
  const to = stateIn(seen);
  if (to === undefined) return before;
  const turned: OriginRecord = { state: to, since: new Date(now).toISOString() };
  if (before === undefined) return turned;
  const { turning, ...stays } = before;
  if (to === before.state) return turning === undefined ? before : stays;
  const looks = (turning?.to === to ? turning.looks : 0) + seen.well + seen.failed;
  const isPlain = seen.isAway || (seen.well === 0 && seen.unanswered > 0);
  return isPlain || looks >= LOOKS_TO_BELIEVE ? turned : { ...stays, turning: { to, looks } };
}

/** Undefined where nothing was looked at. */
function stateIn({ well, failed, isAway, isSlow }: Seen): OriginState['state'] | undefined {
  if (isAway) return 'down';
  if (well + failed === 0) return undefined;
  if (failed > well) return 'down';
  return isSlow ? 'slow' : 'up';
}

/** Notes what the looks since the last note say of the origin. `isAway` where they ended because it is. */
export type NoteOrigin = (isAway: boolean) => Promise<void>;

/** For one run, from now on. */
export function watchOrigin({ records, origin, clock, tally }: LookContext): NoteOrigin {
  const noted = new Map<Address, number>();
  return async (isAway) => {
    let [well, failed, unanswered] = [0, 0, 0];
    for (const address of tally.outcomes.keys()) {
      const { lookedAt = 0, trouble } = records.pages.get(address) ?? { lane: '' };
      if (noted.get(address) === lookedAt) continue;
      noted.set(address, lookedAt);
      if (trouble === undefined || !TROUBLES.includes(trouble.problem)) well += 1;
      else failed += 1;
      if (trouble !== undefined && UNANSWERED.includes(trouble.problem)) unanswered += 1;
    }
    const seen = { well, failed, unanswered, isAway, isSlow: origin.isSlow };
    const next = nextOriginState(records.origin, seen, clock.now());
    if (next === records.origin || next === undefined) return;
    records.origin = next;
    await records.flush();
  };
}
