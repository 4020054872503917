import type { Site } from '../../model/site.ts';
import type { Accept, AnswerHeaders, Origin } from '../../origin/client.ts';
import { decoderFor } from '../gate/letters.ts';
import { failed } from './whole.ts';

/** The 200 answer of a source. */
export interface Answered {
  readonly bytes: Buffer;
  readonly headers: AnswerHeaders;
}

/** Asks for a path of the origin, or for an address elsewhere, politely. Throws `comments-failed` for any answer but 200. */
export type Ask = (url: string, accept: Accept, signal: AbortSignal) => Promise<Answered>;

/** Who is asked. */
export interface Askable {
  readonly site: Site;
  readonly origin: Origin;
  /** Opens a polite client of another host, with headers of its own: what is the origin's to know is not sent there. */
  elsewhere(url: URL, headers: Readonly<Record<string, string>>): Origin;
}

/** Asks in the name of one source. The origin's own hosts are asked at the origin, within its budget. */
export function askFor({ site, origin, elsewhere }: Askable, headers: Readonly<Record<string, string>> = {}): Ask {
  return async (url, accept, signal) => {
    const target = new URL(url, site.originUrl);
    const client = site.hosts.has(target.host) ? origin : elsewhere(target, headers);
    const { pathname, search } = target;
    const answer = await client.look({
      address: pathname,
      query: search.slice(1),
      accept,
      aside: true,
      follow: true,
      signal,
    });
    if (answer.kind === 'body') return answer;
    throw failed(`${url} answered ${answer.kind === 'status' ? answer.status : answer.kind}`);
  };
}

/** A page or a feed as text, in whatever charset it is. */
export function markupOf({ bytes, headers }: Answered): string {
  return decoderFor(headers.get('content-type') ?? '', bytes)(bytes.toString('latin1'));
}

/** The JSON of an answer; throws `comments-failed` where it is none. */
export function jsonOf({ bytes }: Answered, url: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw failed(`${url} did not answer with JSON`, error);
  }
}
