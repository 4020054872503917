import type { PurgeAsk, Purger } from '../purger.ts';
import { type Call, call, judge, takeAll } from './call.ts';

/** A cache of one's own takes thousands of these a second; more at once would only queue there. */
const CALLS_AT_ONCE = 4;
/** Characters of one pattern: Varnish takes 8,192 bytes a header, and every object is held against every ban. */
const PATTERN_SIZE = 4000;
/** Where nothing was cached there is nothing to purge: nginx's `cache_purge` answers 404, later ones 412. */
const NOT_CACHED: readonly number[] = [404, 412];

export interface HttpOptions {
  /** Shown in every error and warning. */
  readonly name: string;
  /** Where the cache listens. */
  readonly url: string;
  /** `PURGE` is one request a path; `BAN` sends patterns, as a Varnish takes them that `holdfast edge varnish` configures. */
  readonly method: 'PURGE' | 'BAN';
  readonly headers: Readonly<Record<string, string>>;
  /** Its host is the Host header: the cache knows the site by it. */
  readonly publicUrl: URL;
}

/** Varnish, nginx, or whatever takes `PURGE` or `BAN` requests. A ban takes every query of a page with it, a purge only the page without one. */
export function createHttp({ name, url, method, headers, publicUrl }: HttpOptions): Purger {
  const asked = { method, headers: { ...headers, host: publicUrl.host } };
  const calls = (ask: PurgeAsk): readonly Call[] =>
    method === 'BAN'
      ? patternsOf(ask).map((pattern) => ({
          ...asked,
          url: new URL(url),
          headers: { ...asked.headers, 'x-ban-url': pattern },
        }))
      : pathsOf(ask).map((path) => ({ ...asked, url: new URL(path, url) }));
  return {
    name,
    limit: { paths: 1000, prefixes: method === 'BAN' ? 100 : 0, byFile: false },
    purge: (ask, signal) =>
      takeAll(calls(ask), CALLS_AT_ONCE, async (one) =>
        judge(name, await call(name, one, signal), method === 'PURGE' ? NOT_CACHED : []),
      ),
  };
}

/** The configuration does not allow everything by PURGE. */
const pathsOf = (ask: PurgeAsk): readonly string[] => (ask === 'everything' ? [] : ask.paths);

/** Regular expressions over a path and its query. They hold no space: addresses are encoded. */
function patternsOf(ask: PurgeAsk): readonly string[] {
  if (ask === 'everything') return ['^/'];
  const single = ask.paths.map((path) => `^${escaped(path)}(?:\\?|$)`);
  const below = ask.prefixes.map((prefix) => `^${escaped(prefix)}`);
  return joined([...below, ...single]);
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

function joined(patterns: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const pattern of patterns) {
    if (line !== '' && line.length + pattern.length >= PATTERN_SIZE) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? pattern : `|${pattern}`;
  }
  return line === '' ? lines : [...lines, line];
}
