import type { Site } from '../model/site.ts';
import type { Courier, Handed, RawHeaders } from '../origin/hand.ts';
import { encodeForm, type Fields, type Letters } from './fields.ts';

/** One form on its way to the origin. */
export interface Attempt {
  /** Path and query. */
  readonly path: string;
  readonly fields: Fields;
  readonly letters: Letters;
  /** Of the visitor's request; undefined for a form that was kept. */
  readonly headers?: RawHeaders;
  readonly address: string;
  readonly agent: string;
}

export interface AttemptOptions {
  readonly courier: Courier;
  readonly site: Site;
  /** The header in which the origin wants the visitor's address. */
  readonly forward: string;
  /** Milliseconds. */
  readonly deadline: number;
}

/** What the origin may have of the visitor's request: who the visitor is to it, and what is asked for. */
const PASSED = /^(accept|accept-language|cookie|authorization|user-agent)$/i;

/** Sends a form to the origin as the visitor's browser would, from a page of the site. Throws as `Courier.hand` does. */
export function attempt(
  { path, fields, letters, headers, address, agent }: Attempt,
  { courier, site, forward, deadline }: AttemptOptions,
  signal: AbortSignal,
): Promise<Handed> {
  const passed = headers?.filter(([name]) => PASSED.test(name)) ?? [['user-agent', agent] as const];
  return courier.hand(
    {
      method: 'POST',
      path,
      headers: {
        ...joined(passed),
        origin: site.publicUrl.origin,
        referer: `${site.publicUrl.origin}/`,
        'content-type': 'application/x-www-form-urlencoded',
        'accept-encoding': 'identity',
        'x-forwarded-proto': site.publicUrl.protocol.slice(0, -1),
        ...(address === '' ? {} : { [forward]: address }),
      },
      body: encodeForm(fields, letters),
      deadline,
    },
    signal,
  );
}

/** HTTP/2 may have cut one cookie header into several. */
function joined(headers: RawHeaders): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const before = all[lower];
    all[lower] = before === undefined ? value : `${before}${lower === 'cookie' ? '; ' : ', '}${value}`;
  }
  return all;
}

/** Where a Location leads for a visitor, who does not know the origin by its own address. */
export function publicLocation(location: string, { publicUrl, hosts }: Site): string {
  if (!URL.canParse(location)) return location;
  const url = new URL(location);
  if (url.host === publicUrl.host || !hosts.has(url.host)) return location;
  return `${publicUrl.origin}${url.pathname}${url.search}${url.hash}`;
}
