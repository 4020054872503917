import type { OriginConfig } from '../config/schema.ts';
import type { Validators } from '../model/capture.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Accept } from './answer.ts';

/** Headers that are ours to send, or never sent: a cookie would make pages personal. */
const RESERVED: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'cookie',
  'host',
  'if-modified-since',
  'if-none-match',
  'range',
  'transfer-encoding',
]);

/** What browsers say for pages, in short; some sites answer others with something else. */
const ACCEPT: Readonly<Record<Accept, string>> = {
  page: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  asset: '*/*',
  json: 'application/json',
  feed: 'application/atom+xml,application/rss+xml,application/xml;q=0.9,text/xml;q=0.8,*/*;q=0.1',
};

export interface RequestHeaders {
  for(accept: Accept, validators: Validators | undefined): Readonly<Record<string, string>>;
}

/** Throws 'config-invalid' where the configured headers hold a reserved one. */
export function assertHeaders({ headers }: OriginConfig): void {
  for (const name of Object.keys(headers)) {
    const lower = name.toLowerCase();
    if (!RESERVED.has(lower)) continue;
    throw new HoldfastError('config-invalid', `origin.headers: ${lower} is not a header that may be set there`, {
      hint: lower === 'host' ? 'use `origin.host`' : 'leave it out',
    });
  }
}

/** The headers of every request to the origin. */
export function createHeaders(config: OriginConfig, agent: string): RequestHeaders {
  const common: Record<string, string> = { 'user-agent': agent, 'accept-encoding': 'gzip' };
  if (config.host !== undefined) common['host'] = config.host;
  for (const [name, value] of Object.entries(config.headers)) common[name.toLowerCase()] = value;
  const base = (accept: Accept) => ({ ...common, accept: ACCEPT[accept] });
  return {
    for: (accept, validators) => {
      const { etag, lastModified } = validators ?? {};
      if (etag === undefined && lastModified === undefined) return base(accept);
      return {
        ...base(accept),
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
        ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
      };
    },
  };
}
