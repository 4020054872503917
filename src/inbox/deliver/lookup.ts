import type { Words } from '../forms.ts';
import { judge } from '../judge.ts';
import type { Kept } from '../submission.ts';
import { plainText } from './outcome.ts';
import { headersOf, type Rest, restPath } from './rest.ts';

/** Whether the origin has a comment. `unseen`: not among those we may see, which without credentials are the approved ones. */
export type Found = { readonly id: number } | 'unseen' | 'unknown';

/** What moderation may have made of it; without credentials only the approved can be asked for. */
const STATUSES = ['all', 'spam', 'trash'];
/** Of the comment's own time: the clocks of two machines, and a zone that was set wrongly. */
const EARLIER_MS = 26 * 3_600_000;
/** The most that WordPress gives at once. */
const PER_PAGE = 100;
/** Looked through: the search narrows thousands to a few. */
const MAX_PAGES = 10;

/** Looks for a comment that may have been stored, by its page, what it answers, time, author and words. */
export async function lookUp(kept: Kept, words: Words, rest: Rest, signal: AbortSignal): Promise<Found> {
  const after = encodeURIComponent(new Date(kept.at - EARLIER_MS).toISOString());
  const phrase = phraseOf(words.text);
  const search = phrase === undefined ? '' : `&search=${encodeURIComponent(phrase)}`;
  const common = `&post=${Number(words.page)}&after=${after}&per_page=${PER_PAGE}&order=asc${search}&_fields=id,parent,author_name,content`;
  const statuses = rest.authorization === undefined ? [''] : STATUSES.map((status) => `&context=edit&status=${status}`);
  for (const status of statuses) {
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const rows = await ask(restPath(kept.path, `${common}${status}&page=${page}`), rest, signal);
      if (rows === undefined) return 'unknown';
      const found = rows.find((row) => isSame(row, words));
      if (found !== undefined) return { id: found.id };
      if (rows.length < PER_PAGE) break;
    }
  }
  return 'unseen';
}

interface Row {
  readonly id: number;
  readonly parent?: number;
  readonly author_name?: string;
  readonly content?: { readonly raw?: string; readonly rendered?: string };
}

/** The rows of one page; none where the interface is closed to us; undefined where the origin cannot say now. */
async function ask(path: string, rest: Rest, signal: AbortSignal): Promise<readonly Row[] | undefined> {
  const handed = await rest.courier.hand(
    { method: 'GET', path, headers: headersOf(rest), deadline: rest.deadline },
    signal,
  );
  if (handed.kind !== 'answer' || judge(handed) !== 'answered') return undefined;
  if (handed.status !== 200) return [];
  try {
    const rows: unknown = JSON.parse(handed.body.toString('utf8'));
    return Array.isArray(rows) ? (rows as readonly Row[]) : [];
  } catch {
    return [];
  }
}

/** Thanks in the same words, to two people, are two comments. */
function isSame({ parent: under = 0, author_name = '', content = {} }: Row, { parent, author, text }: Words): boolean {
  if (under !== (Number(parent) || 0)) return false;
  return bare(content.raw ?? content.rendered ?? '') === bare(text) && bare(author_name) === bare(author);
}

/** Letters and digits alone, since quotation marks, dashes, links and line ends change on the way; all there is where there are none. */
function bare(markup: string): string {
  const text = plainText(markup);
  return text.replace(/[^\p{L}\p{N}]+/gu, '').toLowerCase() || text.replace(/\s+/g, '');
}

/** The longest run of a text that no filter changes; undefined where it is too short to narrow anything. */
function phraseOf(text: string): string | undefined {
  const runs = text.match(/[\p{L}\p{N}]+(?: [\p{L}\p{N}]+)*/gu) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  return longest.length < 4 ? undefined : longest.slice(0, 60).trim();
}
