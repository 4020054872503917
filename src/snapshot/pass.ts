import type { Address } from '../model/address.ts';
import { hasCode, isHoldfastError } from '../model/errors.ts';
import type { Entry } from '../model/snapshot.ts';
import { captureNewAssets } from './assets.ts';
import { type LookContext, warn } from './context.ts';
import { repeatedBodies } from './gate/repeated.ts';
import { claim, holds, type Lane } from './lanes.ts';
import { lookAtPage } from './look.ts';
import { drain } from './parallel.ts';
import { settle } from './settle.ts';
import { pagesOfSitemap } from './sitemap.ts';

/** A slice ends after this long or this many pages, so that hot lanes never wait longer behind a long one. */
const SLICE_MS = 15_000;
const SLICE_PAGES = 500;

export interface PassOptions {
  readonly lane: Lane;
  readonly lanes: readonly Lane[];
  /** Begins anew, even where a pass was interrupted. */
  readonly anew: boolean;
  /** Lets more than a fifth of the lane go at once. */
  readonly acceptShrink: boolean;
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
  const { records, clock } = context;
  const { lane } = options;
  const { began } = openPass(context, options);
  const frontier = await openFrontier(context, options, began, signal);
  do {
    await lookAtSlice(context, lane, frontier, signal);
    await records.flush();
    if (!frontier.isEmpty) yield { more: true };
  } while (!frontier.isEmpty);
  warnOfLimit(context, lane, frontier);
  try {
    settle(context, { lane, began, acceptShrink: options.acceptShrink });
  } finally {
    records.setLane(lane.name, { began, ended: clock.now(), whole: true });
    records.usual = context.origin.usual;
    await records.flush();
  }
  yield { more: false };
}

/** A pass that was interrupted goes on; one older than its interval is not worth ending. */
function openPass({ records, clock }: LookContext, { lane, anew }: PassOptions): { began: number } {
  const known = records.lane(lane.name);
  const now = clock.now();
  const isResumed = !anew && known !== undefined && known.ended === undefined && now - known.began < lane.every;
  const began = isResumed ? known.began : now;
  records.setLane(lane.name, { began, whole: known?.whole ?? false });
  return { began };
}

/** The pages of a pass that are still to be looked at; it grows as links are found, and never beyond the lane's limit. */
interface Frontier {
  take(): Address | undefined;
  add(address: Address, depth: number | undefined): void;
  depthOf(address: Address): number;
  readonly isEmpty: boolean;
  /** Left out since the lane is full. */
  readonly beyond: ReadonlySet<Address>;
  /** Left out since every way found to them is too long. */
  readonly tooDeep: readonly Address[];
}

async function openFrontier(
  context: LookContext,
  options: PassOptions,
  began: number,
  signal: AbortSignal,
): Promise<Frontier> {
  const { lane } = options;
  const frontier = newFrontier(context, options, began);
  for (const path of lane.paths) frontier.add(path, undefined);
  for (const path of lane.config.crawl?.from ?? []) frontier.add(path, 0);
  if (lane.config.sitemap !== undefined) {
    for (const page of await discovered(context, lane, signal)) frontier.add(page, undefined);
  }
  for (const [address, entry] of context.records.pages) {
    if (holds(lane, address, entry)) frontier.add(address, entry.depth);
  }
  return frontier;
}

/** A sitemap that cannot be read costs nothing but its news: the pages known by now are looked at all the same. */
async function discovered(context: LookContext, lane: Lane, signal: AbortSignal): Promise<readonly Address[]> {
  try {
    return await pagesOfSitemap(context, lane, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isHoldfastError(error) || hasCode(error, 'origin-away', 'origin-private')) throw error;
    warn(context.tally, 'discovery-failed', String(lane.config.sitemap), error.message);
    return [];
  }
}

function newFrontier(context: LookContext, { lane, lanes }: PassOptions, began: number): Frontier {
  const { records } = context;
  const queue: Address[] = [];
  const depths = new Map<Address, number>();
  const beyond = new Set<Address>();
  const deeper = new Set<Address>();
  let next = 0;
  const frontier: Frontier = {
    take: () => (next < queue.length ? queue[next++] : undefined),
    add: (address, depth) => {
      if (depths.has(address) || context.composed.has(address) || lane.excludes(address)) return;
      if ((depth ?? 0) > maxDepth(lane)) {
        deeper.add(address);
        return;
      }
      if (depths.size >= lane.config.limit) {
        beyond.add(address);
        return;
      }
      const entry = records.pages.get(address);
      if (entry?.withdrawn === 'by-hand') return;
      depths.set(address, depth ?? 0);
      const isOurs = claim(lane, lanes, records, depth === undefined ? { address } : { address, depth });
      const isLookedAt = (entry?.lookedAt ?? 0) >= began && entry?.trouble === undefined;
      if (isOurs && !isLookedAt) queue.push(address);
      else for (const link of linksOf(entry, lane)) frontier.add(records.nameOf(link), (depth ?? 0) + 1);
    },
    depthOf: (address) => depths.get(address) ?? 0,
    get isEmpty() {
      return next >= queue.length;
    },
    beyond,
    get tooDeep() {
      return [...deeper].filter((address) => !depths.has(address) && records.pages.get(address) === undefined);
    },
  };
  return frontier;
}

