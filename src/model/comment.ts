import { hash } from 'node:crypto';

/**
 * One approved comment, as its source gives it. These fields are all that is ever kept of one: no e-mail, no address, no avatar,
 * whose own address holds a hash of the e-mail.
 */
export interface Comment {
  /** Of the source's own, unlike in a thread; letters, digits, `-` and `_`, as it stands in `#comment-<id>`. */
  readonly id: string;
  /** The comment it answers; undefined for none. */
  readonly parent?: string;
  /** The name its author gave; '' for none. */
  readonly author: string;
  /** The author's own site, http or https. */
  readonly url?: string;
  /** ISO 8601 in UTC, to the second. */
  readonly date: string;
  /** As the source gives it, never trusted: sanitised last, when a page is made. */
  readonly html: string;
}

/** What a source says of a comment, before any of it is believed; further fields are never looked at. */
export interface RawComment {
  readonly id: unknown;
  readonly parent?: unknown;
  readonly author?: unknown;
  readonly url?: unknown;
  readonly date: unknown;
  readonly html: unknown;
}

const ID = /^[\w-]{1,64}$/;
/** Longer than any name that means something; WordPress allows 245. */
const MAX_NAME = 250;
/** WordPress allows 65,525 bytes; what is longer is cut there. */
const MAX_HTML = 200_000;

/** The comment in its one form; undefined where it has no usable id or date. */
export function toComment(raw: RawComment): Comment | undefined {
  const id = idOf(raw.id);
  const date = dateOf(raw.date);
  if (id === undefined || date === undefined) return undefined;
  const parent = idOf(raw.parent);
  const url = webAddress(raw.url);
  return {
    id,
    ...(parent === undefined || parent === '0' || parent === id ? {} : { parent }),
    author: textOf(raw.author).replace(/\s+/g, ' ').trim().slice(0, MAX_NAME),
    ...(url === undefined ? {} : { url }),
    date,
    html: textOf(raw.html).slice(0, MAX_HTML),
  };
}

function idOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && ID.test(text) ? text : undefined;
}

/** A number is seconds since 1970; a time without a zone is UTC. */
function dateOf(value: unknown): string | undefined {
  const ms = typeof value === 'number' ? value * 1000 : Date.parse(zoned(textOf(value).trim()));
  // Years of four digits only: what is beyond is no date of a comment.
  return ms > -62e12 && ms < 253e12 ? `${new Date(ms).toISOString().slice(0, 19)}Z` : undefined;
}

function zoned(text: string): string {
  return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/.test(text) ? `${text.replace(' ', 'T')}Z` : text;
}

function webAddress(value: unknown): string | undefined {
  const text = textOf(value).trim();
  if (!/^https?:\/\//i.test(text) || text.length > 2000 || !URL.canParse(text)) return undefined;
  const { href, username, password } = new URL(text);
  return username === '' && password === '' ? href : undefined;
}

const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Control characters are no text, and lone halves of surrogate pairs none that a file could hold. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value.replace(CONTROLS, '').replace(/\p{Surrogate}/gu, '\ufffd') : '';
}

/** Differs where any field does; 16 hex digits are enough to tell the versions of one comment apart. */
export function commentHash({ id, parent, author, url, date, html }: Comment): string {
  return hash('sha256', JSON.stringify([id, parent, author, url, date, html])).slice(0, 16);
}

/** By time, then by id: numbers as numbers. The order of a thread. */
export function inOrder(a: Comment, b: Comment): number {
  if (a.date !== b.date) return a.date < b.date ? -1 : 1;
  return a.id.length - b.id.length || (a.id < b.id ? -1 : 1);
}
