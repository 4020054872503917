import { Readable } from 'node:stream';
import { BEGUN } from './shell.ts';

/** What a script printed: one line, and bytes. */
export interface Streamed {
  readonly line: string;
  readonly bytes: Readable;
}

/** Takes the answer of a script apart as it comes. `end` rejects where the script failed; so do the bytes, at their end. */
export async function lineAndBytes(stdout: Readable, end: Promise<void>): Promise<Streamed> {
  end.catch(() => undefined);
  const chunks: AsyncIterator<Buffer> = stdout[Symbol.asyncIterator]();
  const { line, rest } = await firstLine(chunks, end);
  async function* bytes(): AsyncGenerator<Buffer> {
    if (rest.length > 0) yield rest;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    await end;
  }
  return { line, bytes: Readable.from(bytes(), { objectMode: false }) };
}

async function firstLine(chunks: AsyncIterator<Buffer>, end: Promise<void>): Promise<{ line: string; rest: Buffer }> {
  let head = Buffer.alloc(0);
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    head = Buffer.concat([head, next.value]);
    const begun = head.indexOf(BEGUN);
    const from = begun + BEGUN.length;
    const to = begun < 0 ? -1 : head.indexOf('\n', from);
    if (to >= 0) return { line: head.toString('utf8', from, to), rest: head.subarray(to + 1) };
  }
  await end;
  throw new Error('a script ended well and did not answer');
}
