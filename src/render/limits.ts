import { constants, gzipSync } from 'node:zlib';
import { HoldfastError } from '../model/errors.ts';

/** What a holding page must fit into, and why. */
export interface Limit {
  /** Names it in messages. */
  readonly name: string;
  /** Bytes of the whole response, headers included. */
  readonly bytes: number;
  readonly measure: 'compressed' | 'plain';
}

/** Limits by name: `any` holds for each page, the others where a balancer of that name is to serve it. */
export const LIMITS = {
  /** Ten segments of 1,460 bytes (RFC 6928): what a server may send before the first acknowledgement. */
  any: { name: 'one first flight of TCP', bytes: 14_600, measure: 'compressed' },
  /** `tune.bufsize` (16,384) less `tune.maxrewrite` (1,024), both as they are by default: an error file is read into one buffer. */
  haproxy: { name: "HAProxy's error file", bytes: 15_360, measure: 'plain' },
} as const satisfies Record<string, Limit>;

/**
 * Room for the headers, which only the server knows: status line, date, type, length, caching, retry, robots and the usual
 * security headers come to 500 to 700 bytes; a long Content-Security-Policy is the rest.
 */
const HEADERS = 1_000;

/** What the small form of a holding page must fit into, in characters: `MessageBody` of a fixed response of an AWS load balancer. */
export const TINY = { name: 'a fixed response of an AWS load balancer', characters: 1_024 } as const;

/** What holding pages must fit into where these stand in front. */
export function limitsFor(edges: readonly string[]): readonly Limit[] {
  return edges.includes('haproxy') ? [LIMITS.any, LIMITS.haproxy] : [LIMITS.any];
}

/** True where a small form fits. */
export const isTiny = (html: Buffer): boolean => html.toString('utf8').length <= TINY.characters;

/** Throws `template-broken` where a small form does not fit, naming page, size and limit. */
export function assertTiny(html: Buffer, path: string): void {
  if (isTiny(html)) return;
  const message = `${path} is ${html.toString('utf8').length} characters: ${TINY.name} holds ${TINY.characters}`;
  throw new HoldfastError('template-broken', message, {
    hint: 'shorten its title and its lead, or `holding/tiny.njk`',
  });
}

/** Throws `template-broken` where a page does not fit, naming page, size and limit. gzip is measured: every browser takes it, and brotli is smaller. */
export function assertFits(html: Buffer, path: string, limits: readonly Limit[]): void {
  for (const { name, bytes, measure } of limits) {
    const size = responseSize(html, measure);
    if (size <= bytes) continue;
    const message = `${path} is ${size} bytes ${measure} with its headers: ${name} holds ${bytes}`;
    throw new HoldfastError('template-broken', message, { hint: 'shorten its words, its styles or its pictures' });
  }
}

/** Bytes of a whole response, with room for its headers, as a limit measures it. */
export function responseSize(html: Buffer, measure: Limit['measure']): number {
  return HEADERS + (measure === 'plain' ? html.length : zippedSize(html));
}

function zippedSize(html: Buffer): number {
  return gzipSync(html, { level: constants.Z_BEST_COMPRESSION }).length;
}
