import picomatch from 'picomatch';
import type { LaneConfig } from '../config/schema.ts';
import { type Address, normalizePath } from '../model/address.ts';
import type { Entry } from '../model/snapshot.ts';
import type { Records } from './records.ts';

/** Cron's clock jitters: a lane is due when this part of its interval has passed since its last look began. */
export const DUE_AT = 0.9;

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

/** The configured lanes, fastest first: a page in two lanes belongs to the faster one. */
export function lanesOf(configs: readonly LaneConfig[]): readonly Lane[] {
  return configs.map(laneOf).sort((a, b) => a.every - b.every);
}

function laneOf(config: LaneConfig): Lane {
  const paths = new Set((config.paths ?? []).map(normalizePath));
  const matches = pathMatcher([...config.exclude, ...NEVER_CRAWLED]);
  const excludes = (address: Address) => !paths.has(address) && matches(address);
  return { config, name: config.name, every: config.every, paths, excludes };
}

/** Matches an address against globs; `/a/**` takes `/a/` and all below, with percent-encoding undone. One expression, since each page is held against it many times a run. */
export function pathMatcher(patterns: readonly string[]): (address: Address) => boolean {
  if (patterns.length === 0) return () => false;
  const union = new RegExp(patterns.map((pattern) => `(?:${sourceOf(decoded(pattern))})`).join('|'));
  return (address) => union.test(decoded(address).slice(1));
}

/** Without the leading slash, which picomatch would want in front of whatever `**` stands for. */
function sourceOf(pattern: string): string {
  const options = { dot: true, nonegate: true, strictSlashes: false };
  return pattern === '/' ? '^$' : picomatch.makeRe(pattern.slice(1), options).source;
}

function decoded(address: string): string {
  if (!address.includes('%')) return address;
  try {
    return decodeURI(address);
  } catch {
    return address;
  }
}

/** True when a lane's pass is unfinished, or its interval has nearly passed since the last one began. */
export function isDue(lane: Lane, records: Records, now: number): boolean {
  const state = records.lane(lane.name);
  if (state === undefined || state.ended === undefined) return true;
  const elapsed = now - state.began;
  return elapsed < 0 || elapsed >= DUE_AT * lane.every;
}

/**
 * True when a page that was seen in a lane still is of that lane. A `paths` lane holds what it lists; a page that left
 * its sitemap or is linked no more stays until it answers that it is gone.
 */
export function holds(lane: Lane, address: Address, entry: Entry): boolean {
  if (entry.lane !== lane.name || lane.excludes(address)) return false;
  const { sitemap, crawl } = lane.config;
  const wasFollowed = entry.depth !== undefined;
  return sitemap !== undefined || crawl !== undefined || lane.paths.has(address) || wasFollowed;
}

/** Puts a page into a lane, unless a faster lane holds it; true when it now is of this lane. */
export function claim(
  lane: Lane,
  lanes: readonly Lane[],
  records: Records,
  found: { address: Address; depth?: number },
): boolean {
  const { address, depth } = found;
  if (lane.excludes(address)) return false;
  const entry = records.pages.get(address);
  const faster = lanes.slice(0, lanes.indexOf(lane));
  if (faster.some((other) => other.paths.has(address) || (entry !== undefined && holds(other, address, entry))))
    return false;
  if (entry?.lane !== lane.name || (depth !== undefined && depth !== entry.depth)) {
    const known: Omit<Entry, 'depth'> = entry ?? { lane: lane.name };
    records.pages.set(address, { ...known, lane: lane.name, ...(depth === undefined ? {} : { depth }) });
  }
  return true;
}
