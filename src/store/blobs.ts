import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFile, renameSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { BlobRef } from '../model/capture.ts';
import { blobDamaged, blobUnreadable, openVerified } from './blob-stream.ts';
import { asUnwritable, isAbsent, systemCode } from './files.ts';

/**
 * Bytes named by their SHA-256. A blob appears whole; it is not forced to the disk one by one, so after a power loss
 * one may be torn: whoever reads it finds that out by its hash and gets an error instead of wrong bytes.
 */
export interface Blobs {
  put(bytes: Uint8Array): Promise<BlobRef>;
  /** Stores a stream without holding it in memory; nothing is stored where it fails. */
  putStream(chunks: AsyncIterable<Uint8Array>): Promise<BlobRef>;
  /** The whole blob, verified; throws `blob-damaged`, and removes it so that it can be made again, or `blob-missing`. */
  read(sha256: string): Promise<Buffer>;
  /** The same as a stream, which fails before its last bytes where they are not what `ref` says. */
  open(ref: BlobRef): Readable;
  /** True where a blob of that name is there, damaged or not. */
  has(sha256: string): Promise<boolean>;
  /** Removes blobs not in `keep` that are older than an hour (a younger one may be about to be needed); how many. */
  sweep(keep: ReadonlySet<string>): Promise<number>;
}

/** What `sweep` spares: longer than any cycle stores blobs before it names them in a file of its own. */
const SPARED_MS = 3_600_000;
/** A blob put again is made young when it is older than this, well before `sweep` could take it. */
const REFRESH_MS = SPARED_MS / 2;
/** Up to this size a blob is written without leaving the main thread: a third of the time of four hand-overs. */
const SMALL_BYTES = 65_536;
const TEMPORARY = '.incoming-';

// Half the cost of the promise form, which counts where thousands of small files are read.
const readWhole = promisify(readFile);

/** Blobs in the folder `dir`, which is made when the first one is put: `<dir>/ab/<sha256>`. */
export function openBlobs(dir: string): Blobs {
  const unique = randomBytes(6).toString('hex');
  let counter = 0;
  const pathOf = (sha256: string): string => join(dir, sha256.slice(0, 2), sha256);
  const temporaryIn = (folder: string): string => join(folder, `${TEMPORARY}${unique}-${counter++}`);

  return {
    async put(bytes) {
      const ref = { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
      const path = pathOf(ref.sha256);
      const temporary = temporaryIn(dirname(path));
      try {
        if (isStored(path, ref.size)) return ref;
        if (bytes.length <= SMALL_BYTES) writeSmall(temporary, bytes);
        else await writeLarge(temporary, bytes);
        renameSync(temporary, path);
      } catch (error) {
        throw discard(temporary, error);
      }
      return ref;
    },
    async putStream(chunks) {
      const temporary = temporaryIn(dir);
      try {
        const ref = await writeStream(temporary, chunks);
        await mkdir(dirname(pathOf(ref.sha256)), { recursive: true });
        await rename(temporary, pathOf(ref.sha256));
        return ref;
      } catch (error) {
        throw discard(temporary, error);
      }
    },
    async read(sha256) {
      const path = pathOf(sha256);
      const bytes = await readWhole(path).catch((error: unknown) => {
        throw blobUnreadable(sha256, error);
      });
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw await blobDamaged(sha256, path);
      return bytes;
    },
    open: (ref) => openVerified(ref, pathOf(ref.sha256)),
    has(sha256) {
      return access(pathOf(sha256)).then(
        () => true,
        () => false,
      );
    },
    sweep: (keep) => sweep(dir, keep),
  };
}

/** True where a blob of that size is there; one of another size was torn by a power loss and is written anew. */
function isStored(path: string, size: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.size !== size) return false;
  if (Date.now() - found.mtimeMs > REFRESH_MS) utimesSync(path, new Date(), new Date());
  return true;
}

function writeSmall(temporary: string, bytes: Uint8Array): void {
  const descriptor = openNew(temporary);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
  } finally {
    closeSync(descriptor);
  }
}

function openNew(temporary: string): number {
  try {
    return openSync(temporary, 'wx');
  } catch (error) {
    if (!isAbsent(error)) throw error;
    mkdirSync(dirname(temporary), { recursive: true });
    return openSync(temporary, 'wx');
  }
}

async function writeLarge(temporary: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(temporary), { recursive: true });
  await writeFile(temporary, bytes, { flag: 'wx' });
}

async function writeStream(temporary: string, chunks: AsyncIterable<Uint8Array>): Promise<BlobRef> {
  await mkdir(dirname(temporary), { recursive: true });
  const handle = await open(temporary, 'wx');
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
      await handle.appendFile(chunk);
    }
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest('hex'), size };
}

/** Removes what is half written; the error to throw. */
function discard(temporary: string, error: unknown): unknown {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // The first error says more, and `sweep` removes the file later.
  }
  return systemCode(error) === '' ? error : asUnwritable(temporary, error);
}

async function sweep(dir: string, keep: ReadonlySet<string>): Promise<number> {
  let removed = 0;
  for (const entry of await list(dir)) {
    const path = join(dir, entry.name);
    if (entry.isFile()) removed += await removeOld(path, entry.name.startsWith(TEMPORARY));
    if (!entry.isDirectory()) continue;
    for (const { name } of await list(path)) removed += await removeOld(join(path, name), !keep.has(name));
  }
  return removed;
}

async function list(dir: string) {
  return readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw asUnwritable(dir, error);
  });
}

async function removeOld(path: string, unwanted: boolean): Promise<number> {
  if (!unwanted || Date.now() - (await stat(path)).mtimeMs < SPARED_MS) return 0;
  await rm(path, { force: true });
  return 1;
}
