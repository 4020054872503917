import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import { NONCE_HINT, NONCE_PATTERNS } from '../model/volatile.ts';

/**
 * Comments in which caches, optimisers and themes tell when and how fast a page was made: the maker's name, or what
 * was done and a number. Held against one comment at a time.
 */
const CACHE_COMMENT = new RegExp(
  [
    'super[ -]?cache',
    'w3 total cache|served from: ',
    'wp rocket|cached@\\d',
    'litespeed|quic\\.cloud',
    '(?:comet|zencache|quick|hyper|fastest|breeze|flying|endurance|swift|nginx|redis|batcache|page) ?(?:page )?cach',
    'cache enabler|keycdn|autoptimize|hummingbird|sg[ -]optimi[sz]er|jetpack boost|batcache',
    '(?:cached?|generated|created|rendered|served|stored|executed|built)\\b[^<]{0,200}\\d',
    '\\d[^<]{0,40}\\b(?:queries|seconds|sec|ms)\\b',
    'compression = \\w+',
  ].join('|'),
  'i',
);
/** Internet Explorer's conditional comments hold markup, and block editors' hold content. */
const MEANINGFUL_COMMENT = /^(?:\[if|<!\[endif|\s*\/?wp:|#|esi)/i;
/** A remark is short; what is longer is content that somebody commented out. */
const MAX_REMARK = 2000;

/** Hashes a page; `latin1` is its bytes as Latin-1, where the caller has them. */
export type Normalize = (bytes: Buffer, latin1?: string) => string;

/**
 * The hash by which two captures of a page are the same though volatile text differs: SHA-256, lower-case hex, of the
 * body without one-time tokens (WordPress nonces, CSRF tokens, session ids in links), without the remarks of cache
 * plugins and white space at the end, and with the `normalize` rules of the configuration applied in their order. Bytes
 * that hold none of it are hashed as they are.
 */
export function createNormalizer(rules: Config['normalize']): Normalize {
  const replacements = rules.map(({ match, replace }) => ({ match: new RegExp(match, 'g'), replace }));
  return (bytes, latin1 = bytes.toString('latin1')) => {
    const stripped = withoutTokens(withoutRemarks(latin1)).trimEnd();
    if (replacements.length === 0)
      return hash('sha256', stripped.length === latin1.length ? bytes : Buffer.from(stripped, 'latin1'));
    // The rules are written for text; bytes that are no UTF-8 must not all become the same replacement character.
    const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
    const text = Buffer.from(stripped, 'latin1').toString(encoding);
    const ruled = replacements.reduce((now, rule) => now.replace(rule.match, rule.replace), text);
    return hash('sha256', Buffer.from(ruled, encoding));
  };
}

function withoutTokens(text: string): string {
  if (!NONCE_HINT.test(text)) return text;
  return NONCE_PATTERNS.reduce(withoutValues, text);
}

function withoutValues(text: string, pattern: RegExp): string {
  let kept = '';
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const [start, end] = match.indices?.groups?.['value'] ?? [from, from];
    kept += text.slice(from, start);
    from = end;
  }
  return kept + text.slice(from);
}

function withoutRemarks(text: string): string {
  let kept = '';
  let from = 0;
  for (let at = text.indexOf('<!--'); at !== -1; at = text.indexOf('<!--', at + 4)) {
    const close = text.indexOf('-->', at + 4);
    if (close === -1) break;
    if (!isRemark(text, at + 4, close)) continue;
    // The white space behind it comes and goes with it.
    kept += text.slice(from, at);
    from = skipSpace(text, close + 3);
  }
  return from === 0 ? text : kept + text.slice(from);
}

function isRemark(text: string, start: number, end: number): boolean {
  if (end - start > MAX_REMARK) return false;
  const remark = text.slice(start, end);
  return CACHE_COMMENT.test(remark) && !MEANINGFUL_COMMENT.test(remark);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}
