import type { LaneConfig } from '../config/schema.ts';
import { type Address, normalizePath } from '../model/address.ts';
import { pathMatcher } from '../model/globs.ts';
import type { Entry } from '../model/snapshot.ts';
import type { Records } from './records.ts';

/** Cron's clock jitters: a lane is due when this part of its interval has passed since its last look began. */
const DUE_AT = 0.9;

/** Paths that only a live WordPress can answer; a crawl never asks for them. */
const NEVER_CRAWLED = [
  '/wp-admin/**',
  '/wp-json/**',
  '/wp-login.php',
  '/wp-comments-post.php',
  '/xmlrpc.php',
  '/cdn-cgi/**',
];

/** A lane as the snapshot works with it. */
export interface Lane {
  readonly config: LaneConfig;
  readonly name: string;
  /** Milliseconds. */
  readonly every: number;
  /** What the lane lists, in normal form. */
  readonly paths: ReadonlySet<Address>;
  /** Matches what the lane leaves out. */
  excludes(address: Address): boolean;
}

/** Patterns take longer to make than to hold against a thousand pages, and lanes are asked for in many places of a cycle. */
const made = new WeakMap<readonly LaneConfig[], readonly Lane[]>();

/** The configured lanes, fastest first: a page in two lanes belongs to the faster one. */
export function lanesOf(configs: readonly LaneConfig[]): readonly Lane[] {
  const known = made.get(configs);
  if (known !== undefined) return known;
  const lanes = configs.map(laneOf).sort((a, b) => a.every - b.every);
  made.set(configs, lanes);
  return lanes;
}

function laneOf(config: LaneConfig): Lane {
  const paths = new Set((config.paths ?? []).map(normalizePath));
  const matches = pathMatcher([...config.exclude, ...NEVER_CRAWLED]);
  const excludes = (address: Address) => !paths.has(address) && matches(address);
  return { config, name: config.name, every: config.every, paths, excludes };
}

/** True when a lane's pass is unfinished, or its interval has nearly passed since the last one began. */
export function isDue(lane: Lane, records: Records, now: number): boolean {
  const state = records.lane(lane.name);
  return state === undefined || state.ended === undefined || hasPassed(state.began, lane.every, now);
}

/**
 * True when an interval of `every` that began then has nearly passed. One of a time to come was begun before the clock was set back: it is over at once where
 * that is further off than it is long, and else counts from then. So nothing waits for more than two intervals, and a clock that is set a little makes nothing due.
 */
export function hasPassed(began: number, every: number, now: number): boolean {
  const elapsed = now - began;
  return elapsed >= DUE_AT * every || elapsed <= -every;
}

/** True where a lane finds its pages by itself, and so may hold pages that the configuration does not name. */
export function isOpen({ config }: Lane): boolean {
  return config.sitemap !== undefined || config.crawl !== undefined;
}

/**
 * The lane that a known page is of: a lane that lists it, else its own, else the slowest one that finds pages by itself. So a page
 * that left its sitemap, or whose lane was renamed, stays until it answers that it is gone; undefined where every lane excludes it.
 */
export function laneFor(lanes: readonly Lane[], address: Address, entry: Entry): Lane | undefined {
  const listing = lanes.find((lane) => lane.paths.has(address));
  if (listing !== undefined) return listing;
  const own = lanes.find((lane) => lane.name === entry.lane);
  const wasFollowed = entry.depth !== undefined;
  if (own !== undefined && !own.excludes(address) && (isOpen(own) || wasFollowed)) return own;
  return lanes.findLast((lane) => isOpen(lane) && !lane.excludes(address));
}

/** A page found by a lane; `depth` where it was reached by links or a redirect. */
export interface Found {
  readonly lane: Lane;
  readonly address: Address;
  readonly depth: number | undefined;
}

/** Puts a page into the lane that found it, unless a faster one holds it; true when it now is of this lane. */
export function claim(records: Records, lanes: readonly Lane[], { lane, address, depth }: Found): boolean {
  const entry = records.pages.get(address);
  const holder =
    lanes.find((other) => other.paths.has(address)) ??
    (entry === undefined ? undefined : laneFor(lanes, address, entry));
  if (holder !== undefined && lanes.indexOf(holder) < lanes.indexOf(lane)) return false;
  if (entry?.lane !== lane.name || depth !== entry.depth) {
    const { depth: _depth, ...known } = entry ?? { lane: lane.name };
    records.pages.set(address, { ...known, lane: lane.name, ...(depth === undefined ? {} : { depth }) });
  }
  return true;
}
