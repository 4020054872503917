import type { Handed, RawHeaders } from '../origin/hand.ts';

/** A header's value, '' where there is none; the last one where there are several. */
export function headerOf(headers: RawHeaders, name: string): string {
  return headers.findLast(([header]) => header.toLowerCase() === name)?.[1] ?? '';
}

/** What WordPress says, with 500, when its database is away: it cannot have stored anything. */
const NO_DATABASE = /error establishing a database connection/i;

/**
 * What the origin's answer to a form means. `answered`: it is the visitor's. `not-stored`: it has not stored it, and is asked again later.
 * `unsure`: it cannot be asked now, and may have stored it: a script may break off after that, and a proxy in front gives up waiting.
 */
export function judge(handed: Handed): 'answered' | 'not-stored' | 'unsure' {
  if (handed.kind !== 'answer') return handed.kind === 'unreached' ? 'not-stored' : 'unsure';
  const { status, headers, body } = handed;
  // "Too fast" is said to everybody by an origin that takes all visitors for one.
  if (status === 429) return 'not-stored';
  if (status < 500) return 'answered';
  // Varnish says 503 also where its backend broke off; any other 503 comes before the work.
  if (status === 503) return headerOf(headers, 'x-varnish') === '' ? 'not-stored' : 'unsure';
  return status === 500 && NO_DATABASE.test(body.toString('utf8')) ? 'not-stored' : 'unsure';
}
