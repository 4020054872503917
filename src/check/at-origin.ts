import type { LoadedConfig } from '../config/load.ts';
import { stateFiles } from '../cycle/workplace.ts';
import type { Address } from '../model/address.ts';
import type { Clock } from '../model/clock.ts';
import { isHoldfastError } from '../model/errors.ts';
import { createOrigin, type Origin } from '../origin/client.ts';
import { openElsewhere } from '../origin/elsewhere.ts';
import { lanesOf } from '../snapshot/lanes.ts';
import { openRecords, type SnapshotRecord } from '../snapshot/records.ts';
import { openJournal } from '../store/journal.ts';
import { VERSION } from '../version.ts';
import { checkAnalytics } from './analytics.ts';
import { checkCapacity, type Demand, lookInPairs, SINGLE_LOOKS, type Timing } from './capacity.ts';
import { clockFinding } from './clock.ts';
import { checkComments } from './comments.ts';
import type { Finding } from './finding.ts';
import { checkGate } from './gate.ts';
import { isGood, lookAt, type Seen } from './look.ts';
import { checkOrigin, SLOW_PART, stampsOf } from './origin.ts';

/** Hot pages looked at: enough to know the origin by, few enough to be no load. */
const MOST_PAGES = 20;

/**
 * What the origin tells: each hot page is looked at once, for the gate. The first six looks, which come one after the other, and four that come two at a
 * time say what it bears; with fewer pages than ten some are asked for twice. One more request goes to each source of comments.
 */
export async function checkAtOrigin(
  loaded: LoadedConfig,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { config } = loaded;
  const open = (limits: Partial<LoadedConfig['config']['origin']>): Origin =>
    createOrigin({ config: { ...config.origin, ...limits }, siteUrl: config.site.url, version: VERSION, clock });
  const origin = open({});
  const brisk = open({ requestsPerSecond: 0, concurrency: 2 });
  const elsewhere = openElsewhere(config, clock);
  try {
    const { seen, timing } = await lookAtHotPages(loaded, { origin, brisk, clock }, signal);
    const isAway = seen.every(({ result }) => isHoldfastError(result));
    return [
      ...checkOrigin(seen, loaded),
      ...checkCapacity(timing, await demandsOf(loaded), config),
      ...checkGate(seen, config.gate),
      ...checkAnalytics(seen, loaded),
      ...(isAway ? [] : await checkComments(loaded, { origin, elsewhere }, signal)),
      ...(isAway ? [] : [clockFinding("the origin's", stampsOf(seen))]),
    ];
  } finally {
    await Promise.all([origin.close(), brisk.close(), elsewhere.close()]);
  }
}

interface Looking {
  readonly origin: Origin;
  /** Without a bound of its own, for the few looks that come two at a time. */
  readonly brisk: Origin;
  readonly clock: Clock;
}

/** Each hot page once. An origin that fails or is slow is not asked for two pages at a time. */
async function lookAtHotPages(
  loaded: LoadedConfig,
  { origin, brisk, clock }: Looking,
  signal: AbortSignal,
): Promise<{ readonly seen: readonly Seen[]; readonly timing: Timing }> {
  const pages = hotPages(loaded);
  const first = pages.slice(0, SINGLE_LOOKS);
  const alone = await lookAt(origin, { addresses: first, clock }, signal);
  if (alone.every(({ result }) => isHoldfastError(result)))
    return { seen: alone, timing: { single: [], paired: undefined } };
  const isWell = alone.every((one) => isGood(one) && tookOf(one) < loaded.config.origin.deadline * SLOW_PART);
  const rest = pages.slice(SINGLE_LOOKS);
  const pairs = isWell ? await lookInPairs(brisk, { first, rest, clock }, signal) : { seen: [], paired: undefined };
  const known = new Map([...pairs.seen, ...alone].map((one) => [one.address, one]));
  const last = await lookAt(origin, { addresses: pages.filter((page) => !known.has(page)), clock }, signal);
  for (const one of last) known.set(one.address, one);
  const seen = pages.flatMap((page) => known.get(page) ?? []);
  return { seen, timing: { single: isWell ? alone.map(tookOf) : [], paired: pairs.paired } };
}

const tookOf = ({ asked, answered }: Seen): number => Math.max(0, answered - asked);

/** What the fastest lane that lists pages lists; the front page where none does. */
function hotPages({ config }: LoadedConfig): readonly Address[] {
  const fastest = lanesOf(config.lanes).find((lane) => lane.paths.size > 0);
  return [...(fastest?.paths ?? ['/'])].slice(0, MOST_PAGES);
}

/** What each lane asks of the origin, by the pages that are known of it. */
async function demandsOf({ config, stateDir }: LoadedConfig): Promise<readonly Demand[]> {
  const records = openRecords(await openJournal<SnapshotRecord>(stateFiles(stateDir).snapshot));
  const pages = new Map<string, number>();
  for (const [, { lane, withdrawn }] of records.pages)
    if (withdrawn === undefined) pages.set(lane, (pages.get(lane) ?? 0) + 1);
  return lanesOf(config.lanes).map(({ name, every, paths }) => ({ name, every, pages: pages.get(name) ?? paths.size }));
}
