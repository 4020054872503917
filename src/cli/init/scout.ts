import { configSchema, type OriginConfig } from '../../config/schema.ts';
import type { Address } from '../../model/address.ts';
import { type HoldfastError, isHoldfastError } from '../../model/errors.ts';
import { createOrigin, type ResolveName } from '../../origin/client.ts';
import { VERSION } from '../../version.ts';

/** How the origin is asked: what a configuration's `origin` would say. */
export interface Approach {
  readonly url: string;
  readonly host?: string;
  readonly allowPrivate?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ScoutOptions {
  readonly approach: Approach;
  /** The address that redirects may name as the site's own. */
  readonly siteUrl: string;
  /** Asks the name service; default: the system's resolver. */
  readonly lookup?: ResolveName | undefined;
}

/** What came back: the body of a 200, where a redirect leads, a status, or why there was no answer. */
export type Reply =
  | { readonly kind: 'body'; readonly type: string; readonly bytes: Buffer }
  | { readonly kind: 'redirect'; readonly to: URL }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'none'; readonly error: HoldfastError };

/** A few polite questions to one origin, one after the other. */
export interface Scout {
  ask(address: Address, how?: { readonly query?: string; readonly follow?: boolean }): Promise<Reply>;
  close(): Promise<void>;
}

/** A scout that asks by one approach. */
export function createScout({ approach, siteUrl, lookup }: ScoutOptions, signal: AbortSignal): Scout {
  const resolver = lookup === undefined ? {} : { lookup };
  const origin = createOrigin({ config: originConfig(approach), siteUrl, version: VERSION, ...resolver });
  return {
    ask: async (address, { query, follow = false } = {}) => {
      try {
        const answer = await origin.look({
          address,
          accept: 'page',
          follow,
          signal,
          ...(query === undefined ? {} : { query }),
        });
        if (answer.kind === 'body') {
          return { kind: 'body', type: answer.headers.get('content-type') ?? '', bytes: answer.bytes };
        }
        if (answer.kind === 'redirect') return { kind: 'redirect', to: new URL(answer.to) };
        return { kind: 'status', status: answer.kind === 'status' ? answer.status : 304 };
      } catch (error) {
        if (isHoldfastError(error)) return { kind: 'none', error };
        throw error;
      }
    },
    close: () => origin.close(),
  };
}

/** The defaults of every field that is not about how to get there; ten requests, one after the other, need no other limit. */
function originConfig(approach: Approach): OriginConfig {
  const site = { name: 'x', url: approach.url };
  const lanes = [{ name: 'x', every: '1h', paths: ['/'] }];
  const destinations = [{ use: 'mirror', dir: 'x' }];
  return configSchema.parse({
    site,
    origin: { ...approach, concurrency: 1, requestsPerSecond: 0 },
    lanes,
    destinations,
  }).origin;
}
