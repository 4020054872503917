import { escapeMarkup } from '../model/markup.ts';
import { hashSource } from '../model/policy.ts';
import { admit } from '../model/policy-tags.ts';
import type { Refusal } from './checks.ts';

/** What the service's own answers are made of; read anew for each, so that a publish is seen. */
export interface PageSource {
  /** The holding page of that name, whole; undefined where there is none. */
  holding(name: 'received' | 'not-kept'): Promise<string | undefined>;
  /** What is put into it: `templates/inbox/`. */
  readonly pieces: Pieces;
}

/** Markup with `{{name}}` where a value goes, and scripts as they are. */
export interface Pieces {
  readonly received: string;
  readonly notKept: string;
  /** Has the browser remember a comment that was received. */
  readonly remember: string;
}

/** A comment that was received, for the script that shows it to its author. */
export interface Receipt {
  readonly receipt: string;
  /** Path of the page that it stands under. */
  readonly page: string;
  readonly author: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Shown where no release has been published and no template renders: every answer says what happened. */
const PLAIN = {
  received: 'Thank you, we have your comment. It is kept safe and will be delivered.',
  'not-kept': 'Your comment was not kept.',
} as const;

/** The page that says that a comment is kept, with what lets its author's browser show it. */
export async function receivedPage(source: PageSource, receipt: Receipt): Promise<string> {
  const piece = fill(source.pieces.received, { page: receipt.page, comment: JSON.stringify(receipt) });
  const { remember } = source.pieces;
  const page = admit(await pageOf(source, 'received'), { inline: [hashSource(remember)] });
  return insert(page, piece, `<script>${remember}</script>\n`);
}

/** The page that says that it was not, and why, with the words to copy. */
export async function notKeptPage(source: PageSource, refusal: Refusal, text: string): Promise<string> {
  const forOthers = (whole: string, reasons: string) => (reasons.split(' ').includes(refusal) ? whole : '');
  const said = source.pieces.notKept.replace(/<p data-for="([^"]*)">[\s\S]*?<\/p>\n?/g, forOthers);
  return insert(await pageOf(source, 'not-kept'), fill(said, { text }), '');
}

async function pageOf(source: PageSource, name: keyof typeof PLAIN): Promise<string> {
  const page = await source.holding(name).catch(() => undefined);
  if (page !== undefined) return page;
  const [title] = PLAIN[name].split('.');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><main><p>${PLAIN[name]}</p></main></body></html>`;
}

/** Values are text, whatever they hold. */
function fill(piece: string, values: Readonly<Record<string, string>>): string {
  return piece.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : escapeMarkup(value);
  });
}

/** Where the page says it wants it, else at the end of what it says. */
const PLACE = /<[a-z]+ id="holdfast-inbox"[^>]*>/;

function insert(page: string, piece: string, script: string): string {
  const place = PLACE.exec(page);
  const ends = ['</article>', '</main>', '</body>'].map((tag) => page.lastIndexOf(tag));
  const end = ends.find((found) => found >= 0) ?? page.length;
  const at = place === null ? end : place.index + place[0].length;
  const filled = page.slice(0, at) + piece + page.slice(at);
  const close = filled.lastIndexOf('</body>');
  return close < 0 ? filled + script : filled.slice(0, close) + script + filled.slice(close);
}
