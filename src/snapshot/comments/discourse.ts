import { hash } from 'node:crypto';
import type { CommentsConfig } from '../../config/schema.ts';
import { type Comment, commentHash, type RawComment } from '../../model/comment.ts';
import { pick } from '../../model/json.ts';
import { type Ask, jsonOf } from './ask.ts';
import type { Changes, CommentSource, Known } from './source.ts';
import { commentsFrom, failed } from './whole.ts';

/**
 * A topic of a Discourse forum. One request gives the ids of all posts and the first twenty of them; only posts that are not known, and when all are
 * to be looked at again every post, are asked for beside it. A post is named by its number in the topic, as its address is.
 */
export function createDiscourseSource(
  { url }: Extract<CommentsConfig, { from: 'discourse' }>,
  ask: Ask,
): CommentSource {
  const topic = topicOf(url);
  return {
    name: 'discourse',
    changes: async ({ known, resync }, signal) => {
      const address = `${topic}.json`;
      const answer = jsonOf(await ask(address, 'json', signal), address);
      const seen = hash('sha256', JSON.stringify([pick(answer, 'post_stream.stream'), rawsIn(answer)]));
      const cursor = cursorOf(known);
      if (seen === cursor.seen && !resync && cursor.waiting === undefined) return { kind: 'unchanged' };
      const wanted = wantedFrom(streamOf(answer, address), { cursor, answer, resync });
      const now = wanted.slice(0, PER_REQUEST * REQUESTS);
      const posts = [...postsIn(answer)];
      for (let from = 0; from < now.length; from += PER_REQUEST) {
        const ids = now.slice(from, from + PER_REQUEST).map((id) => `post_ids[]=${id}`);
        const part = `${topic}/posts.json?${ids.join('&')}`;
        posts.push(...postsIn(jsonOf(await ask(part, 'json', signal), part)));
      }
      const rest = wanted.slice(now.length);
      return outcome(known, { posts, stream: streamOf(answer, address), cursor, seen, rest });
    },
  };
}

interface Cursor {
  readonly seen: string;
  /** Id and number of each known post. */
  readonly posts: readonly (readonly [id: number, number: number])[];
  /** Ids still to be asked for. */
  readonly waiting?: readonly number[];
}

/** What Discourse gives at once. */
const PER_REQUEST = 20;
/** Requests of one question. */
const REQUESTS = 20;

const cursorOf = ({ cursor }: Known): Cursor => (cursor as Cursor | undefined) ?? { seen: '', posts: [] };

/** The address of a topic without its name and what follows its number. Throws `comments-failed`. */
export function topicOf(url: string): string {
  const [, forum, number] = /^(.*?\/t\/)(?:[^/?]*[^/?\d][^/?]*\/)?(\d+)/.exec(url) ?? [];
  if (forum === undefined) throw failed(`${url} is not the address of a topic`);
  return `${forum}${number}`;
}

function streamOf(answer: unknown, url: string): readonly number[] {
  const stream = pick(answer, 'post_stream.stream');
  if (Array.isArray(stream) && stream.every((id) => Number.isSafeInteger(id))) return stream as readonly number[];
  throw failed(`${url} lists no posts`);
}

interface Wanting {
  readonly cursor: Cursor;
  readonly answer: unknown;
  readonly resync: boolean;
}

/** Posts that are shown and were not among those that came with the topic. */
function wantedFrom(stream: readonly number[], { cursor, answer, resync }: Wanting): readonly number[] {
  const have = new Set(postsIn(answer).map((post) => pick(post, 'id')));
  const known = new Set(cursor.posts.map(([id]) => id));
  const waiting = new Set(cursor.waiting);
  return stream.filter((id) => !have.has(id) && (resync || waiting.has(id) || !known.has(id)));
}

function postsIn(answer: unknown): readonly unknown[] {
  const posts = pick(answer, 'post_stream.posts');
  return Array.isArray(posts) ? posts : [];
}

interface Found {
  readonly posts: readonly unknown[];
  readonly stream: readonly number[];
  readonly cursor: Cursor;
  readonly seen: string;
  readonly rest: readonly number[];
}

async function outcome(known: Known, { posts, stream, cursor, seen, rest }: Found): Promise<Changes> {
  const versions = await known.versions();
  const numbers = new Map([...cursor.posts, ...posts.map(named)]);
  const shown = new Set(stream);
  const listed = [...commentsFrom(rawsOf(posts), 'discourse')];
  // Deleted, hidden, or moved to another topic.
  const hidden = posts.filter((post) => !isShown(post)).map((post) => named(post)[1]);
  const gone = [...numbers].filter(([id]) => !shown.has(id)).map(([, number]) => number);
  const left = [...numbers].filter(([id]) => shown.has(id));
  const isNews = (comment: Comment) => versions.get(comment.id) !== commentHash(comment);
  return {
    kind: 'changed',
    upserts: listed.filter(isNews),
    removed: [...gone, ...hidden].map(String).filter((id) => versions.has(id)),
    cursor: { seen, posts: left, ...(rest.length === 0 ? {} : { waiting: rest }) },
    more: rest.length > 0,
  };
}

const named = (post: unknown): readonly [number, number] => [
  Number(pick(post, 'id')),
  Number(pick(post, 'post_number')),
];

const rawsIn = (answer: unknown): readonly RawComment[] => rawsOf(postsIn(answer));

/** All but the first, which is the topic's own text, and what the forum itself says of the topic. */
function rawsOf(posts: readonly unknown[]): readonly RawComment[] {
  return posts.filter(isShown).map((post) => {
    const parent = pick(post, 'reply_to_post_number');
    return {
      id: pick(post, 'post_number'),
      ...(parent === 1 ? {} : { parent }),
      author: pick(post, 'name') || pick(post, 'username'),
      date: pick(post, 'created_at'),
      html: pick(post, 'cooked'),
    };
  });
}

function isShown(post: unknown): boolean {
  const isHidden = pick(post, 'hidden') === true || pick(post, 'user_deleted') === true;
  const isDeleted = (pick(post, 'deleted_at') ?? null) !== null;
  return pick(post, 'post_number') !== 1 && (pick(post, 'post_type') ?? 1) === 1 && !isHidden && !isDeleted;
}
