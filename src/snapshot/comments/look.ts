import type { CommentsConfig } from '../../config/schema.ts';
import type { Address } from '../../model/address.ts';
import { commentHash } from '../../model/comment.ts';
import { isHoldfastError } from '../../model/errors.ts';
import { pathMatcher } from '../../model/globs.ts';
import type { ThreadLayout } from '../../model/thread.ts';
import type { Journal } from '../../store/journal.ts';
import { type LookContext, warn } from '../context.ts';
import { hasPassed, laneFor, lanesOf } from '../lanes.ts';
import { createSource, type SourceContext } from './index.ts';
import type { Changes, CommentSource, Known } from './source.ts';
import { type StoredComment, summaryOf, type ThreadState, type Threads } from './threads.ts';
import { failed } from './whole.ts';

/** What looks at comments work with. */
export interface CommentContext extends SourceContext {
  readonly threads: Threads;
}

/** How many comments came and went. */
export interface News {
  added: number;
  edited: number;
  removed: number;
}

export interface CommentWish {
  /** 'none' asks no source, and lays threads out anew where the configuration changed. */
  readonly looks: 'due' | 'all' | 'none';
  /** Those of pages that match this glob. */
  readonly only?: string | undefined;
}

/** A thread goes on being read for so long in one look; what is left is read by the next. */
const LOOK_MS = 15_000;
/** Sources that fail are asked this many times less often, as they go on failing, and at least each hour. */
const MOST_PATIENCE = 16;
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * Looks at the comments that are due. A source that fails keeps its last good comments, with a warning, and fails nothing else.
 * Throws the signal's reason only; what was read is on disk.
 */
export async function lookAtComments(
  context: LookContext & CommentContext,
  { looks, only }: CommentWish,
  signal: AbortSignal,
): Promise<News> {
  const news: News = { added: 0, edited: 0, removed: 0 };
  const matches = only === undefined ? () => true : pathMatcher([only]);
  try {
    for (const entry of context.config.comments) {
      await layAnew(context.threads, entry);
      const state = context.threads.state(entry.page);
      const isTold = looks === 'all' || isAsked(context, entry);
      const isDue = isTold || isCommentsDue(state, entry, context.clock.now());
      if (looks !== 'none' && matches(entry.page) && isDue)
        await lookAtThread(context, { entry, news, isTold }, signal);
    }
  } finally {
    await context.threads.flush();
  }
  for (const { page } of context.config.comments) warnOfTrouble(context, page);
  return news;
}

/** True where somebody wants the page of these comments looked at now, or its lane: whoever approves a comment says where. */
function isAsked({ asks, records, config }: LookContext, { page }: CommentsConfig): boolean {
  const { paths = [], lanes = [] } = asks.peek() ?? {};
  if (paths.some((path) => withoutSlash(path) === withoutSlash(page))) return true;
  if (lanes.length === 0) return false;
  const lane = laneFor(lanesOf(config.lanes), page, records.pages.get(page) ?? { lane: '' });
  return lane !== undefined && lanes.includes(lane.name);
}

const withoutSlash = (address: Address): string => address.replace(/\/$/, '');

/** True where the interval has nearly passed; for a source that goes on failing some intervals. */
export function isCommentsDue(state: ThreadState | undefined, { every }: CommentsConfig, now: number): boolean {
  if (state === undefined) return true;
  const patience = Math.min(2 ** Math.max(0, (state.trouble?.looks ?? 0) - 1), MOST_PATIENCE);
  return hasPassed(state.began, Math.max(every, Math.min(every * patience, LONGEST_PAUSE_MS)), now);
}

/** The layout that an entry asks for. */
export function layoutOf({ order, perPage, depth }: CommentsConfig): ThreadLayout {
  return { order, perPage, depth };
}

interface Looking {
  readonly entry: CommentsConfig;
  readonly news: News;
  /** Somebody wants it looked at now. */
  readonly isTold: boolean;
}

async function lookAtThread(
  context: LookContext & CommentContext,
  looking: Looking,
  signal: AbortSignal,
): Promise<void> {
  const { threads, clock } = context;
  const { entry } = looking;
  const began = clock.now();
  const before = threads.state(entry.page) ?? NOTHING;
  const source = await createSource(entry, context);
  const canWait = context.isSpared && before.isWhole;
  const resync = 'resync' in entry && !canWait && hasPassed(before.syncedAt ?? 0, entry.resync, began);
  threads.set(entry.page, { ...before, began });
  try {
    await read(context, { ...looking, source, resync }, signal);
    const { trouble: _over, isDoubted: _sure, ...state } = threads.state(entry.page) ?? NOTHING;
    threads.set(entry.page, { ...state, goodAt: began, ...(resync ? { syncedAt: began } : {}) });
  } catch (error) {
    signal.throwIfAborted();
    if (!isHoldfastError(error)) throw error;
    const { trouble } = before;
    const told = { text: error.message, since: trouble?.since ?? began, looks: (trouble?.looks ?? 0) + 1 };
    threads.set(entry.page, { ...(threads.state(entry.page) ?? NOTHING), trouble: told });
  }
}

