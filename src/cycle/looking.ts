import { pathMatcher } from '../model/globs.ts';
import type { LookContext } from '../snapshot/context.ts';
import { openDigester } from '../snapshot/digester.ts';
import { recipeOf } from '../snapshot/recipe.ts';
import type { Cycle } from './cycle.ts';
import { watchHolds } from './holding.ts';
import { takeUpWithdrawals } from './withdrawals.ts';
import type { Workplace } from './workplace.ts';

/** What the looks of one run work with. */
export async function openLooks(
  place: Workplace,
  { wish: { acceptShrink }, report: { tally }, leases }: Pick<Cycle, 'wish' | 'report' | 'leases'>,
): Promise<LookContext> {
  const areHoldsNew = watchHolds(leases);
  const { config, site, records, blobs, origin, clock } = place;
  return {
    config,
    site,
    records,
    blobs,
    origin,
    clock,
    tally,
    isReleaseAsked: async () => (await takeUpWithdrawals(place)) || areHoldsNew(),
    composed: await place.composed.addresses(),
    leavesAsset: pathMatcher(config.assets.exclude),
    digester: openDigester(config),
    recipe: recipeOf({ site, config }),
    acceptShrink,
    triedAssets: new Set(),
  };
}
