import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { Address } from '../../model/address.ts';
import { type Comment, inOrder } from '../../model/comment.ts';
import type { Json } from '../../model/json.ts';
import { layOut, pageKey, type Thread, type ThreadLayout } from '../../model/thread.ts';
import { type Journal, openJournal } from '../../store/journal.ts';

/** What is remembered of a thread; its comments lie in a journal of its own, which a look with no news does not open. Times in ms since 1970. */
export interface ThreadState {
  /** When the last look began. */
  readonly began: number;
  /** When the last good look began. */
  readonly goodAt?: number;
  /** When all were last looked at again. */
  readonly syncedAt?: number;
  readonly trouble?: { readonly text: string; readonly since: number; readonly looks: number };
  /** True where the last look found all of a long thread gone, which is believed when the next one finds so too. */
  readonly isDoubted?: true;
  /** What the source wanted to remember. */
  readonly cursor?: Json;
  /** True once all comments were read: before that the thread is not shown. */
  readonly isWhole: boolean;
  /** Comments that the source shows. */
  readonly size: number;
  /** Comments that we show: all but purged ones. */
  readonly count: number;
  /** By number of the page. */
  readonly keys: Readonly<Record<number, string>>;
  /** What the pages were laid out by. */
  readonly layout: string;
  /** The newest ones, newest first, for composed pages. */
  readonly newest: readonly Comment[];
  /** Ids of comments that a person had removed: they never come back, whatever the source says. */
  readonly purged: readonly string[];
}

/** One comment in its journal; without its words where it was purged. */
export interface StoredComment {
  /** `commentHash` of what the source gave. */
  readonly version: string;
  readonly comment?: Comment;
}

/** The comments' memory. Changes are on disk after `flush`, first the comments, then what says that they were read. */
export interface Threads {
  state(page: Address): ThreadState | undefined;
  set(page: Address, state: ThreadState): void;
  /** The comments of a page by id. Where the disk has lost some, its state forgets what the source wanted to remember. */
  comments(page: Address): Promise<Journal<StoredComment>>;
  pages(): Iterable<[Address, ThreadState]>;
  /** 'anew' leaves nothing in the files of what was replaced. */
  flush(how?: 'anew'): Promise<void>;
}

/** Where threads lie on disk. */
export interface ThreadFiles {
  /** The journal of their states. */
  readonly states: string;
  /** The folder of the journals with their comments. */
  readonly comments: string;
}

/** Reads the states; a thread's comments are read when they are first asked for. */
export async function openThreads(files: ThreadFiles): Promise<Threads> {
  const states = await openJournal<ThreadState>(files.states);
  const open = new Map<Address, Promise<Journal<StoredComment>>>();
  const read = async (page: Address): Promise<Journal<StoredComment>> => {
    const comments = await openJournal<StoredComment>(join(files.comments, `${nameOf(page)}.jsonl`));
    const state = states.get(page);
    // The disk has lost some, or a run was killed between the two journals: the next look asks for all of them.
    if (state !== undefined && state.size !== comments.size) {
      const { cursor: _seen, ...rest } = state;
      states.set(page, rest);
    }
    return comments;
  };
  return {
    state: (page) => states.get(page),
    set: (page, state) => states.set(page, state),
    comments(page) {
      const opening = open.get(page) ?? read(page);
      open.set(page, opening);
      return opening;
    },
    pages: () => states.entries(),
    async flush(how) {
      for (const journal of open.values()) await (await journal).flush(how);
      await states.flush(how);
    },
  };
}

const nameOf = (page: Address): string => hash('sha256', page).slice(0, 24);

/** What the comments of a page come to, as they are now. */
export function summaryOf(
  comments: Journal<StoredComment>,
  { layout, newest }: { readonly layout: ThreadLayout; readonly newest: number },
): Pick<ThreadState, 'size' | 'count' | 'keys' | 'newest'> {
  const shown = [...shownIn(comments)];
  return {
    size: comments.size,
    count: shown.length,
    keys: Object.fromEntries(layOut(shown, layout).map((page) => [page.number, pageKey(page)])),
    newest: newest === 0 ? [] : shown.sort(inOrder).slice(-newest).reverse(),
  };
}

/** Those that are to be seen. */
export function* shownIn(comments: Journal<StoredComment>): Generator<Comment> {
  for (const [, { comment }] of comments.entries()) if (comment !== undefined) yield comment;
}

/** The thread as later stages see it; undefined where it was not read to its end yet. */
export function viewThread(threads: Threads, page: Address, layout: ThreadLayout): Thread | undefined {
  const state = threads.state(page);
  if (state === undefined || !state.isWhole) return undefined;
  const { keys, count } = state;
  return { page, keys, count, open: async () => layOut(shownIn(await threads.comments(page)), layout) };
}
