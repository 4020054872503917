import { pathMatcher } from '../model/globs.ts';
import type { LookContext } from '../snapshot/context.ts';
import { openDigester } from '../snapshot/digester.ts';
import { recipeOf } from '../snapshot/recipe.ts';
import type { Wish } from './cycle.ts';
import type { Report } from './report.ts';
import { takeUpWithdrawals } from './withdrawals.ts';
import type { Workplace } from './workplace.ts';

/** What the looks of one run work with. */
export async function openLooks(place: Workplace, { acceptShrink }: Wish, { tally }: Report): Promise<LookContext> {
  const { config, site, records, blobs, origin, clock } = place;
  return {
    config,
    site,
    records,
    blobs,
    origin,
    clock,
    tally,
    isReleaseAsked: () => takeUpWithdrawals(place),
    composed: await place.composed.addresses(),
    leavesAsset: pathMatcher(config.assets.exclude),
    digester: openDigester(config),
    recipe: recipeOf({ site, config }),
    acceptShrink,
    triedAssets: new Set(),
  };
}
