import { type Address, normalizePath } from '../model/address.ts';
import { HoldfastError, isHoldfastError } from '../model/errors.ts';
import { captureNewAssets, refreshAssets } from './assets.ts';
import type { LookContext } from './context.ts';
import { claim, DUE_AT, holds, isDue, type Lane, lanesOf, pathMatcher } from './lanes.ts';
import { lookAtPage } from './look.ts';
import { inParallel } from './parallel.ts';
import { pass } from './pass.ts';

/** Lane states are kept under lane names; the assets' own interval stands under one that no lane can have. */
const ASSETS = '(assets)';

export interface RoundOptions {
  /** Every lane, due or not. */
  readonly now: boolean;
  /** Look at the pages that match, and at nothing else. */
  readonly only?: string | undefined;
  readonly acceptShrink: boolean;
}

/**
 * The looks of one run: lanes that are due, fastest first. Yields wherever a release is worth making: at the end, and
 * between slices of a long lane when a faster lane has been looked at since. Throws `origin-away`, `lane-shrunk` and the signal's reason.
 */
export async function* rounds(context: LookContext, options: RoundOptions, signal: AbortSignal): AsyncGenerator<void> {
  if (options.only !== undefined) {
    await lookAtOnly(context, options.only, signal);
    yield;
    return;
  }
  const lanes = lanesOf(context.config.lanes);
  await refreshDueAssets(context, options, signal);
  let hasNews = false;
  for (const lane of lanes) {
    if (!options.now && !isDue(lane, context.records, context.clock.now())) continue;
    for await (const { more } of pass(
      context,
      { lane, lanes, anew: options.now, acceptShrink: options.acceptShrink },
      signal,
    )) {
      if (!more) continue;
      const faster = await lookAtFaster(context, { lane, lanes, acceptShrink: options.acceptShrink }, signal);
      if (hasNews || faster) yield;
      hasNews = false;
    }
    hasNews = true;
  }
  yield;
}

interface FasterOptions {
  readonly lane: Lane;
  readonly lanes: readonly Lane[];
  readonly acceptShrink: boolean;
}

/** Looks at the lanes that fell due while a slower one was under way; true when there were any. */
async function lookAtFaster(
  context: LookContext,
  { lane, lanes, acceptShrink }: FasterOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const due = lanes
    .slice(0, lanes.indexOf(lane))
    .filter((faster) => isDue(faster, context.records, context.clock.now()));
  for (const faster of due) {
    for await (const _slice of pass(context, { lane: faster, lanes, anew: true, acceptShrink }, signal))
      signal.throwIfAborted();
  }
  return due.length > 0;
}

async function refreshDueAssets(context: LookContext, { now }: RoundOptions, signal: AbortSignal): Promise<void> {
  const { records, clock, config } = context;
  const state = records.lane(ASSETS);
  const isFirst = state === undefined;
  const elapsed = clock.now() - (state?.began ?? 0);
  if (!isFirst && !now && elapsed >= 0 && elapsed < DUE_AT * config.assets.every) return;
  records.setLane(ASSETS, { began: clock.now(), whole: true });
  if (!isFirst) await refreshAssets(context, signal);
  await records.flush();
}

/** `--only GLOB`: pages that are known and match, or the one page that a plain path names. */
async function lookAtOnly(context: LookContext, glob: string, signal: AbortSignal): Promise<void> {
  const lanes = lanesOf(context.config.lanes);
  const chosen = choose(context, lanes, glob);
  if (chosen.length === 0) {
    throw new HoldfastError('usage', `--only ${glob}: no lane holds such a page`, {
      hint: 'quote the pattern; it starts with /, as in --only "/news/**"',
    });
  }
  await inParallel(chosen, context.config.origin.concurrency, async ({ address, lane }) => {
    await lookAtPage(context, lane, address, signal);
  });
  await captureNewAssets(context, signal);
  await context.records.flush();
}

function choose(
  context: LookContext,
  lanes: readonly Lane[],
  glob: string,
): readonly { address: Address; lane: Lane }[] {
  const { pages } = context.records;
  const matches = pathMatcher([glob]);
  const listed = lanes.flatMap((lane) => [...lane.paths].map((address) => ({ address, lane })));
  const known = [...pages].flatMap(([address, entry]) =>
    lanes.filter((lane) => holds(lane, address, entry)).map((lane) => ({ address, lane })),
  );
  const found = new Map(
    [...known, ...listed].filter(({ address }) => matches(address)).map((choice) => [choice.address, choice]),
  );
  if (found.size === 0 && glob.startsWith('/') && !/[*?[\]{}!]/.test(glob)) {
    const address = normalizePath(glob);
    const open = lanes.filter((lane) => lane.config.sitemap !== undefined || lane.config.crawl !== undefined).at(-1);
    if (open !== undefined && claim(open, lanes, context.records, { address }))
      found.set(address, { address, lane: open });
  }
  return [...found.values()].filter(({ address }) => pages.get(address)?.withdrawn !== 'by-hand');
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
    const lane = entry === undefined ? undefined : lanes.find((candidate) => holds(candidate, address, entry));
    return lane === undefined ? [] : [{ address, lane }];
  });
  try {
    await inParallel(pages, context.config.origin.concurrency, async ({ address, lane }) => {
      await lookAtPage(context, lane, address, signal);
    });
    await captureNewAssets(context, signal);
  } catch (error) {
    if (!isHoldfastError(error, 'origin-away')) throw error;
  }
  await context.records.flush();
}
