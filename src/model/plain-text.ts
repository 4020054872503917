import { decodeEntities } from './entities.ts';

const BREAKS = /<(?:br|\/?p|\/?div|\/?li|\/?blockquote|\/?pre|\/?h[1-6])\b[^<>]*>/gi;
const HIDDEN = /<(script|style)\b[\s\S]*?(?:<\/\1\s*>|$)/gi;

/** The words of a piece of HTML, a paragraph each; they are text and no markup, whatever the HTML was. */
export function paragraphsOf(html: string): readonly string[] {
  const lines = html
    .replace(HIDDEN, ' ')
    .replace(BREAKS, '\n')
    .replace(/<[^<>]*>/g, '')
    .split('\n');
  return lines.map((line) => decodeEntities(line).replace(/\s+/g, ' ').trim()).filter((line) => line !== '');
}
