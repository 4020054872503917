import { hash } from 'node:crypto';
import { type Comment, commentHash } from '../../model/comment.ts';
import type { Changes, CommentSource } from './source.ts';
import { failed } from './whole.ts';
import { type Listing, MOST_ROWS, type Rows } from './wordpress-rows.ts';

/**
 * Comments of one WordPress post. The newest few are asked for each time, in one request, whose header says how many there are in
 * all: when they reach back to what is known, and that and the new ones together are as many, nothing else came or went. Else, and when all
 * are to be looked at again, the list is walked from the newest to the oldest, each page overlapping the one before, until the count is
 * right. Where somebody says that something changed, and it is not among the newest hundred, up to two thousand are looked at again: WordPress does not
 * say when a comment was edited.
 */
export function createWordPressSource(listing: Listing): CommentSource {
  return {
    name: 'wordpress',
    changes: async ({ known, resync, isTold }, signal) => {
      const cursor = (known.cursor ?? {}) as Cursor;
      const post = cursor.post ?? (await listing.findPost(signal));
      const isGlance = cursor.seen !== undefined && cursor.walk === undefined && !resync && !isTold;
      const top = await listing.rows({ post, offset: 0, limit: isGlance ? FEW : MOST_ROWS }, signal);
      if (isGlance && digest(top) === cursor.seen) return { kind: 'unchanged' };
      const journey = { listing, post, diff: createDiff(await known.versions()) };
      const seen = await goFrom(top, { ...journey, walk: cursor.walk, resync }, signal);
      // Somebody says that something changed, and the newest are as they were: then it is an edit further back.
      const isFurther = isTold && seen === 'done' && journey.diff.isEmpty && top.total <= MOST_WALKED;
      const ended = isFurther ? await goFrom(top, { ...journey, walk: undefined, resync: true }, signal) : seen;
      // What came or went while the list was read is seen by reading it once more.
      const again = ended === 'uneven' ? await listing.rows({ post, offset: 0 }, signal) : undefined;
      const walk =
        again === undefined ? ended : await goFrom(again, { ...journey, walk: undefined, resync: true }, signal);
      if (walk === 'uneven') throw uneven(post, again?.total ?? top.total, journey.diff.size);
      const next = { post, seen: digest(again ?? top), ...(walk === 'done' ? {} : { walk }) };
      return { ...journey.diff.changes(), cursor: next, more: walk !== 'done' };
    },
  };
}

const uneven = (post: number, total: number, listed: number): Error =>
  failed(`wordpress: post ${post} is said to have ${total} comments, and ${listed} are listed`);

/** Of a thread of the source's own; JSON. */
interface Cursor {
  readonly post?: number;
  /** Digest of the newest few and the count, when they were last in order. */
  readonly seen?: string;
  readonly walk?: Walk;
}

/** Where a walk is that did not come to its end yet. */
type Walk = {
  /** The oldest comment that was looked at. */
  readonly edge: number;
  /** How many comments are as new as that, or newer. */
  readonly passed: number;
  /** True where it is to go to the very end. */
  readonly resync: boolean;
};

/**
 * Rows that are asked for where nobody said that anything changed: a hundred cost WordPress 1.4 times as much. Where as many are new, a second
 * question follows.
 */
const FEW = 10;
/** Pages of one question: two thousand comments, some seconds at the usual pace. */
const PAGES_AT_ONCE = 20;
/** How many comments these are: each page overlaps the one before. */
const MOST_WALKED = PAGES_AT_ONCE * (MOST_ROWS - 1);
/** Further back than the overlap wants, where comments were removed between two pages. */
const STEP_BACK = 50;

interface Journey {
  readonly listing: Listing;
  readonly post: number;
  readonly diff: Diff;
  /** Where an earlier question stopped. */
  readonly walk: Walk | undefined;
  readonly resync: boolean;
}

