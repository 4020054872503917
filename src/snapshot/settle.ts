import type { Address } from '../model/address.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Entry, Withdrawal } from '../model/snapshot.ts';
import type { LookContext } from './context.ts';
import { holds, type Lane } from './lanes.ts';
import { isFinal } from './look.ts';

/** A lane is well while no more than this part of its looks failed: what fails then fails alone. */
const WELL = 0.2;
/** Over this part of a lane gone at once, nothing is published without a person's word. One page alone never counts as a shrinkage. */
const SHRINK = 0.2;
/** Looks in a row that must say "gone" or "private": one may be a hiccup of the origin. */
const LOOKS_TO_WITHDRAW = 2;

interface SettleOptions {
  readonly lane: Lane;
  readonly began: number;
  readonly acceptShrink: boolean;
}

/** At the end of a pass: withdraws what went away or was made private, and brings back what is there again. Throws `lane-shrunk`. */
export function settle(context: LookContext, { lane, began, acceptShrink }: SettleOptions): void {
  const entries = [...context.records.pages].filter(
    ([address, entry]) => holds(lane, address, entry) && (entry.lookedAt ?? 0) >= began,
  );
  const troubled = entries.filter(([, { trouble, withdrawn }]) => trouble !== undefined && withdrawn === undefined);
  const isWell =
    troubled.filter(([, entry]) => !isFinal(entry.trouble?.problem ?? 'gone')).length <=
    Math.max(1, entries.length * WELL);
  if (!isWell) return;
  const counted = troubled.map(([address, entry]) => [address, countLook(entry)] as const);
  const leaving = counted.flatMap(([address, entry]) => {
    const why = hasShown(entry) || !lane.paths.has(address) ? reasonToWithdraw(context, entry) : undefined;
    return why === undefined ? [] : [{ address, entry, why }];
  });
  const live = entries.filter(([, { good, withdrawn }]) => good !== undefined && withdrawn === undefined).length;
  const lost = leaving.filter(({ entry }) => entry.good !== undefined).map(({ address }) => address);
  if (lost.length > 1 && lost.length > live * SHRINK && !acceptShrink) throw shrunk(lane, lost, live);
  for (const [address, entry] of counted) context.records.pages.set(address, entry);
  for (const { address, entry, why } of leaving) {
    context.records.pages.set(address, { ...entry, withdrawn: why });
    context.tally.outcomes.set(address, 'gone');
  }
}

function countLook(entry: Entry): Entry {
  return entry.trouble === undefined
    ? entry
    : { ...entry, trouble: { ...entry.trouble, looks: entry.trouble.looks + 1 } };
}

function hasShown({ good, redirect }: Entry): boolean {
  return good !== undefined || redirect !== undefined;
}

function reasonToWithdraw({ config, clock }: LookContext, { trouble }: Entry): Withdrawal | undefined {
  if (trouble === undefined) return undefined;
  if (isFinal(trouble.problem)) {
    return trouble.looks < LOOKS_TO_WITHDRAW ? undefined : trouble.problem === 'gone' ? 'gone' : 'private';
  }
  return clock.now() - trouble.since > config.gate.maxKept ? 'kept-too-long' : undefined;
}

function shrunk(lane: Lane, lost: readonly Address[], live: number): HoldfastError {
  const shown = lost.slice(0, 3).join(', ');
  return new HoldfastError(
    'lane-shrunk',
    `lane ${lane.name}: ${lost.length} of ${live} pages are gone at once (${shown}${lost.length > 3 ? ', …' : ''}); nothing was published`,
    {
      hint: 'if that is meant, run publish --accept-shrink once',
      visitors: 'visitors get the release that was live before',
    },
  );
}
