import { refused } from './facts.ts';

/** What a page of ours may be framed by, and the base of its links. Scripts are not named: an edited page would have others. */
export const POLICY = "frame-ancestors 'self'; base-uri 'none'; object-src 'none'";

/** Throws `edge-refused` for a host that some server's language would read otherwise: a URL may have `;`, `{` and quotation marks in it. */
export function assertHost(field: string, host: string): void {
  if (/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(host) || /^\[[0-9a-f:.]+\]$/i.test(host)) return;
  throw refused(field, host, 'is not a host name as servers write them: letters, digits, hyphens and dots');
}

/** Longest pattern: a line of any server's configuration holds it, also where each sign takes four. */
const LONGEST = 500;

/** Throws `edge-refused` for a pattern that is no line of text once it is decoded, or too long for one. */
export function assertPattern(field: string, pattern: string): void {
  if (pattern.length > LONGEST) throw refused(field, pattern, `is longer than ${LONGEST} characters`);
  if (/%(?:[01][0-9a-f]|7f|c2%[89][0-9a-f])/i.test(pattern)) throw refused(field, pattern, 'holds a control character');
}