/** Takes the newest page, then goes on until the count is right, or to the end; a walk that is not over is to be gone on with. */
async function goFrom(top: Rows, journey: Journey, signal: AbortSignal): Promise<Walk | 'done' | 'uneven'> {
  const { listing, post, diff, resync } = journey;
  const { added, removed, meets } = diff.take(top.comments, { from: Number.POSITIVE_INFINITY, to: endOf(top) });
  let isJoined = meets;
  const known = journey.walk ?? { edge: endOf(top), passed: top.comments.length, resync };
  const shift = journey.walk === undefined ? 0 : added - removed;
  let walk: Walk = { edge: known.edge, passed: known.passed + shift, resync: known.resync || resync };
  let { total } = top;
  const isOver = () => (isJoined || walk.passed >= total) && !walk.resync && diff.size === total;
  for (let page = 1; walk.edge > Number.NEGATIVE_INFINITY && !isOver(); page++) {
    if (page > PAGES_AT_ONCE) return walk;
    const rows = await overlapping(listing, { post, walk }, signal);
    total = rows.total;
    const edge = endOf(rows);
    const taken = diff.take(rows.comments, { from: Math.max(idOf(rows.comments[0]), walk.edge), to: edge });
    isJoined ||= taken.meets;
    walk = { ...walk, edge, passed: rows.offset + rows.comments.length };
  }
  return diff.size === total ? 'done' : 'uneven';
}

/** The next page, which begins no later than where the last one ended. */
async function overlapping(
  listing: Listing,
  { post, walk }: { readonly post: number; readonly walk: Walk },
  signal: AbortSignal,
): Promise<Rows> {
  const offset = Math.max(0, walk.passed - 1);
  for (const back of [0, STEP_BACK]) {
    const rows = await listing.rows({ post, offset: Math.max(0, offset - back) }, signal);
    if (idOf(rows.comments[0]) >= walk.edge) return rows;
  }
  throw failed(`wordpress: the comments of post ${post} shift while they are read`);
}

const idOf = (comment: Comment | undefined): number => Number(comment?.id ?? Number.NEGATIVE_INFINITY);

/** The oldest comment of a page; nothing is older where the page is not full. */
function endOf({ comments, isLast }: Rows): number {
  return isLast ? Number.NEGATIVE_INFINITY : idOf(comments.at(-1));
}

/** The same whether a few or more were asked for. */
function digest({ comments, total }: Rows): string {
  return hash('sha256', `${total} ${comments.slice(0, FEW).map(commentHash).join(' ')}`).slice(0, 32);
}

/** What a range of the source's list changes in what is known. */
interface Diff {
  /** How many are known, with what was taken. */
  readonly size: number;
  /** True while nothing that was taken is another than what is known. */
  readonly isEmpty: boolean;
  /** `from` is the newest number of the range and `to` its oldest, both within it. */
  take(comments: readonly Comment[], range: { from: number; to: number }): Taken;
  changes(): { kind: 'changed' } & Pick<Extract<Changes, { kind: 'changed' }>, 'upserts' | 'removed'>;
}

interface Taken {
  readonly added: number;
  readonly removed: number;
  /** True where one of them was known before: what was written since then is newer, and so it was taken. */
  readonly meets: boolean;
}

function createDiff(versions: ReadonlyMap<string, string>): Diff {
  const ids = [...versions.keys()].map(Number).sort((a, b) => b - a);
  const upserts = new Map<string, Comment>();
  const gone = new Set<string>();
  // What `known.size` says may be older, where a run was killed between the two.
  let { size } = versions;
  return {
    get size() {
      return size;
    },
    get isEmpty() {
      return upserts.size === 0 && gone.size === 0;
    },
    take(comments, { from, to }) {
      const listed = new Set(comments.map(({ id }) => id));
      let added = 0;
      let removed = 0;
      for (const comment of comments) {
        const isNew = gone.delete(comment.id) || !(versions.has(comment.id) || upserts.has(comment.id));
        if (isNew) added += 1;
        if (versions.get(comment.id) !== commentHash(comment)) upserts.set(comment.id, comment);
      }
      for (let at = firstNotAbove(ids, from); at < ids.length && (ids[at] as number) >= to; at++) {
        const id = String(ids[at]);
        if (listed.has(id) || gone.has(id)) continue;
        gone.add(id);
        upserts.delete(id);
        removed += 1;
      }
      size += added - removed;
      return { added, removed, meets: comments.some(({ id }) => versions.has(id)) };
    },
    changes: () => ({ kind: 'changed', upserts: [...upserts.values()], removed: [...gone] }),
  };
}

/** Where in a falling list the first number stands that is not above `most`. */
function firstNotAbove(falling: readonly number[], most: number): number {
  let [low, high] = [0, falling.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((falling[middle] as number) > most) low = middle + 1;
    else high = middle;
  }
  return low;
}
