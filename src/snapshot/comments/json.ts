import type { CommentsConfig } from '../../config/schema.ts';
import type { RawComment } from '../../model/comment.ts';
import { pick } from '../../model/json.ts';
import { listIn } from '../../model/json-list.ts';
import type { Ask } from './ask.ts';
import type { CommentSource } from './source.ts';
import { changesIn, commentsFrom, failed } from './whole.ts';

type JsonConfig = Extract<CommentsConfig, { from: 'json' }>;

/** Any JSON that lists all comments: one request a look, and what it does not list any more is gone. */
export function createJsonSource({ url, list, fields }: JsonConfig, ask: Ask): CommentSource {
  return {
    name: 'json',
    changes: async ({ known }, signal) => {
      const { bytes } = await ask(url, 'json', signal);
      return changesIn(known, commentsFrom(rawsIn(bytes, { list, fields, url }), 'json'), true);
    },
  };
}

/** The comments listed in JSON, by where its parts are; read off the bytes each time they are gone through. Throws `comments-failed` where there is no list, then or now. */
export function rawsIn(
  bytes: Buffer,
  { list, fields, url }: Pick<JsonConfig, 'list' | 'fields' | 'url'>,
): Iterable<RawComment> {
  return {
    *[Symbol.iterator]() {
      try {
        const found = listIn(bytes, list);
        if (found === undefined) throw failed(`${url}: there is no list${list === undefined ? '' : ` at ${list}`}`);
        for (const one of found) yield rawOf(one, fields);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw failed(`${url} did not answer with JSON`, error);
      }
    },
  };
}

function rawOf(one: unknown, fields: JsonConfig['fields']): RawComment {
  return {
    id: pick(one, fields.id),
    parent: pick(one, fields.parent),
    author: pick(one, fields.author),
    url: pick(one, fields.url),
    date: pick(one, fields.date),
    html: pick(one, fields.html),
  };
}
