import { createHash } from 'node:crypto';
import { type Comment, commentHash, type RawComment, toComment } from '../../model/comment.ts';
import { HoldfastError } from '../../model/errors.ts';
import type { Changes, Known } from './source.ts';

/**
 * Says what a source that lists its comments in one answer has changed. `isWhole`: what it does not list is gone. The list is gone through twice, once to
 * see whether it is another one, and only news are held: what is known lies in memory already.
 */
export async function changesIn(known: Known, listed: Iterable<Comment>, isWhole: boolean): Promise<Changes> {
  const cursor = digestOf(listed);
  if (cursor === known.cursor) return { kind: 'unchanged' };
  const versions = await known.versions();
  const ids = new Set<string>();
  const upserts: Comment[] = [];
  for (const comment of listed) {
    ids.add(comment.id);
    if (versions.get(comment.id) !== commentHash(comment)) upserts.push(comment);
  }
  const removed = isWhole ? [...versions.keys()].filter((id) => !ids.has(id)) : [];
  return { kind: 'changed', upserts, removed, cursor, more: false };
}

function digestOf(listed: Iterable<Comment>): string {
  const digest = createHash('sha256');
  let end = '';
  for (const comment of listed) {
    digest.update(`${end}${comment.id} ${commentHash(comment)}`);
    end = '\n';
  }
  return digest.digest('hex');
}

/**
 * Each comment in its one form, made anew each time they are gone through. That throws `comments-failed` where one has no id or date, or an id stands
 * twice: then the source is misread.
 */
export function commentsFrom(raws: Iterable<RawComment>, name: string): Iterable<Comment> {
  return {
    *[Symbol.iterator]() {
      const ids = new Set<string>();
      for (const raw of raws) {
        const comment = toComment(raw);
        if (comment === undefined)
          throw failed(`${name}: a comment has no usable number or date (${show(raw.id)}, ${show(raw.date)})`);
        if (ids.has(comment.id)) throw failed(`${name}: two comments have the number ${comment.id}`);
        ids.add(comment.id);
        yield comment;
      }
    },
  };
}

const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 40) ?? 'none';

/** The error of a source that could not be read; what was known of it stays. */
export function failed(message: string, cause?: unknown): HoldfastError {
  return new HoldfastError('comments-failed', message, {
    hint: 'the last good comments stay; see whether the source is well, and the entry of `comments`',
    cause,
  });
}
