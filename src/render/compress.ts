import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import { type BrotliOptions, brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';
import { bareType, isText } from './types.ts';

/** How much time a better ratio is worth: `fast` for pages that change every few minutes, `best` for what hardly ever does. */
export type Effort = 'fast' | 'good' | 'best';

interface Levels {
  readonly gzip: number;
  readonly brotli: number;
}

/**
 * Measured: brotli 5 takes no longer than 4 and gives 6 to 16 % less; brotli 11 takes 50 to 160 times as long and gives
 * another 7 to 20 % less, which only pays where it is done once.
 */
const LEVELS: Readonly<Record<Effort, Levels>> = {
  fast: { gzip: 6, brotli: 5 },
  good: { gzip: 8, brotli: 6 },
  best: { gzip: 9, brotli: 11 },
};

/** A content larger than this (bytes) is not worth brotli's last two steps, which take a second a megabyte. */
const MAX_SLOW_SIZE = 4_000_000;
const SLOW_QUALITY = 10;
const LAST_QUICK_QUALITY = 9;

/** A variant has to save this much: below it a second file and its bookkeeping cost more than they give. */
const MIN_SAVED_BYTES = 64;
const MIN_SAVED_PART = 0.05;

/** Output of a stream that is stored as it comes (bytes): fewer writes than with zlib's own 16 KB. */
const STREAMED_CHUNK = 65_536;

/** Uncompressed formats that are not text. */
const COMPRESSIBLE = new Set([
  'application/wasm',
  'application/vnd.ms-fontobject',
  'application/x-font-ttf',
  'application/x-font-otf',
  'font/ttf',
  'font/otf',
  'font/sfnt',
  'image/bmp',
  'image/x-icon',
  'image/vnd.microsoft.icon',
]);

const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);

/** True for a Content-Type that compression makes smaller. */
export function isCompressible(type: string): boolean {
  return isText(type) || COMPRESSIBLE.has(bareType(type));
}

/** The same bytes compressed, off the main thread; a variant that saves less than 64 bytes or 5 % is left out. The same input gives the same output. */
export async function compress(bytes: Buffer, effort: Effort): Promise<{ gzip?: Buffer; br?: Buffer }> {
  if (bytes.length <= MIN_SAVED_BYTES) return {};
  const level = LEVELS[effort];
  const [zipped, br] = await Promise.all([
    gzipAsync(bytes, { level: level.gzip }),
    brotliAsync(bytes, brotliOptions(bytes.length, level.brotli)),
  ]);
  return {
    ...(pays(bytes.length, zipped.length) ? { gzip: zipped } : {}),
    ...(pays(bytes.length, br.length) ? { br } : {}),
  };
}

/** What makes the very same forms of a content of so many bytes that is not held whole. */
export function compressors(size: number, effort: Effort): { readonly gzip: Transform; readonly br: Transform } {
  const level = LEVELS[effort];
  const chunkSize = STREAMED_CHUNK;
  return {
    gzip: createGzip({ level: level.gzip, chunkSize }),
    br: createBrotliCompress({ ...brotliOptions(size, level.brotli), chunkSize }),
  };
}

function brotliOptions(size: number, quality: number): BrotliOptions {
  // A window that holds the whole content finds every repetition; more would only cost readers memory.
  const window = Math.ceil(Math.log2(size + 16));
  const isTooSlow = quality >= SLOW_QUALITY && size > MAX_SLOW_SIZE;
  return {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: isTooSlow ? LAST_QUICK_QUALITY : quality,
      [constants.BROTLI_PARAM_SIZE_HINT]: size,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_LGWIN]: Math.min(constants.BROTLI_MAX_WINDOW_BITS, Math.max(16, window)),
    },
  };
}

/** True where so many fewer bytes are worth a file of their own. */
export function pays(size: number, compressed: number): boolean {
  const saved = size - compressed;
  return saved >= MIN_SAVED_BYTES && saved >= size * MIN_SAVED_PART;
}
