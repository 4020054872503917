import type { Address } from '../model/address.ts';
import { hasCode, isHoldfastError } from '../model/errors.ts';
import type { Entry } from '../model/snapshot.ts';
import { type LookContext, warn } from './context.ts';
import { claim, type Lane, laneFor } from './lanes.ts';

/** The pages of a pass that are still to be looked at; it grows as links are found, and never beyond the lane's limit. */
export interface Frontier {
  take(): Address | undefined;
  /** `depth` counts the links from the start; undefined for a page that was not reached by one. */
  add(address: Address, depth: number | undefined): void;
  depthOf(address: Address): number;
  readonly isEmpty: boolean;
  /** Pages that were put here to be looked at, those that were taken too. */
  readonly size: number;
  /** Pages that the limit kept out. */
  readonly beyond: ReadonlySet<Address>;
  /** Pages that nobody looks at, since every way found to them is longer than `crawl.depth`. */
  readonly tooDeep: readonly Address[];
}

export interface FrontierOptions {
  readonly lane: Lane;
  readonly lanes: readonly Lane[];
  readonly began: number;
  readonly isResumed: boolean;
}

/** A redirect of a lane without a crawl is followed five times at most. */
const MAX_REDIRECTS = 5;

/** What is known of the lane, what its configuration lists, and what its sitemap gives, in this order: what visitors get now is never crowded out. */
export async function openFrontier(
  context: LookContext,
  options: FrontierOptions,
  signal: AbortSignal,
): Promise<Frontier> {
  const { lane, lanes } = options;
  const frontier = newFrontier(context, options);
  for (const path of lane.paths) frontier.add(path, undefined);
  for (const path of lane.config.crawl?.from ?? []) frontier.add(path, 0);
  for (const [address, entry] of context.records.pages) {
    const isDead = entry.withdrawn === 'gone' || (entry.trouble?.problem === 'gone' && entry.good === undefined);
    if (!isDead && laneFor(lanes, address, entry) === lane) frontier.add(address, entry.depth);
  }
  for (const page of await discovered(context, lane, signal)) frontier.add(page, undefined);
  return frontier;
}

/** A sitemap that cannot be read costs nothing but its news: the pages known by now are looked at all the same. */
async function discovered(context: LookContext, lane: Lane, signal: AbortSignal): Promise<readonly Address[]> {
  if (lane.config.sitemap === undefined) return [];
  const { pagesOfSitemap } = await import('./sitemap.ts');
  try {
    return await pagesOfSitemap(context, lane, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isHoldfastError(error) || hasCode(error, 'origin-away', 'origin-private')) throw error;
    warn(context.tally, 'discovery-failed', String(lane.config.sitemap), error.message);
    return [];
  }
}

function newFrontier(context: LookContext, options: FrontierOptions): Frontier {
  const { lane, lanes } = options;
  const { records, composed } = context;
  const queue: Address[] = [];
  const depths = new Map<Address, number>();
  const beyond = new Set<Address>();
  const deeper = new Set<Address>();
  const maxDepth = lane.config.crawl?.depth ?? MAX_REDIRECTS;
  let next = 0;
  const frontier: Frontier = {
    take: () => {
      while (next < queue.length) {
        const address = queue[next++];
        // A sitemap is looked at when its pages are listed, after it was put here as a page of the lane.
        if (address !== undefined && !isLookedAt(context, records.pages.get(address), options)) return address;
      }
      return undefined;
    },
    add: (address, depth) => {
      if (depths.has(address) || composed.has(address) || lane.excludes(address)) return;
      if ((depth ?? 0) > maxDepth) {
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
      const isOurs = claim(records, lanes, { lane, address, depth });
      if (isOurs && !isLookedAt(context, entry, options)) queue.push(address);
      else for (const link of linksOf(entry, lane)) frontier.add(records.nameOf(link), (depth ?? 0) + 1);
    },
    depthOf: (address) => depths.get(address) ?? 0,
    get isEmpty() {
      return next >= queue.length;
    },
    get size() {
      return queue.length;
    },
    beyond,
    get tooDeep() {
      return [...deeper].filter((address) => !depths.has(address) && records.pages.get(address) === undefined);
    },
  };
  return frontier;
}

/** Within this pass already; what failed in the part before an interruption is asked again. A time to come is a clock that was set back. */
function isLookedAt({ clock }: LookContext, entry: Entry | undefined, { began, isResumed }: FrontierOptions): boolean {
  const at = entry?.lookedAt ?? 0;
  if (at < began || at > clock.now()) return false;
  return !(isResumed && entry?.trouble !== undefined);
}

/** What a page that need not be looked at leads a crawl to: it was looked at earlier in the pass, or a faster lane holds it. */
function linksOf(entry: Entry | undefined, lane: Lane): readonly number[] {
  return lane.config.crawl === undefined ? [] : (entry?.good?.links ?? []);
}
