import { pathMatcher } from '../model/globs.ts';
import { type LookContext, NO_ASKS } from '../snapshot/context.ts';
import { openDigester } from '../snapshot/digester.ts';
import { recipeOf } from '../snapshot/recipe.ts';
import { isTimeToMakeWay } from './appointment.ts';
import { lookAtThreads, threadPlaces } from './comments.ts';
import type { Cycle } from './cycle.ts';
import { watchHolds } from './holding.ts';
import { atLaunch, isTail, launchAt } from './launch.ts';
import { takeUpWithdrawals } from './withdrawals.ts';
import type { Workplace } from './workplace.ts';

/** What the looks of one run work with. */
export async function openLooks(
  place: Workplace,
  { wish, report, leases }: Pick<Cycle, 'wish' | 'report' | 'leases'>,
): Promise<LookContext> {
  const areHoldsNew = watchHolds(leases);
  const { site, records, blobs, origin, onward: clock } = place;
  const { acceptShrink, asks } = wish;
  const isLaunch = (await launchAt(place.stateDir, place.clock.now())) !== undefined;
  const config = isLaunch ? atLaunch(place.config) : place.config;
  origin.spare(isLaunch);
  const context: LookContext = {
    config,
    site,
    records,
    blobs,
    origin,
    clock,
    tally: report.tally,
    isReleaseAsked: async (signal) => {
      const isAsked = await takeUpWithdrawals(place);
      const due = { context, report, wish: { ...wish, looks: 'due' as const } };
      const isWanted = (await lookAtThreads(place, due, signal)) || isAsked || areHoldsNew();
      return isWanted || (await isTimeToMakeWay(place));
    },
    composed: await place.composed.addresses(clock.now()),
    leavesAsset: pathMatcher(config.assets.exclude),
    digester: openDigester(config),
    recipe: recipeOf({ site, config }),
    threadPlace: threadPlaces(place),
    acceptShrink,
    asks: asks ?? NO_ASKS,
    isPaused: isLaunch ? isTail(config) : () => false,
    isSpared: isLaunch,
    triedAssets: new Set(),
  };
  return context;
}
