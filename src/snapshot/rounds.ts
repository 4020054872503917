import { type Address, normalizePath } from '../model/address.ts';
import { HoldfastError, isHoldfastError } from '../model/errors.ts';
import { pathMatcher } from '../model/globs.ts';
import { ASSETS, refreshAssets } from './assets.ts';
import { type LookContext, warn } from './context.ts';
import type { Wanted } from './finding.ts';
import { claim, hasPassed, isDue, type Lane, laneFor, lanesOf } from './lanes.ts';
import { type PassOptions, pass } from './pass.ts';
import { rereadReferences } from './reread.ts';
import { reachableAssets } from './snapshot.ts';
import { lookTogether } from './together.ts';

export interface RoundOptions {
  /** Every lane, due or not. */
  readonly now: boolean;
  /** Look at the pages that match, and at nothing else. */
  readonly only?: string | undefined;
  /** True where there is something to publish already: a long lane is not waited for then. */
  readonly hasNews?: boolean;
}

/**
 * The looks of one run: lanes that are due, fastest first, then the assets. Yields wherever a release is worth making: at the end, and
 * between slices of a long lane when a faster lane has been looked at since. Throws `origin-away`, `lane-shrunk` and the signal's reason.
 */
export async function* rounds(context: LookContext, options: RoundOptions, signal: AbortSignal): AsyncGenerator<void> {
  await rereadReferences(context);
  // What a hook told of may be comments, which are read by now; the page that they are of takes a server a hundred times as long.
  const isWaitedFor = options.hasNews === true && context.asks.isWaiting;
  if (isWaitedFor) yield;
  if (await lookAtAsked(context, signal)) yield;
  const rest = isWaitedFor ? { ...options, hasNews: false } : options;
  if (options.only === undefined) yield* dueRounds(context, rest, signal);
  else await lookAtOnly(context, options.only, signal);
  yield;
}

async function* dueRounds(
  context: LookContext,
  { now, hasNews: hadNews = false }: RoundOptions,
  signal: AbortSignal,
): AsyncGenerator<void> {
  const lanes = lanesOf(context.config.lanes);
  const due = lanes.filter((lane) => now || (isDueNow(context, lane) && !context.isPaused(lane)));
  let hasNews = hadNews;
  for (const lane of due) {
    for await (const { more } of pass(context, { lane, lanes, anew: now }, signal)) {
      if (!more) continue;
      yield* otherNews(context, { lanes, than: lane, hasNews }, signal);
      hasNews = false;
    }
    hasNews = true;
  }
  if (!now && (context.isSpared || !areAssetsDue(context))) return;
  for await (const _slice of refreshAssets(context, reachableAssets(context.records, context.config), signal)) {
    yield* otherNews(context, { lanes, hasNews }, signal);
    hasNews = false;
  }
}

/** A lane that was refused is due as soon as a person lifts the refusal. */
function isDueNow({ records, clock, acceptShrink }: LookContext, lane: Lane): boolean {
  return isDue(lane, records, clock.now()) || (acceptShrink && records.lane(lane.name)?.refused === true);
}

interface Between {
  readonly lanes: readonly Lane[];
  /** The lane whose slices these are; undefined for work that is slower than every lane. */
  readonly than?: Lane;
  /** True where something waits to be released anyway. */
  readonly hasNews?: boolean;
}

/** Between two slices: what a person asked for, and the lanes that fell due meanwhile and are faster; yields where a release is worth making. */
async function* otherNews(
  context: LookContext,
  { lanes, than, hasNews = false }: Between,
  signal: AbortSignal,
): AsyncGenerator<void> {
  const isWanted = await context.isReleaseAsked(signal);
  if (isWanted && context.asks.isWaiting) return yield;
  if (await lookAtAsked(context, signal)) return yield;
  const faster = than === undefined ? lanes : lanes.slice(0, lanes.indexOf(than));
  const due = faster.filter((lane) => isDue(lane, context.records, context.clock.now()) && !context.isPaused(lane));
  for (const lane of due)
    for await (const { more } of pass(context, { lane, lanes, anew: false }, signal))
      if (more) yield* otherNews(context, { lanes, than: lane }, signal);
  if (due.length > 0 || isWanted || hasNews) yield;
}

/** Pages and lanes that somebody wants now; true where there were any. A page that no lane may hold is warned of. */
async function lookAtAsked(context: LookContext, signal: AbortSignal): Promise<boolean> {
  const asked = context.asks.take();
  if (asked === undefined) return false;
  const lanes = lanesOf(context.config.lanes);
  const wanted = asked.paths.flatMap((address) => {
    const page = pageAt(context, spelledAsKnown(context, address));
    if (page === undefined) warn(context.tally, 'not-a-page', address, 'was asked for, and no lane holds such a page');
    return page ?? [];
  });
  await lookAtThese(context, wanted, signal);
  for (const lane of lanes.filter(({ name }) => asked.lanes.includes(name)))
    await lookAtFirstSlice(context, { lane, lanes, anew: true }, signal);
  return true;
}

