import type { CommentsConfig } from '../../config/schema.ts';
import type { RawComment } from '../../model/comment.ts';
import { pick } from '../../model/json.ts';
import { type Ask, jsonOf } from './ask.ts';
import type { CommentSource } from './source.ts';
import { changesIn, commentsFrom, failed } from './whole.ts';

type JsonConfig = Extract<CommentsConfig, { from: 'json' }>;

/** Any JSON that lists all comments: one request a look, and what it does not list any more is gone. */
export function createJsonSource({ url, list, fields }: JsonConfig, ask: Ask): CommentSource {
  return {
    name: 'json',
    changes: async ({ known }, signal) => {
      const value = jsonOf(await ask(url, 'json', signal), url);
      return changesIn(known, commentsFrom(rawsIn(value, { list, fields, url }), 'json'), true);
    },
  };
}

/** The list of comments in a JSON value, by where its parts are. Throws `comments-failed` where there is no list. */
export function rawsIn(
  value: unknown,
  { list, fields, url }: Pick<JsonConfig, 'list' | 'fields' | 'url'>,
): readonly RawComment[] {
  const found = list === undefined ? value : pick(value, list);
  if (!Array.isArray(found)) throw failed(`${url}: there is no list${list === undefined ? '' : ` at ${list}`}`);
  return found.map((one) => ({
    id: pick(one, fields.id),
    parent: pick(one, fields.parent),
    author: pick(one, fields.author),
    url: pick(one, fields.url),
    date: pick(one, fields.date),
    html: pick(one, fields.html),
  }));
}
