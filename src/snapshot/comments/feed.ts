import type { Element } from 'domhandler';
import type { CommentsConfig } from '../../config/schema.ts';
import type { RawComment } from '../../model/comment.ts';
import { type Ask, markupOf } from './ask.ts';
import { branches, parseXml, textOf } from './markup-tree.ts';
import type { CommentSource } from './source.ts';
import { changesIn, commentsFrom, failed } from './whole.ts';

/**
 * An RSS or Atom feed of comments. It lists the newest only, so what it does not list stays; an answer to another comment is known where the
 * feed says so (RFC 4685).
 */
export function createFeedSource({ url }: Extract<CommentsConfig, { from: 'feed' }>, ask: Ask): CommentSource {
  return {
    name: 'feed',
    changes: async ({ known }, signal) => {
      const text = markupOf(await ask(url, 'feed', signal));
      return changesIn(known, commentsFrom(entriesIn(text, url), 'feed'), false);
    },
  };
}

function entriesIn(text: string, url: string): readonly RawComment[] {
  const tree = parseXml(text);
  if (branches(tree, ['rss', 'rdf:rdf', 'feed']).length === 0) throw failed(`${url} is neither RSS nor Atom`);
  return branches(tree, ['item', 'entry']).map(entryOf);
}

function entryOf(entry: Element): RawComment {
  const first = (...names: string[]): Element | undefined => branches(entry, names)[0];
  const author = first('author');
  const name = author === undefined ? undefined : branches(author, ['name'])[0];
  const link = first('link');
  const site = author === undefined ? undefined : branches(author, ['uri'])[0];
  const address = link?.attribs['href'] ?? textOf(link);
  return {
    id: numberIn(address) ?? numberIn(textOf(first('guid', 'id'))) ?? shortened(textOf(first('guid', 'id')) || address),
    parent: numberIn(first('thr:in-reply-to')?.attribs['ref'] ?? ''),
    author: textOf(first('dc:creator')) || textOf(name) || titled(textOf(first('title'))),
    url: textOf(site),
    date: textOf(first('pubdate', 'published', 'updated', 'dc:date')),
    html: textOf(first('content:encoded', 'content')) || textOf(first('description', 'summary')),
  };
}

/** As in `/post/#comment-211`; feeds name comments by their addresses. */
const numberIn = (address: string): string | undefined =>
  /(?:#|[?&#/]c(?:omment)?[=-])(?:comment-|c-?)?(\d+)$/i.exec(address)?.[1];

/** A name of any kind as an id. */
const shortened = (name: string): string => name.replace(/[^\w-]+/g, '-').slice(-64);

/** WordPress's older feeds name the author in the title alone. */
const titled = (title: string): string => /^(?:By|Von|Par|Por): (.+)$/.exec(title)?.[1] ?? '';
