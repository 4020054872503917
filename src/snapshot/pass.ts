import type { Address } from '../model/address.ts';
import { isHoldfastError } from '../model/errors.ts';
import { advance, expectMore } from '../model/way.ts';
import { type LookContext, warn } from './context.ts';
import { type Frontier, openFrontier } from './frontier.ts';
import type { Lane } from './lanes.ts';
import { settle } from './settle.ts';
import { openPass, sliceOf } from './slices.ts';
import { lookTogether } from './together.ts';

export interface PassOptions {
  readonly lane: Lane;
  /** Every lane, fastest first. */
  readonly lanes: readonly Lane[];
  /** Begins anew, even where a pass was interrupted. */
  readonly anew: boolean;
}

/**
 * One pass over a lane in slices; yields after each slice whether more is to come. An unfinished pass of an earlier
 * run goes on where it stopped. Throws `lane-shrunk`, `origin-away` and the signal's reason; what was looked at by then is on disk.
 */
export async function* pass(
  context: LookContext,
  options: PassOptions,
  signal: AbortSignal,
): AsyncGenerator<{ more: boolean }> {
  const { records, clock, origin } = context;
  const { lane, lanes } = options;
  const begun = openPass(context, lane.name, { every: lane.every, anew: options.anew });
  const frontier = await openFrontier(context, { lane, lanes, ...begun }, signal);
  const note = noteOn(context, lane, frontier);
  do {
    await lookAtSlice(context, { lane, frontier, note }, signal);
    if (!frontier.isEmpty) yield { more: true };
  } while (!frontier.isEmpty);
  warnOfLimit(context, lane, frontier);
  const { began } = begun;
  try {
    settle(context, { lane, lanes, began });
    records.setLane(lane.name, { began, ended: clock.now() });
  } catch (error) {
    if (isHoldfastError(error, 'lane-shrunk')) records.setLane(lane.name, { began, ended: clock.now(), refused: true });
    throw error;
  } finally {
    records.usual = origin.usual;
    await records.flush();
  }
  yield { more: false };
}

/** To be called after each page: who watches sees how far the lane is, which may grow. */
function noteOn({ tally: { way } }: LookContext, { name }: Lane, frontier: Frontier): () => void {
  let told = frontier.size;
  expectMore(way, name, told);
  return () => {
    advance(way);
    expectMore(way, name, frontier.size - told);
    told = frontier.size;
  };
}

async function lookAtSlice(
  context: LookContext,
  { lane, frontier, note }: { readonly lane: Lane; readonly frontier: Frontier; readonly note: () => void },
  signal: AbortSignal,
): Promise<void> {
  const next = sliceOf(context, () => frontier.take());
  const take = () => {
    const address = next();
    return address === undefined ? undefined : { lane, address };
  };
  const lead = (from: Address, to: readonly Address[]) => {
    for (const address of to) frontier.add(address, frontier.depthOf(from) + 1);
    note();
  };
  await lookTogether(context, { take, lead }, signal);
}

function warnOfLimit({ tally }: LookContext, { name, config }: Lane, { beyond, tooDeep }: Frontier): void {
  const left = (count: number, bound: string) =>
    `${count} more pages were found than ${bound} lets in; they are not looked at`;
  if (beyond.size > 0) warn(tally, 'lane-over-limit', name, left(beyond.size, `limit ${config.limit}`));
  if (config.crawl === undefined || tooDeep.length === 0) return;
  const text = `${left(tooDeep.length, `crawl.depth ${config.crawl.depth}`)}, ${tooDeep[0]} among them`;
  warn(tally, 'lane-over-depth', name, text);
}
