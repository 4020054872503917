import type { MarkupScanner } from '../../model/markup.ts';
import { type Part, walk } from './regions.ts';

/** Classes and ids by which themes and forums mark the date, the author and the comments of what they show. */
const ARTICLE_NAME =
  /(?:^|\s)(?:single-post|entry-date|entry-meta|posted-on|published|post-date|post-meta|byline|dateline|author|comment-?list|comments-(?:area|list|title)|commentform|comment-respond|postbody|postprofile|topic-body|message-attribution|h-entry)(?:$|\s)/i;

/** True for a page that shows, outside of its navigation and sidebars, a date, an author or comments. */
export function hasArticleMarks(text: string): boolean {
  let found = false;
  const tag = (scanner: MarkupScanner, part: Part) => {
    if (found || scanner.closing || part !== 'own') return;
    const names = `${scanner.raw('class') ?? ''} ${scanner.raw('id') ?? ''}`;
    found = scanner.name === 'time' || ARTICLE_NAME.test(names);
  };
  walk(text, { tag, text: () => {} });
  return found;
}
