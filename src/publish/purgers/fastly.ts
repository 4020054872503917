import type { PurgeAsk, Purger } from '../purger.ts';
import { type Call, call, judge, pieces, takeAll } from './call.ts';

/** Keys in one call, as documented. */
const CALL_SIZE = 256;
/** URLs are purged one a call: enough at once to be through with a run's share in seconds. */
const CALLS_AT_ONCE = 4;
/** The key that `publish/cdn/fastly.vcl` gives to every object, so that all of them can be purged softly. */
const EVERY_OBJECT = 'holdfast';

export interface FastlyOptions {
  /** Shown in every error and warning. */
  readonly name: string;
  readonly service: string;
  readonly token: string;
  /** Mark as stale instead of removing; purging everything by URL is never soft, Fastly has no such call. */
  readonly soft: boolean;
  /** By key what is cached must carry the keys of `publish/cdn/fastly.vcl`. */
  readonly by: 'url' | 'key';
  /** `https://api.fastly.com` */
  readonly endpoint: string;
  readonly publicUrl: URL;
}

/** Fastly's cache of a service: one call a URL, or 256 surrogate keys a call. Purges are free. */
export function createFastly(options: FastlyOptions): Purger {
  const { name, by } = options;
  const calls = by === 'key' ? callsByKey : callsByUrl;
  return {
    name,
    limit: { paths: by === 'key' ? 10 * CALL_SIZE : 300, prefixes: 0, byFile: false },
    purge: (ask, signal) =>
      takeAll(calls(ask, options), CALLS_AT_ONCE, async (one) => judge(name, await call(name, one, signal))),
  };
}

function callsByUrl(ask: PurgeAsk, options: FastlyOptions): readonly Call[] {
  if (ask === 'everything') return [post(`/service/${options.service}/purge_all`, { ...options, soft: false })];
  return ask.paths.map((path) => post(`/purge/${options.publicUrl.host}${path}`, options));
}

function callsByKey(ask: PurgeAsk, options: FastlyOptions): readonly Call[] {
  const keys = ask === 'everything' ? [EVERY_OBJECT] : [...new Set(ask.paths.map(keyOf))];
  return pieces(keys, CALL_SIZE).map((piece) => {
    const { headers, ...rest } = post(`/service/${options.service}/purge`, options);
    const body = JSON.stringify({ surrogate_keys: piece });
    return { ...rest, headers: { ...headers, 'content-type': 'application/json' }, body };
  });
}

/** All spellings of a page have one key: its path with a slash at the end. */
const keyOf = (path: string): string => (path.endsWith('/') ? path : `${path}/`);

function post(path: string, { endpoint, token, soft }: FastlyOptions): Call {
  const headers = { 'fastly-key': token, accept: 'application/json', ...(soft ? { 'fastly-soft-purge': '1' } : {}) };
  return { method: 'POST', url: new URL(`${endpoint.replace(/\/$/, '')}${path}`), headers };
}
