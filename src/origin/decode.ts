import type { IncomingHttpHeaders } from 'node:http';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { HoldfastError } from '../model/errors.ts';
import { cut, type Target, tooLarge } from './failures.ts';

export type ContentEncoding = 'identity' | 'gzip' | 'deflate' | 'br';

/** A body may unpack to a hundred times its weight; HTML at its most repetitive stays well under that. */
const MAX_RATIO = 100;
/** The ratio says nothing about small bodies: up to 1 MB any is allowed. */
const RATIO_FREE = 1e6;
/** Compressed bytes up to which unpacking on the main thread (0.2 ms or so) costs less than handing it to another. */
const SMALL = 65_536;
/** Larger output chunks than zlib's own 16 KB: measured a fifth faster on pages. */
const CHUNK = 65_536;

const NAMES: Readonly<Record<string, ContentEncoding>> = {
  '': 'identity',
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
};

/** The one encoding of a body; undefined where it is unknown or there are several. */
export function encodingOf(headers: IncomingHttpHeaders): ContentEncoding | undefined {
  return NAMES[(headers['content-encoding'] ?? '').trim().toLowerCase()];
}

/** The error for a body whose encoding cannot be taken. */
export function unknownEncoding(headers: IncomingHttpHeaders, target: Target): HoldfastError {
  const written = headers['content-encoding'];
  return new HoldfastError('origin-encoding', `GET ${target.path}: content-encoding "${written}" cannot be taken`, {
    hint: 'the origin should send its answers plain or with gzip alone',
  });
}

/** How a body is to be taken. */
export interface BodyRules {
  readonly encoding: ContentEncoding;
  /** Most bytes, packed and unpacked. */
  readonly cap: number;
  readonly target: Target;
}

/** A whole body, unpacked. Throws `origin-cut` where its compression is not whole, `origin-too-large` over `cap` or the ratio. */
export async function decodeWhole(raw: Buffer, { encoding, cap, target }: BodyRules): Promise<Buffer> {
  if (encoding === 'identity') return raw;
  if (raw.length === 0) throw nothingCame(encoding, target);
  const format = formatOf(encoding, raw[0] ?? 0);
  const maxOutputLength = Math.max(1, Math.min(cap, Math.max(RATIO_FREE, raw.length * MAX_RATIO)));
  const options = { maxOutputLength, chunkSize: CHUNK, info: true } as const;
  try {
    const { buffer, engine } = raw.length <= SMALL ? format.now(raw, options) : await format.aside(raw, options);
    if (engine.bytesWritten !== raw.length) throw cut(target, `bytes follow after the end of the ${encoding} body`);
    return buffer;
  } catch (error) {
    throw unpackFailure(error, encoding, target);
  }
}

/** A body unpacked as it arrives, under the same rules as `decodeWhole`. */
export async function* decodeStream(raw: AsyncGenerator<Buffer>, rules: BodyRules): AsyncGenerator<Buffer> {
  const { encoding, cap, target } = rules;
  const fed = { bytes: 0 };
  let size = 0;
  for await (const chunk of encoding === 'identity' ? raw : unpack(raw, { encoding, cap, target, fed })) {
    size += chunk.length;
    if (size > cap) throw overCap(cap, target);
    if (encoding !== 'identity' && size > RATIO_FREE && size > fed.bytes * MAX_RATIO) throw overRatio(target);
    yield chunk;
  }
}

/** What of the first `limit` bytes can be unpacked of a body that may be cut; never throws. */
export async function decodeStart(raw: Buffer, encoding: ContentEncoding, limit: number): Promise<Buffer> {
  if (encoding === 'identity' || raw.length === 0) return raw.subarray(0, limit);
  const engine = formatOf(encoding, raw[0] ?? 0).stream(true);
  const parts: Buffer[] = [];
  let size = 0;
  try {
    engine.end(raw);
    for await (const chunk of engine as AsyncIterable<Buffer>) {
      parts.push(chunk);
      size += chunk.length;
      if (size >= limit) break;
    }
  } catch {
    // What came out before the damage is what there is to show.
  }
  return Buffer.concat(parts, size).subarray(0, limit);
}

interface Unpacking {
  readonly encoding: Exclude<ContentEncoding, 'identity'>;
  readonly cap: number;
  readonly target: Target;
  /** Counts the compressed bytes. */
  readonly fed: { bytes: number };
}

