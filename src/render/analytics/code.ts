import type { PageTag } from './port.ts';

const QUOTES: Readonly<Record<string, RegExp>> = { '"': /\\|["\n]/g, "'": /\\|['\n]/g, '`': /\\|`/g };

/**
 * An inline script's code as its patterns are looked for: without comments, so that what a site has commented out is not taken
 * for counting, and with `\/` as `/`. '' for other elements. Its `type` is not looked at: what waits for consent is there too.
 */
export function codeOf(tag: PageTag, hint: string): string {
  if (tag.name !== 'script') return '';
  const { text } = tag;
  return text.includes(hint) ? withoutComments(text).replaceAll('\\/', '/') : '';
}

/** True of code that makes a script element, as asynchronous loaders do. */
export function isLoader(code: string): boolean {
  return /createElement\(\s*["'`]script["'`]/.test(code);
}

function withoutComments(code: string): string {
  const marks = /\\|["'`]|\/[/*]/g;
  const kept: string[] = [];
  let from = 0;
  for (let mark = marks.exec(code); mark !== null; mark = marks.exec(code)) {
    const ending = mark[0] === '//' ? '\n' : mark[0] === '/*' ? '*/' : undefined;
    if (ending === undefined) {
      marks.lastIndex = pastQuoted(code, mark[0], mark.index + 1);
      continue;
    }
    kept.push(code.slice(from, mark.index));
    const end = code.indexOf(ending, mark.index + 2);
    from = end === -1 ? code.length : end + ending.length;
    marks.lastIndex = from;
  }
  return [...kept, code.slice(from)].join(' ');
}

/** Offset past a string opened before `from`, or past what a backslash escapes. */
function pastQuoted(code: string, mark: string, from: number): number {
  const ends = QUOTES[mark];
  if (ends === undefined) return from + 1;
  ends.lastIndex = from;
  for (let found = ends.exec(code); found !== null; found = ends.exec(code)) {
    if (found[0] !== '\\') return ends.lastIndex;
    ends.lastIndex++;
  }
  return code.length;
}
