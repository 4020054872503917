import { hash } from 'node:crypto';
import type { Address } from './address.ts';
import { type Comment, commentHash, inOrder } from './comment.ts';

/** How a thread is laid out; part of the configuration. */
export interface ThreadLayout {
  /** Which end comes first: whole conversations, whose answers always come oldest first. */
  readonly order: 'oldest' | 'newest';
  /** Conversations on a page; undefined for all on one. */
  readonly perPage: number | undefined;
  /** Levels of answers that are set in; deeper ones stand beside the last. */
  readonly depth: number;
}

/** A comment in its place on a page. Threads are flat lists with levels, so that none is too deep for a stack. */
export interface Placed {
  readonly comment: Comment;
  /** 1 for one that answers none. */
  readonly level: number;
}

/** One page of a thread. */
export interface ThreadPage {
  /** Counted from the oldest; 0 for the one at the post's own address. */
  readonly number: number;
  readonly placed: readonly Placed[];
}

/** A thread as later stages see it: what stands on each page, without its text until that is asked for. */
export interface Thread {
  readonly page: Address;
  /** Names the version of each page by its number; a page whose key is the same is the same. */
  readonly keys: Readonly<Record<number, string>>;
  /** Comments in all. */
  readonly count: number;
  /** Every page with its comments; reads the thread from disk. */
  open(): Promise<readonly ThreadPage[]>;
}

/** The address of a page of a thread: `/post/comment-page-2/`, the post's own for 0. */
export function addressOfThreadPage(page: Address, number: number): Address {
  if (number === 0) return page;
  return `${page.endsWith('/') ? page : `${page}/`}comment-page-${number}/`;
}

/**
 * The pages of a thread, the post's own first. Pages are counted from the oldest conversation on and are full, so that a new comment
 * changes the one it stands on: with the newest first the post's own shows what is not on a full page yet, and the last full page with it.
 */
export function layOut(comments: Iterable<Comment>, { order, perPage, depth }: ThreadLayout): readonly ThreadPage[] {
  const { roots, answers } = conversations(comments);
  const page = (number: number, chosen: readonly Comment[]): ThreadPage => {
    const first = order === 'newest' ? chosen.toReversed() : chosen;
    return { number, placed: first.flatMap((root) => flat(root, answers, depth)) };
  };
  if (perPage === undefined || roots.length <= perPage) return [page(0, roots)];
  const full = Math.floor(roots.length / perPage);
  const part = (index: number) => roots.slice(index * perPage, (index + 1) * perPage);
  if (order === 'oldest') {
    const further = Array.from({ length: Math.ceil(roots.length / perPage) - 1 }, (_, n) => page(n + 2, part(n + 1)));
    return [page(0, part(0)), ...further];
  }
  const before = Array.from({ length: full - 1 }, (_, n) => page(n + 1, part(n)));
  return [page(0, roots.slice((full - 1) * perPage)), ...before];
}

interface Conversations {
  readonly roots: readonly Comment[];
  readonly answers: ReadonlyMap<string, readonly Comment[]>;
}

/** An answer to what is not there, or to something later, stands by itself: so there is no circle, and nothing is lost. */
function conversations(comments: Iterable<Comment>): Conversations {
  const roots: Comment[] = [];
  const answers = new Map<string, Comment[]>();
  const seen = new Set<string>();
  for (const comment of [...comments].sort(inOrder)) {
    seen.add(comment.id);
    const { parent } = comment;
    if (parent === undefined || !seen.has(parent)) roots.push(comment);
    else if (answers.get(parent)?.push(comment) === undefined) answers.set(parent, [comment]);
  }
  return { roots, answers };
}

function flat(root: Comment, answers: Conversations['answers'], depth: number): readonly Placed[] {
  const placed: Placed[] = [];
  const waiting = [{ comment: root, level: 1 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { comment, level } = next;
    placed.push(next);
    const below = Math.min(level + 1, depth);
    for (const answer of (answers.get(comment.id) ?? []).toReversed()) waiting.push({ comment: answer, level: below });
  }
  return placed;
}

/** Names what a page of a thread shows. */
export function pageKey({ placed }: ThreadPage): string {
  return hash('sha256', placed.map(({ comment, level }) => `${level} ${commentHash(comment)}`).join('\n')).slice(0, 24);
}