const NOTHING: ThreadState = {
  began: 0,
  isWhole: false,
  size: 0,
  count: 0,
  keys: {},
  layout: '',
  newest: [],
  purged: [],
};

interface Reading extends Looking {
  readonly source: CommentSource;
  readonly resync: boolean;
}

/** Asks until there is no more, or the time of one look is over; each answer is kept as it comes. */
async function read(context: LookContext & CommentContext, reading: Reading, signal: AbortSignal): Promise<void> {
  const { threads, clock } = context;
  const { entry, source, isTold } = reading;
  const ends = clock.monotonic() + LOOK_MS;
  let { resync } = reading;
  for (;;) {
    const state = threads.state(entry.page) ?? NOTHING;
    const changes = await source.changes({ known: knownOf(threads, entry, state), resync, isTold }, signal);
    if (changes.kind === 'changed') {
      if (isEmptied(changes, state) && state.isDoubted !== true) {
        threads.set(entry.page, { ...state, isDoubted: true });
        throw failed(
          `${source.name}: all ${state.size} comments are gone at once; the next look that says so is believed`,
        );
      }
      await take(threads, reading, changes);
    }
    if (changes.kind === 'unchanged' || !changes.more || clock.monotonic() >= ends) return;
    await threads.flush();
    resync = false;
  }
}

/** So many comments are not removed one by one between two looks: a list that is being built anew, or a filter, shows none. */
const MANY_GONE = 10;

function isEmptied({ upserts, removed }: Changed, { size }: ThreadState): boolean {
  return size >= MANY_GONE && removed.length === size && upserts.length === 0;
}

function knownOf(threads: Threads, { page }: CommentsConfig, { cursor, size }: ThreadState): Known {
  return {
    cursor,
    size,
    versions: async () =>
      new Map([...(await threads.comments(page)).entries()].map(([id, { version }]) => [id, version])),
  };
}

type Changed = Extract<Changes, { kind: 'changed' }>;

async function take(threads: Threads, { entry, news }: Reading, changes: Changed): Promise<void> {
  const comments = await threads.comments(entry.page);
  const state = threads.state(entry.page) ?? NOTHING;
  const isPurged = new Set(state.purged);
  for (const comment of changes.upserts) {
    const known = comments.get(comment.id);
    const version = commentHash(comment);
    if (isPurged.has(comment.id)) {
      comments.set(comment.id, { version });
      continue;
    }
    if (known === undefined) news.added += 1;
    else news.edited += 1;
    comments.set(comment.id, { version, comment });
  }
  news.removed += dropAll(comments, changes.removed);
  const isWhole = state.isWhole || !changes.more;
  // Laid out once it is shown: each part of a long thread would else cost as much as all that were read before it.
  const summary = isWhole ? summarise(comments, entry) : { size: comments.size };
  threads.set(entry.page, { ...state, ...summary, cursor: changes.cursor, isWhole });
}

function dropAll(comments: Journal<StoredComment>, ids: readonly string[]): number {
  let shown = 0;
  for (const id of ids) {
    if (comments.get(id)?.comment !== undefined) shown += 1;
    comments.delete(id);
  }
  return shown;
}

/** What is remembered of a thread with these comments. */
export function summarise(comments: Journal<StoredComment>, entry: CommentsConfig) {
  return { ...summaryOf(comments, { layout: layoutOf(entry), newest: entry.newest }), layout: layoutName(entry) };
}

/** Where the configuration lays the thread out in another way than before. */
async function layAnew(threads: Threads, entry: CommentsConfig): Promise<void> {
  const before = threads.state(entry.page);
  if (before === undefined || !before.isWhole || before.layout === layoutName(entry)) return;
  const comments = await threads.comments(entry.page);
  threads.set(entry.page, { ...(threads.state(entry.page) ?? before), ...summarise(comments, entry) });
}

const layoutName = (entry: CommentsConfig): string => JSON.stringify([layoutOf(entry), entry.newest]);

function warnOfTrouble({ threads, tally }: LookContext & CommentContext, page: string): void {
  const trouble = threads.state(page)?.trouble;
  if (trouble !== undefined) warn(tally, 'comments-failed', page, `${trouble.text}; its last good comments stay`);
}
