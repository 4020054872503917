import type { IncomingHttpHeaders } from 'node:http';
import type { Address } from '../model/address.ts';
import type { BlobRef, Validators } from '../model/capture.ts';

/** What is asked for; which size cap holds: `maxAsset` for assets, else `maxPage`. */
export type Accept = 'page' | 'asset' | 'json' | 'feed';

/** One question to the origin. */
export interface LookRequest {
  readonly address: Address;
  /** Without the `?`. */
  readonly query?: string;
  readonly accept: Accept;
  /** Sent as If-None-Match and If-Modified-Since; only then the answer may be `unchanged`. */
  readonly validators?: Validators;
  /**
   * True for what is asked beside the pages, as lists of comments are: where such requests fail five times in a row no more of them are sent in this
   * run, and pages are asked for as before.
   */
  readonly aside?: boolean;
  /** Follow redirects that stay on the site, five at most, instead of reporting the first. */
  readonly follow?: boolean;
  /** Takes the decoded body of a 200 as it arrives; called once at most, and it must read to the end. */
  readonly sink?: (chunks: AsyncIterable<Buffer>) => Promise<BlobRef>;
  /** Ends the look at once, queued or running; the look rejects with its reason. */
  readonly signal: AbortSignal;
}

/** What the origin said, whole and decoded. */
export type Answer =
  | {
      readonly kind: 'body';
      readonly status: 200;
      readonly headers: AnswerHeaders;
      /** Empty where a sink was given. */
      readonly bytes: Buffer;
      readonly stored?: BlobRef;
    }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'redirect'; readonly status: number /** Absolute, not fetched. */; readonly to: string }
  | {
      readonly kind: 'status';
      readonly status: number;
      /** The first 64 KB, decoded as far as that goes. */
      readonly bytes: Buffer;
      readonly headers: AnswerHeaders;
    };

/** The headers of an answer. */
export interface AnswerHeaders {
  /** Name in any case; repeated headers are joined by a comma. */
  get(name: string): string | undefined;
  /** Each Set-Cookie, to be judged; never sent back. */
  readonly setCookies: readonly string[];
  /** The origin's clock, in milliseconds since 1970, where it sent a valid Date. */
  readonly date?: number;
}

/** Wraps what Node parsed. */
export function answerHeaders(headers: IncomingHttpHeaders): AnswerHeaders {
  const date = Date.parse(headers.date ?? '');
  return {
    get: (name) => {
      const value = headers[name.toLowerCase()];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    setCookies: headers['set-cookie'] ?? [],
    ...(Number.isNaN(date) ? {} : { date }),
  };
}