/** What is left of a long lane comes in its turn, as of a pass that was interrupted: it is due until it is done, and nothing else waits for it. */
async function lookAtFirstSlice(context: LookContext, options: PassOptions, signal: AbortSignal): Promise<void> {
  for await (const _slice of pass(context, options, signal)) return;
}

/** Like a lane of `assets.every`; what a first run captured with its pages is not asked for again by the same run. */
function areAssetsDue({ records, clock, config }: LookContext): boolean {
  const state = records.lane(ASSETS);
  if (state === undefined) {
    records.setLane(ASSETS, { began: clock.now(), ended: clock.now() });
    return false;
  }
  return state.ended === undefined || hasPassed(state.began, config.assets.every, clock.now());
}

/** `--only GLOB`: pages that are known and match, or the one page that a plain path names. */
async function lookAtOnly(context: LookContext, glob: string, signal: AbortSignal): Promise<void> {
  const chosen = choose(context, glob);
  if (chosen.length > 0) return lookAtThese(context, chosen, signal);
  throw new HoldfastError('usage', `--only ${glob}: no lane holds such a page`, {
    hint: 'quote the pattern; it starts with /, as in --only "/news/**"',
  });
}

function choose(context: LookContext, glob: string): readonly Wanted[] {
  const { records, config } = context;
  const lanes = lanesOf(config.lanes);
  const matches = pathMatcher([glob]);
  const listed = lanes.flatMap((lane) => [...lane.paths]);
  const found = new Map<Address, Wanted>();
  for (const address of [...listed, ...[...records.pages].map(([known]) => known)]) {
    const entry = records.pages.get(address) ?? { lane: '' };
    const lane = matches(address) && entry.withdrawn !== 'by-hand' ? laneFor(lanes, address, entry) : undefined;
    if (lane !== undefined) found.set(address, { address, lane });
  }
  const isPlain = glob.startsWith('/') && !/[*?[\]{}!]/.test(glob);
  const named = found.size === 0 && isPlain ? pageAt(context, normalizePath(glob)) : undefined;
  return named === undefined ? [...found.values()] : [named];
}

/** `/news` is the page that is known as `/news/`. */
function spelledAsKnown({ records, config }: LookContext, address: Address): Address {
  const other = address.endsWith('/') ? address.slice(0, -1) : `${address}/`;
  const isKnown = (one: Address) =>
    records.pages.get(one) !== undefined || lanesOf(config.lanes).some(({ paths }) => paths.has(one));
  return !isKnown(address) && isKnown(other) ? other : address;
}

/** One page by its path, known or not; undefined where no lane may hold it, or it was taken down by hand. */
function pageAt({ records, config }: LookContext, address: Address): Wanted | undefined {
  const lanes = lanesOf(config.lanes);
  const entry = records.pages.get(address);
  if (entry?.withdrawn === 'by-hand') return undefined;
  const holder = laneFor(lanes, address, entry ?? { lane: '' });
  const lane = holder?.excludes(address) === true ? undefined : holder;
  if (lane !== undefined && entry === undefined && !lane.paths.has(address))
    claim(records, lanes, { lane, address, depth: undefined });
  return lane === undefined ? undefined : { address, lane };
}

/** Looks once more at pages and assets whose bytes were lost; an origin that is away leaves them as they are live. */
export async function lookAgain(
  context: LookContext,
  addresses: readonly Address[],
  signal: AbortSignal,
): Promise<void> {
  const lanes = lanesOf(context.config.lanes);
  const pages = addresses.flatMap((address) => {
    const entry = context.records.pages.get(address);
    const lane = entry === undefined ? undefined : laneFor(lanes, address, entry);
    return lane === undefined ? [] : [{ address, lane }];
  });
  try {
    await lookAtThese(context, pages, signal);
  } catch (error) {
    if (!isHoldfastError(error, 'origin-away')) throw error;
  }
}

/** These pages and where they redirect to, and no other. */
async function lookAtThese(context: LookContext, wanted: readonly Wanted[], signal: AbortSignal): Promise<void> {
  const lanes = lanesOf(context.config.lanes);
  const queue = [...wanted];
  const seen = new Set(wanted.map(({ address }) => address));
  const lead = (from: Address, to: readonly Address[]) => {
    const lane = queue.find(({ address }) => address === from)?.lane;
    if (lane === undefined || context.records.pages.get(from)?.redirect === undefined) return;
    for (const address of to) {
      if (seen.has(address) || lane.excludes(address)) continue;
      seen.add(address);
      if (claim(context.records, lanes, { lane, address, depth: 1 })) queue.push({ lane, address });
    }
  };
  let next = 0;
  await lookTogether(context, { take: () => (next < queue.length ? queue[next++] : undefined), lead }, signal);
}