/** What a page that need not be looked at leads a crawl to: it was looked at earlier in the pass, or a faster lane holds it. */
function linksOf(entry: Entry | undefined, lane: Lane): readonly number[] {
  return lane.config.crawl === undefined ? [] : (entry?.good?.links ?? []);
}

/** Looks at pages until the slice is full, then at the assets they need; what a page needs and is not there keeps the page as it was. */
async function lookAtSlice(context: LookContext, lane: Lane, frontier: Frontier, signal: AbortSignal): Promise<void> {
  const { clock, config } = context;
  const changed = new Map<Address, Entry>();
  const ends = clock.monotonic() + SLICE_MS;
  let looked = 0;
  const take = () => (looked < SLICE_PAGES && clock.monotonic() < ends ? frontier.take() : undefined);
  try {
    await drain(take, config.origin.concurrency, async (address) => {
      looked++;
      const { before, leads } = await lookAtPage(context, lane, address, signal);
      if (before !== undefined) changed.set(address, before);
      for (const lead of leads) frontier.add(lead, frontier.depthOf(address) + 1);
    });
    await captureNewAssets(context, signal);
  } finally {
    keepRepeated(context, lane, changed);
    keepWithoutAssets(context, changed);
    await context.records.flush();
  }
}

/** A redirect of a lane without a crawl is followed five times at most. */
const MAX_REDIRECTS = 5;

function maxDepth(lane: Lane): number {
  return lane.config.crawl?.depth ?? MAX_REDIRECTS;
}

/** One same body on many addresses is an error page that says 200: those that just changed to it keep what they had. */
function keepRepeated(context: LookContext, lane: Lane, changed: ReadonlyMap<Address, Entry>): void {
  if (changed.size === 0) return;
  const { pages } = context.records;
  const bodies = [...pages].flatMap(([address, { lane: of, good }]) =>
    of === lane.name && good !== undefined ? [{ address, same: good.same }] : [],
  );
  for (const address of repeatedBodies(bodies)) {
    const before = changed.get(address);
    if (before !== undefined)
      goBack(context, address, before, 'repeated', 'many addresses answered with this one body');
  }
}

/** A page whose new capture refers to an asset that failed stays as it was, unless it never was. */
function keepWithoutAssets(context: LookContext, changed: ReadonlyMap<Address, Entry>): void {
  const { pages, assets, nameOf } = context.records;
  for (const [address, before] of changed) {
    const good = pages.get(address)?.good;
    if (before.good === undefined || good === undefined) continue;
    const lacking = good.assets.map(nameOf).find((asset) => {
      const entry = assets.get(asset);
      return entry?.good === undefined && entry?.trouble?.problem !== 'gone';
    });
    if (lacking !== undefined)
      goBack(context, address, before, 'asset', `refers to ${lacking}, which could not be fetched`);
  }
}

function goBack(
  context: LookContext,
  address: Address,
  before: Entry,
  problem: 'repeated' | 'asset',
  text: string,
): void {
  const { records, clock, tally } = context;
  const trouble = { problem, text, since: before.trouble?.since ?? clock.now(), looks: 0 };
  records.pages.set(address, { ...before, trouble, lookedAt: clock.now() });
  tally.outcomes.set(address, before.good === undefined ? 'failed' : 'kept');
}

function warnOfLimit({ tally }: LookContext, lane: Lane, { beyond, tooDeep }: Frontier): void {
  const left = (count: number, why: string) =>
    `${count} more pages were found than ${why} lets in; they are not looked at`;
  if (beyond.size > 0) warn(tally, 'lane-over-limit', lane.name, left(beyond.size, `limit ${lane.config.limit}`));
  if (lane.config.crawl !== undefined && tooDeep.length > 0)
    warn(
      tally,
      'lane-over-depth',
      lane.name,
      `${left(tooDeep.length, `crawl.depth ${maxDepth(lane)}`)}, the first ${tooDeep[0]}`,
    );
}
