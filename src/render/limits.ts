import { constants, gzipSync } from 'node:zlib';
import { HoldfastError } from '../model/errors.ts';

/** What a holding page must fit into, and why. */
export interface Limit {
  /** Names it in messages. */
  readonly name: string;
  readonly most: number;
  /** Bytes of the whole answer with its headers, as browsers take it or as it is; or characters of the page alone. */
  readonly measure: 'bytes compressed' | 'bytes plain' | 'characters';
}

/** Limits by name: `any` holds for each page, the others where a balancer of that name is to serve it. */
export const LIMITS = {
  /** Ten segments of 1,460 bytes (RFC 6928): what a server may send before the first acknowledgement. */
  any: { name: 'one first flight of TCP', most: 14_600, measure: 'bytes compressed' },
  /** `tune.bufsize` (16,384) less `tune.maxrewrite` (1,024), both as they are by default: an error file is read into one buffer. */
  haproxy: { name: "HAProxy's error file", most: 15_360, measure: 'bytes plain' },
  /** `MessageBody` of a fixed response. The tiny form of each page is held to it. */
  alb: { name: 'a fixed response of an AWS load balancer', most: 1_024, measure: 'characters' },
} as const satisfies Record<string, Limit>;

/**
 * Room for the headers, which only the server knows: status line, date, type, length, caching, retry, robots and the usual
 * security headers come to 500 to 700 bytes; a long Content-Security-Policy is the rest.
 */
const HEADERS = 1_000;

/** What a holding page must fit into where these stand in front. */
export function limitsFor(edges: readonly string[]): readonly Limit[] {
  return edges.includes('haproxy') ? [LIMITS.any, LIMITS.haproxy] : [LIMITS.any];
}

/** Throws `template-broken` where a page does not fit, naming page, size and limit. gzip is measured: every browser takes it, and brotli is smaller. */
export function assertFits(html: Buffer, path: string, limits: readonly Limit[]): void {
  for (const limit of limits) {
    const size = sizeFor(html, limit);
    if (size <= limit.most) continue;
    const headers = limit.measure === 'characters' ? '' : ' with its headers';
    const message = `${path} is ${size} ${limit.measure}${headers}: ${limit.name} holds ${limit.most}`;
    throw new HoldfastError('template-broken', message, { hint: 'shorten its words, its styles or its pictures' });
  }
}

/** True where a page fits. */
export const fits = (html: Buffer, limit: Limit): boolean => sizeFor(html, limit) <= limit.most;

function sizeFor(html: Buffer, { measure }: Limit): number {
  if (measure === 'characters') return html.toString('utf8').length;
  return HEADERS + (measure === 'bytes plain' ? html.length : zippedSize(html));
}

function zippedSize(html: Buffer): number {
  return gzipSync(html, { level: constants.Z_BEST_COMPRESSION }).length;
}