async function* unpack(raw: AsyncGenerator<Buffer>, unpacking: Unpacking): AsyncGenerator<Buffer> {
  const { encoding, cap, target, fed } = unpacking;
  const first = await raw.next();
  if (first.done === true) throw nothingCame(encoding, target);
  const engine = formatOf(encoding, first.value[0] ?? 0).stream(false);
  async function* counted(start: Buffer): AsyncGenerator<Buffer> {
    fed.bytes = start.length;
    yield start;
    for await (const chunk of raw) {
      fed.bytes += chunk.length;
      if (fed.bytes > cap) throw overCap(cap, target);
      yield chunk;
    }
  }
  const feeding = pipeline(Readable.from(counted(first.value)), engine);
  // Read to its end below; a failure shows there too, and must not count as unhandled until then.
  feeding.catch(() => {});
  try {
    yield* engine as AsyncIterable<Buffer>;
    await feeding;
    if (engine.bytesWritten !== fed.bytes) throw cut(target, `bytes follow after the end of the ${encoding} body`);
  } catch (error) {
    throw unpackFailure(error, encoding, target);
  } finally {
    engine.destroy();
    await raw.return(undefined);
  }
}

function unpackFailure(error: unknown, encoding: string, target: Target): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ERR_BUFFER_TOO_LARGE') return overRatio(target);
  if (!code.startsWith('Z_') && !code.startsWith('ERR_') && !code.startsWith('ERR__')) return error;
  return cut(target, `its ${encoding} body is cut or damaged`, error);
}

/** The error for a body over its cap. */
export const overCap = (cap: number, target: Target): HoldfastError =>
  tooLarge(target, `the body is larger than ${cap} bytes`);

const overRatio = (target: Target): HoldfastError =>
  tooLarge(target, `the body unpacks to more than its cap, or to more than ${MAX_RATIO} times its weight`);

/** Even an empty body weighs some bytes once packed: none at all is a body cut at its start. */
const nothingCame = (encoding: string, target: Target): HoldfastError =>
  cut(target, `nothing came of its ${encoding} body`);

interface Unpacked {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

interface UnpackOptions {
  readonly maxOutputLength: number;
  readonly chunkSize: number;
  readonly info: true;
}

interface Format {
  now(raw: Buffer, options: UnpackOptions): Unpacked;
  aside(raw: Buffer, options: UnpackOptions): Promise<Unpacked>;
  /** `lenient`: the end may be missing. */
  stream(lenient: boolean): Transform & { readonly bytesWritten: number };
}

type Now = (raw: Buffer, options: UnpackOptions) => unknown;
type Aside = (raw: Buffer, options: UnpackOptions, done: (error: Error | null, result: unknown) => void) => void;

/** With `info`, Node hands over the engine beside the bytes; its types do not know. */
const format = (now: Now, aside: Aside, stream: Format['stream']): Format => ({
  now: (raw, options) => now(raw, options) as Unpacked,
  aside: (raw, options) =>
    new Promise((resolve, reject) => {
      aside(raw, options, (error, result) => (error === null ? resolve(result as Unpacked) : reject(error)));
    }),
  stream,
});

const { BROTLI_OPERATION_FLUSH, Z_SYNC_FLUSH } = zlib.constants;
const ends = (lenient: boolean) => (lenient ? { finishFlush: Z_SYNC_FLUSH } : {});

const GZIP = format(zlib.gunzipSync, zlib.gunzip, (lenient) => zlib.createGunzip(ends(lenient)));
const ZLIB = format(zlib.inflateSync, zlib.inflate, (lenient) => zlib.createInflate(ends(lenient)));
const RAW = format(zlib.inflateRawSync, zlib.inflateRaw, (lenient) => zlib.createInflateRaw(ends(lenient)));
const BROTLI = format(zlib.brotliDecompressSync, zlib.brotliDecompress, (lenient) =>
  zlib.createBrotliDecompress(lenient ? { finishFlush: BROTLI_OPERATION_FLUSH } : {}),
);

/** `deflate` means zlib by the book and bare deflate on some servers: the low half of a zlib body's first byte is 8. */
function formatOf(encoding: Exclude<ContentEncoding, 'identity'>, firstByte: number): Format {
  if (encoding === 'gzip') return GZIP;
  if (encoding === 'br') return BROTLI;
  return (firstByte & 0x0f) === 8 ? ZLIB : RAW;
}
