import { type FileHandle, open } from 'node:fs/promises';
import { isAbsent } from './files.ts';

/**
 * A journal of 20,000 pages is 20 MB. As bytes, as text and as lines at once it would be held three times, so it is read and
 * written in parts of about this size (bytes).
 */
const PART_BYTES = 1_048_576;
const NEWLINE = 0x0a;

/** The whole lines of a file, many at a time and each with its end, in order; what follows the last end of a line is left out. None where there is no file. */
export async function* linesOf(file: string): AsyncGenerator<Buffer> {
  const handle = await openExisting(file);
  if (handle === undefined) return;
  try {
    let rest = Buffer.alloc(0);
    for (let position = 0; ; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(PART_BYTES), 0, PART_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      const read = buffer.subarray(0, bytesRead);
      const bytes = rest.length === 0 ? read : Buffer.concat([rest, read]);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      if (end > 0) yield bytes.subarray(0, end);
      rest = bytes.subarray(end);
    }
  } finally {
    await handle.close();
  }
}

/** Lines put together to parts that are worth a write. */
export function* partsOf(lines: Iterable<string>): Generator<Buffer> {
  let part: string[] = [];
  let length = 0;
  for (const line of lines) {
    part.push(line);
    length += line.length;
    if (length < PART_BYTES) continue;
    yield Buffer.from(part.join(''));
    part = [];
    length = 0;
  }
  if (part.length > 0) yield Buffer.from(part.join(''));
}

/** Opens a file to read and write it; undefined where there is none. */
export async function openExisting(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r+');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
