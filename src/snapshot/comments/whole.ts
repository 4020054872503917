import { hash } from 'node:crypto';
import { type Comment, commentHash, type RawComment, toComment } from '../../model/comment.ts';
import { HoldfastError } from '../../model/errors.ts';
import type { Changes, Known } from './source.ts';

/** Says what a source that lists its comments in one answer has changed. `isWhole`: what it does not list is gone. */
export async function changesIn(known: Known, listed: readonly Comment[], isWhole: boolean): Promise<Changes> {
  const cursor = hash('sha256', listed.map((comment) => `${comment.id} ${commentHash(comment)}`).join('\n'));
  if (cursor === known.cursor) return { kind: 'unchanged' };
  const versions = await known.versions();
  const ids = new Set(listed.map(({ id }) => id));
  const upserts = listed.filter((comment) => versions.get(comment.id) !== commentHash(comment));
  const removed = isWhole ? [...versions.keys()].filter((id) => !ids.has(id)) : [];
  return { kind: 'changed', upserts, removed, cursor, more: false };
}

/** Each comment in its one form. Throws `comments-failed` where one has no id or date, or an id stands twice: then the source is misread. */
export function commentsFrom(raws: Iterable<RawComment>, name: string): readonly Comment[] {
  const comments = new Map<string, Comment>();
  for (const raw of raws) {
    const comment = toComment(raw);
    if (comment === undefined)
      throw failed(`${name}: a comment has no usable number or date (${show(raw.id)}, ${show(raw.date)})`);
    if (comments.has(comment.id)) throw failed(`${name}: two comments have the number ${comment.id}`);
    comments.set(comment.id, comment);
  }
  return [...comments.values()];
}

const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 40) ?? 'none';

/** The error of a source that could not be read; what was known of it stays. */
export function failed(message: string, cause?: unknown): HoldfastError {
  return new HoldfastError('comments-failed', message, {
    hint: 'the last good comments stay; see whether the source is well, and the entry of `comments`',
    cause,
  });
}
