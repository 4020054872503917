import { decodeEntities } from './entities.ts';

const BREAKS = /<(\/?)(br|p|div|li|blockquote|pre|h[1-6])\b[^<>]*>/gi;
const HIDDEN = /<(script|style)\b[\s\S]*?(?:<\/\1\s*>|$)/gi;

/**
 * The words of a piece of HTML, a paragraph each; they are text and no markup, whatever the HTML was. What is quoted begins with `> `, as
 * in mail, and an item of a list with `• `: else words that somebody quotes would be taken for theirs.
 */
export function paragraphsOf(html: string): readonly string[] {
  const paragraphs: string[] = [];
  let quotes = 0;
  let isItem = false;
  const take = (markup: string) => {
    const text = decodeEntities(markup.replace(/<[^<>]*>/g, ''))
      .replace(/\s+/g, ' ')
      .trim();
    if (text === '') return;
    paragraphs.push((quotes > 0 ? '> ' : '') + (isItem ? '• ' : '') + text);
    isItem = false;
  };
  const shown = html.replace(HIDDEN, ' ');
  let done = 0;
  for (const { index, 0: tag, 1: slash, 2: name = '' } of shown.matchAll(BREAKS)) {
    take(shown.slice(done, index));
    done = index + tag.length;
    const isEnd = slash === '/';
    if (/^blockquote$/i.test(name)) quotes = Math.max(0, quotes + (isEnd ? -1 : 1));
    if (/^li$/i.test(name)) isItem = !isEnd;
  }
  take(shown.slice(done));
  return paragraphs;
}
