import { addAbortSignal, Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';

/** Longest line looked at: nginx takes 32 KiB of headers (four buffers of 8) and may write four characters for a byte. */
const LONGEST_LINE = 262_144;

/** What came of a log's bytes. */
export interface LinesRead {
  /** Lines that were longer than any server writes; none was looked at. */
  readonly tooLong: number;
  /** True where compressed bytes ended early or were damaged; what came before them was read. */
  readonly cut: boolean;
}

/**
 * Hands each line of a log to `take`, without its end; gzip is known by its bytes. Memory is that of one block and one line.
 * Rejects with the signal's reason when aborted, also while it waits for bytes; the log is closed then.
 */
export async function eachLine(log: Readable, take: (line: string) => void, signal: AbortSignal): Promise<LinesRead> {
  const splitter = createSplitter(take);
  addAbortSignal(signal, log);
  let cut = false;
  try {
    for await (const chunk of plain(log)) splitter.push(chunk);
  } catch (error) {
    signal.throwIfAborted();
    if (!isGzipFault(error)) throw error;
    cut = true;
  }
  return { tooLong: splitter.end(), cut };
}

async function* plain(log: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = log[Symbol.asyncIterator]();
  const head = await headOf(chunks);
  const bytes = rest(head, chunks);
  yield* head[0] === 0x1f && head[1] === 0x8b ? unpacked(bytes) : bytes;
}

/** At least two bytes, where there are so many. */
async function headOf(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* rest(head: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* { [Symbol.asyncIterator]: () => chunks };
}

async function* unpacked(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 262_144 });
  const source = Readable.from(bytes).on('error', (error) => gunzip.destroy(error));
  try {
    yield* source.pipe(gunzip);
  } finally {
    source.destroy();
  }
}

const isGzipFault = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'Z_BUF_ERROR' || error.code === 'Z_DATA_ERROR');

interface Splitter {
  push(chunk: Buffer): void;
  /** Takes what had no end as the last line; returns how many lines were too long. */
  end(): number;
}

function createSplitter(take: (line: string) => void): Splitter {
  const decoder = new StringDecoder('utf8');
  let begun = '';
  let skipping = false;
  let tooLong = 0;
  const finish = (line: string): void => {
    if (!skipping && line !== '' && line !== '\r') take(line.endsWith('\r') ? line.slice(0, -1) : line);
    skipping = false;
  };
  const push = (text: string): void => {
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      finish(begun + text.slice(from, to));
      begun = '';
      from = to + 1;
    }
    begun = skipping ? '' : begun + text.slice(from);
    if (begun.length <= LONGEST_LINE) return;
    begun = '';
    skipping = true;
    tooLong += 1;
  };
  return {
    push: (chunk) => push(decoder.write(chunk)),
    end() {
      finish(begun + decoder.end());
      return tooLong;
    },
  };
}
