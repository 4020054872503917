import type { Edit } from '../splice.ts';
import type { Place } from './place.ts';

/** Between thousands, as written in a page's bytes read as latin1: in ASCII, as references, and as spaces and apostrophes in UTF-8. */
const SEPARATOR = String.raw`(?:[.,' ]|&nbsp;|&#160;|&#8239;|\xc2?\xa0|\xe2\x80[\xaf\x99])`;
const NUMBER = String.raw`\d{1,3}(?:${SEPARATOR}\d{3})+|\d+`;
/** What WordPress's themes and others call them, in English; in other languages the number alone is replaced. */
const COUNTED = new RegExp(
  String.raw`\b(${NUMBER}|one|no)(\s+)(comment|response|thought|answer|repl)(s|y|ies)?\b`,
  'i',
);
const ALONE = new RegExp(NUMBER);
const SPACING = new RegExp(String.raw`\d(${SEPARATOR})\d{3}`);
/** After one of these a number may belong to a title that is quoted. */
const QUOTE = /["“„«‘]|&quot;|&ldquo;|&#8220;|&laquo;|\xe2\x80[\x9c\x9e\x98]|\xc2\xab/;

/**
 * Puts another number where an element says how many comments there are: `1,000 responses to “A day”` and 1 give `1 response to “A day”`.
 * Thousands are parted as they were, by commas where they were not. Undefined where the element's text holds no number.
 */
export function recount(text: string, { inner, innerEnd }: Place, count: number): Edit | undefined {
  const runs = [...textRuns(text, inner, innerEnd)];
  return first(runs, (run) => counted(run, count)) ?? first(runs, (run) => alone(run, count));
}

interface Run {
  readonly start: number;
  readonly text: string;
}

/** What stands between the tags. */
function* textRuns(text: string, from: number, to: number): Generator<Run> {
  for (const match of text.slice(from, to).matchAll(/(?:^|>)([^<>]+)/g)) {
    const [whole, run = ''] = match;
    yield { start: from + match.index + whole.length - run.length, text: run };
  }
}

function first(runs: readonly Run[], find: (run: Run) => Edit | undefined): Edit | undefined {
  for (const run of runs) {
    const edit = find(run);
    if (edit !== undefined) return edit;
  }
  return undefined;
}

function counted({ start, text }: Run, count: number): Edit | undefined {
  const match = COUNTED.exec(text);
  if (match === null) return undefined;
  const [whole, number = '', space = '', noun = ''] = match;
  const ending = /^repl$/i.test(noun) ? (count === 1 ? 'y' : 'ies') : count === 1 ? '' : 's';
  return editAt(start + match.index, whole, `${written(count, number)}${space}${noun}${ending}`);
}

function alone({ start, text }: Run, count: number): Edit | undefined {
  const match = ALONE.exec(text);
  if (match === null || QUOTE.test(text.slice(0, match.index))) return undefined;
  return editAt(start + match.index, match[0], written(count, match[0]));
}

function editAt(start: number, old: string, text: string): Edit {
  return { start, end: start + old.length, text };
}

function written(count: number, as: string): string {
  const separator = SPACING.exec(as)?.[1] ?? ',';
  return String(count).replace(/\B(?=(\d{3})+$)/g, () => separator);
}
