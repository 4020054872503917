import type { Config } from '../config/schema.ts';
import { atLaunch, isTail, type Launch } from '../cycle/launch.ts';
import { isDue, lanesOf } from '../snapshot/lanes.ts';
import type { Records } from '../snapshot/records.ts';

/** How old a lane is. Milliseconds. */
export interface LaneFact {
  readonly name: string;
  /** Between looks, as it is now: launch mode has its own. */
  readonly every: number;
  /** Since the last look began; undefined before the first. */
  readonly age: number | undefined;
  readonly state: 'never' | 'under way' | 'due' | 'fresh' | 'paused';
  readonly isPaused: boolean;
}

/** Every lane, fastest first. */
export function laneFacts(
  config: Config,
  {
    records,
    launch,
    now,
  }: { readonly records: Pick<Records, 'lane'>; readonly launch: Launch | undefined; readonly now: number },
): readonly LaneFact[] {
  const isPausedNow = launch === undefined ? () => false : isTail(config);
  return lanesOf((launch === undefined ? config : atLaunch(config)).lanes).map((lane) => {
    const known = records.lane(lane.name);
    const isPaused = isPausedNow(lane);
    const age = known === undefined ? undefined : Math.max(0, now - known.began);
    return { name: lane.name, every: lane.every, age, isPaused, state: stateNow() };
    function stateNow(): LaneFact['state'] {
      if (isPaused) return 'paused';
      if (known === undefined) return 'never';
      if (known.ended === undefined) return 'under way';
      return isDue(lane, records as Records, now) ? 'due' : 'fresh';
    }
  });
}
