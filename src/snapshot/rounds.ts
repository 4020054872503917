import { type Address, normalizePath } from '../model/address.ts';
import { HoldfastError, isHoldfastError } from '../model/errors.ts';
import { pathMatcher } from '../model/globs.ts';
import { ASSETS, refreshAssets } from './assets.ts';
import type { LookContext } from './context.ts';
import type { Wanted } from './finding.ts';
import { claim, DUE_AT, isDue, isOpen, type Lane, laneFor, lanesOf } from './lanes.ts';
import { pass } from './pass.ts';
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
  if (options.only === undefined) yield* dueRounds(context, options, signal);
  else await lookAtOnly(context, options.only, signal);
  yield;
}

async function* dueRounds(
  context: LookContext,
  { now, hasNews: hadNews = false }: RoundOptions,
  signal: AbortSignal,
): AsyncGenerator<void> {
  const lanes = lanesOf(context.config.lanes);
  const due = lanes.filter((lane) => now || isDueNow(context, lane));
  let hasNews = hadNews;
  for (const lane of due) {
    for await (const { more } of pass(context, { lane, lanes, anew: now }, signal)) {
      if (!more) continue;
      if ((await hasOtherNews(context, { lanes, than: lane }, signal)) || hasNews) yield;
      hasNews = false;
    }
    hasNews = true;
  }
  if (!now && !areAssetsDue(context)) return;
  for await (const _slice of refreshAssets(context, reachableAssets(context.records, context.config), signal)) {
    if ((await hasOtherNews(context, { lanes }, signal)) || hasNews) yield;
    hasNews = false;
  }
}

/** A lane that was refused is due as soon as a person lifts the refusal. */
function isDueNow({ records, clock, acceptShrink }: LookContext, lane: Lane): boolean {
  return isDue(lane, records, clock.now()) || (acceptShrink && records.lane(lane.name)?.refused === true);
}

/** Between two slices: what a person asked for, and what faster lanes have. */
async function hasOtherNews(context: LookContext, faster: Faster, signal: AbortSignal): Promise<boolean> {
  const isAsked = await context.isReleaseAsked(signal);
  return (await lookAtFaster(context, faster, signal)) || isAsked;
}

/** Looks at the lanes that fell due while slower work was under way; true when there were any. */
async function lookAtFaster(context: LookContext, { lanes, than }: Faster, signal: AbortSignal): Promise<boolean> {
  const faster = than === undefined ? lanes : lanes.slice(0, lanes.indexOf(than));
  const due = faster.filter((lane) => isDue(lane, context.records, context.clock.now()));
  for (const lane of due) {
    for await (const _slice of pass(context, { lane, lanes, anew: true }, signal)) signal.throwIfAborted();
  }
  return due.length > 0;
}

interface Faster {
  readonly lanes: readonly Lane[];
  /** Undefined for work that is slower than every lane. */
  readonly than?: Lane;
}

/** Like a lane of `assets.every`; what a first run captured with its pages is not asked for again by the same run. */
function areAssetsDue({ records, clock, config }: LookContext): boolean {
  const state = records.lane(ASSETS);
  if (state === undefined) {
    records.setLane(ASSETS, { began: clock.now(), ended: clock.now() });
    return false;
  }
  const elapsed = clock.now() - state.began;
  return state.ended === undefined || elapsed < 0 || elapsed >= DUE_AT * config.assets.every;
}

/** `--only GLOB`: pages that are known and match, or the one page that a plain path names. */
async function lookAtOnly(context: LookContext, glob: string, signal: AbortSignal): Promise<void> {
  const chosen = choose(context, glob);
  if (chosen.length > 0) return lookAtThese(context, chosen, signal);
  throw new HoldfastError('usage', `--only ${glob}: no lane holds such a page`, {
    hint: 'quote the pattern; it starts with /, as in --only "/news/**"',
  });
}

function choose({ records, config }: LookContext, glob: string): readonly Wanted[] {
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
  if (found.size === 0 && isPlain) {
    const address = normalizePath(glob);
    const open = lanes.findLast((lane) => isOpen(lane) && !lane.excludes(address));
    if (open !== undefined && claim(records, lanes, { lane: open, address, depth: undefined }))
      return [{ address, lane: open }];
  }
  return [...found.values()];
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
