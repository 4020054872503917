import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, type FileHandle, link, lstat, open, readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BlobRef } from '../../../model/capture.ts';
import { HoldfastError, isHoldfastError } from '../../../model/errors.ts';
import { isAbsent, systemCode, writeAll } from '../../../store/files.ts';
import { unwritable } from './refusals.ts';

/** Calls to the disk under way at once: keeps its queue full, far below any limit on open files. */
const AT_ONCE = 16;

/** Does `work` on each, some at once. After a failure nothing new is begun, and what was begun has ended when it throws. */
export async function onEach<T>(
  items: Iterable<T>,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const source = items[Symbol.iterator]();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (let next = source.next(); !next.done && !hasFailed; next = source.next()) {
      try {
        signal.throwIfAborted();
        await work(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  const failure = ended.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** What the disk refused, as `destination-unwritable`; errors that are not the disk's are passed on. */
export function asUnwritable(name: string, path: string, error: unknown): unknown {
  const cause = isHoldfastError(error, 'state-unwritable') ? error.cause : error;
  const code = systemCode(cause);
  if (!/^E[A-Z0-9]+$/.test(code)) return error;
  return unwritable(name, path, code, cause);
}

/** Names in a folder; none where there is no folder. */
export async function namesIn(path: string): Promise<string[]> {
  return readdir(path).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
}

/** Names in a folder and in the folders in it; links are not followed. */
export async function countIn(path: string): Promise<number> {
  let count = 0;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    count += 1 + (entry.isDirectory() ? await countIn(join(path, entry.name)) : 0);
  }
  return count;
}

/** Where a link points; undefined where there is no link. */
export async function targetOf(path: string): Promise<string | undefined> {
  return readlink(path).catch((error: unknown) => {
    if (isAbsent(error) || systemCode(error) === 'EINVAL') return undefined;
    throw error;
  });
}

/** What lies at a path, without following a link; undefined for nothing. */
export async function kindOf(path: string): Promise<'file' | 'folder' | 'link' | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return 'link';
  return found.isDirectory() ? 'folder' : 'file';
}

// A link that somebody planted is refused, not followed.
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export interface Writing {
  readonly source: () => Readable;
  /** True where a power loss must not take it away again. */
  readonly isDurable: boolean;
}

/** Writes a new file from a stream that must be exactly what `ref` says; on failure there is no file. */
export async function writeVerified(path: string, ref: BlobRef, { source, isDurable }: Writing): Promise<void> {
  const handle = await open(path, NEW_FILE, 0o666);
  try {
    await copy(source(), handle, ref);
    if (isDurable) await handle.sync();
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function copy(source: Readable, handle: FileHandle, ref: BlobRef): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    hash.update(chunk);
    await writeAll(handle, chunk, size);
    size += chunk.length;
  }
  if (size === ref.size && hash.digest('hex') === ref.sha256) return;
  throw new HoldfastError('blob-damaged', `what was to be published as ${ref.sha256} has other bytes`, {
    hint: 'run again: they are fetched or made anew',
  });
}

/** Another name for a file; a copy where the file system has no room for one more name. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!['EMLINK', 'EPERM', 'ENOTSUP'].includes(systemCode(error))) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    const handle = await open(to, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** True where a file has these bytes; each of them is read. */
export async function holds(path: string, { size, sha256 }: BlobRef): Promise<boolean> {
  const found = await lstat(path).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
    return undefined;
  });
  if (found === undefined || !found.isFile() || found.size !== size) return false;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex') === sha256;
}
