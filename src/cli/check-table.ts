import type { Finding, Level, Listed } from '../check/finding.ts';
import type { Colour, Paint } from './paint.ts';

/** Where a table is shown. */
export interface TablePlace {
  /** Characters a line; undefined where lines may be of any length. */
  readonly columns: number | undefined;
  readonly paint: Paint;
}

const WORDS: Readonly<Record<Level, readonly [word: string, colour: Colour]>> = {
  ok: ['ok', 'green'],
  warn: ['warning', 'yellow'],
  fail: ['fails', 'red'],
};
const WORD_WIDTH = 7;
const GAP = '  ';
/** Below this the text would be a word a line: it runs over, as it does without a terminal. */
const LEAST_TEXT = 30;
/** Of a long list, so many are shown; `--json` has the rest. */
const MOST_LISTED = 10;
const PAGES_NAMED = 3;

/** Findings as aligned columns: how it is, what it is about, the text; single things, and what to do, below it. */
export function* tableOf(findings: readonly Finding[], { columns, paint }: TablePlace): Generator<string> {
  const widest = Math.max(0, ...findings.map(({ concern }) => concern.length));
  const indent = WORD_WIDTH + widest + 2 * GAP.length;
  const room = columns === undefined || columns - indent < LEAST_TEXT ? Number.POSITIVE_INFINITY : columns - indent;
  const margin = ' '.repeat(indent);
  for (const { level, concern, text, hint, list = [] } of findings) {
    const [word, colour] = WORDS[level];
    const [first = '', ...more] = wrapped(text, room);
    yield `${paint(word.padEnd(WORD_WIDTH), colour)}${GAP}${concern.padEnd(widest)}${GAP}${first}`;
    for (const line of more) yield margin + line;
    for (const line of listLines(list)) yield `${margin}${GAP}${line}`;
    for (const line of wrapped(hint ?? '', room)) yield margin + paint(line, 'dim');
  }
}

function* listLines(list: readonly Listed[]): Generator<string> {
  for (const { what, on, pages } of list.slice(0, MOST_LISTED)) yield `${what}${onPages(on, pages)}`;
  if (list.length > MOST_LISTED) yield `and ${list.length - MOST_LISTED} more (--json lists them)`;
}

function onPages(on: readonly string[], pages: number): string {
  if (pages === 0) return '';
  const named = on.slice(0, PAGES_NAMED);
  const rest = pages - named.length;
  return ` on ${named.join(', ')}${rest > 0 ? ` and ${rest.toLocaleString('en')} more` : ''}`;
}

/** A text in lines of at most so many characters, cut at blanks; what has none for so long stands on a line of its own. */
function wrapped(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text === '' ? [] : text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
