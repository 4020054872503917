import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { HoldfastError } from '../model/errors.ts';

/** The `code` of a system error, '' for any other error. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** True where `error` says that a file or a folder on the way to it is not there. */
export function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** A `state-unwritable` for a failed write; an error that already is ours is passed on. */
export function asUnwritable(path: string, error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const why = systemCode(error) || String(error);
  const hint = why === 'ENOSPC' || why === 'EDQUOT' ? 'free some room' : 'check the permissions and the disk';
  return new HoldfastError('state-unwritable', `${path} cannot be written: ${why}`, { cause: error, hint });
}

/** Makes what was created, renamed or removed in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it, durably; nothing where it is there. */
export async function makeFolder(path: string): Promise<void> {
  const target = resolve(path);
  const first = await mkdir(target, { recursive: true });
  if (first === undefined) return;
  const top = dirname(first);
  for (let folder = dirname(target); ; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === top || folder === dirname(folder)) return;
  }
}

/** What a file is to hold; where it is large, in parts, so that it is never in memory as a whole. */
export type Content = string | Uint8Array | Iterable<Uint8Array>;

/** Replaces a file in one step, durably: a reader, also after a power loss, finds the old content or the new one. */
export async function writeAtomic(path: string, content: Content): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeNew(temporary, content);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw asUnwritable(path, error);
  }
}

/** Writes a file that must not be there yet, and its folder where that is missing; the bytes are durable, the name is not. */
export async function writeNew(path: string, content: Content): Promise<void> {
  const handle = await openNew(path);
  try {
    let position = 0;
    for (const part of partsOf(content)) {
      await writeAll(handle, part, position);
      position += part.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function partsOf(content: Content): Iterable<Uint8Array> {
  if (typeof content === 'string') return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}

/** Writes all of `bytes` at a position of an open file, however many calls that takes. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

async function openNew(path: string) {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    return open(path, 'wx');
  }
}

/** The JSON in a file, undefined where there is no file; `state-damaged` where it is not JSON or cannot be read. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    const why = error instanceof SyntaxError ? 'it is not JSON' : systemCode(error);
    throw new HoldfastError('state-damaged', `${path} cannot be read: ${why}`, {
      cause: error,
      hint: 'move the file away; what it held is found anew where that is possible',
    });
  }
}

const NEWLINE = 0x0a;

/** Appends one line, durably. A line that a crash tore before is ended first, so that it spoils no other. */
export async function appendLine(path: string, line: string): Promise<void> {
  try {
    await makeFolder(dirname(path));
    const handle = await open(path, 'a+');
    try {
      const { size } = await handle.stat();
      const last = size === 0 ? NEWLINE : (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0];
      await handle.appendFile(`${last === NEWLINE ? '' : '\n'}${line}\n`);
      await handle.sync();
      if (size === 0) await syncFolder(dirname(path));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asUnwritable(path, error);
  }
}
