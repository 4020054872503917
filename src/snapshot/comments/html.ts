import type { CommentsConfig } from '../../config/schema.ts';
import type { RawComment } from '../../model/comment.ts';
import { type Ask, markupOf } from './ask.ts';
import { allBy, type Branch, firstBy, innerOf, parseHtml, textOf } from './markup-tree.ts';
import type { CommentSource } from './source.ts';
import { changesIn, commentsFrom, failed } from './whole.ts';

type HtmlConfig = Extract<CommentsConfig, { from: 'html' }>;

/** Any page that shows all comments, read by selectors. One that suddenly shows none is taken for a page that changed its markup. */
export function createHtmlSource({ url, select }: HtmlConfig, ask: Ask): CommentSource {
  return {
    name: 'html',
    changes: async ({ known }, signal) => {
      const source = markupOf(await ask(url, 'page', signal));
      const found = allBy(parseHtml(source), select.comment);
      if (found.length === 0 && known.size > 0) throw failed(`${url}: nothing matches ${select.comment}`);
      const raws = found.map((one) => rawOf(one, { select, url, source }));
      return changesIn(known, commentsFrom(raws, 'html'), true);
    },
  };
}

interface Reading extends Pick<HtmlConfig, 'select' | 'url'> {
  readonly source: string;
}

function rawOf(comment: Branch, { select, url, source }: Reading): RawComment {
  const named = select.id === undefined ? comment : firstBy(comment, select.id);
  const site = select.url === undefined ? undefined : firstBy(comment, select.url);
  const time = firstBy(comment, select.date);
  const text = firstBy(comment, select.text);
  if (text === undefined) throw failed(`${url}: nothing matches ${select.text} in a comment`);
  return {
    id: numberOf(named),
    author: textOf(firstBy(comment, select.author)),
    url: attribute(site, 'href'),
    date: attribute(time, 'datetime') ?? textOf(time),
    html: innerOf(text, source),
  };
}

const attribute = (element: Branch | undefined, name: string): string | undefined =>
  element !== undefined && 'attribs' in element ? element.attribs[name] : undefined;

/** The last number of `p4711`, `#p4711` or `viewtopic.php?p=4711`. */
function numberOf(element: Branch | undefined): string | undefined {
  const written = ['id', 'name', 'href', 'data-id'].map((name) => attribute(element, name));
  return written.map((text) => /(\d+)\D*$/.exec(text ?? '')?.[1]).find((number) => number !== undefined);
}
