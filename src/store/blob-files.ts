import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BlobRef } from '../model/capture.ts';
import type { Clock } from '../model/clock.ts';
import { blobUnreadable, damagedFile, hashOf, openVerified } from './blob-stream.ts';
import { asUnwritable, isAbsent } from './files.ts';

/** Blobs that are files of their own: those too large for a pack. */
export interface BlobFiles {
  put(ref: BlobRef, bytes: Uint8Array): Promise<void>;
  /** A blob whose name is not known yet. */
  begin(): Promise<Incoming>;
  /** Verified; throws `blob-damaged`, and removes the file, or `blob-missing`. */
  read(sha256: string): Promise<Buffer>;
  open(ref: BlobRef): Readable;
  has(sha256: string): Promise<boolean>;
  /** Removes blobs not in `keep`, and what killed runs left half written, where older than `sparedMs`; how many. */
  sweep(keep: ReadonlySet<string>): Promise<number>;
  /** The same, however young they are. */
  scrub(keep: ReadonlySet<string>): Promise<void>;
}

/** A file that grows. It ends with `store` or `discard`; both throw `state-unwritable`. */
export interface Incoming {
  append(bytes: Uint8Array): Promise<void>;
  store(sha256: string): Promise<void>;
  discard(): Promise<void>;
}

const TEMPORARY = '.incoming-';
/** What `writeAtomic` leaves of the index when it is killed. */
const INDEX_TEMPORARY = /^index\..*\.tmp$/;
/** 16 folders: making a file takes half the time it takes in 256, and each still holds tens of thousands with ease. */
const FAN = 1;

/** Files in the folder `dir`, which is made when the first one is put: `<dir>/a/<sha256>`. */
export function openBlobFiles(dir: string, clock: Clock, sparedMs: number): BlobFiles {
  const unique = randomBytes(6).toString('hex');
  let counter = 0;
  const pathOf = (sha256: string): string => join(dir, sha256.slice(0, FAN), sha256);
  const begin = (): Promise<Incoming> => startIncoming(join(dir, `${TEMPORARY}${unique}-${counter++}`), pathOf);

  return {
    async put(ref, bytes) {
      if (await isStored(pathOf(ref.sha256), ref.size, { clock, renewMs: sparedMs / 2 })) return;
      const incoming = await begin();
      await incoming.append(bytes).catch((error: unknown) => abandon(incoming, error));
      await incoming.store(ref.sha256);
    },
    begin,
    async read(sha256) {
      const path = pathOf(sha256);
      const bytes = await readFile(path).catch((error: unknown) => {
        throw blobUnreadable(sha256, error);
      });
      if (hashOf(bytes) !== sha256) throw damagedFile(sha256, path);
      return bytes;
    },
    open: (ref) => openVerified(ref, pathOf(ref.sha256)),
    has: (sha256) =>
      stat(pathOf(sha256)).then(
        () => true,
        () => false,
      ),
    sweep: (keep) => sweep(dir, keep, clock.now() - sparedMs),
    scrub: async (keep) => {
      await sweep(dir, keep, Number.POSITIVE_INFINITY);
    },
  };
}

/** Removes what is half written; throws `error`, which says more than a failure to remove. */
export async function abandon(incoming: Incoming | undefined, error: unknown): Promise<never> {
  await incoming?.discard().catch(() => undefined);
  throw error;
}

async function startIncoming(temporary: string, pathOf: (sha256: string) => string): Promise<Incoming> {
  const orUnwritable = (error: unknown): never => {
    throw asUnwritable(temporary, error);
  };
  const handle = await openNew(temporary).catch(orUnwritable);
  const discard = async () => {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(orUnwritable);
  };
  return {
    append: (bytes) => handle.appendFile(bytes).catch(orUnwritable),
    async store(sha256) {
      const path = pathOf(sha256);
      try {
        await handle.close();
        await mkdir(dirname(path), { recursive: true });
        await rename(temporary, path);
      } catch (error) {
        await discard().catch(() => undefined);
        orUnwritable(error);
      }
    },
    discard,
  };
}

async function openNew(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  return open(path, 'wx');
}

/** True where a blob of that size is there, made young when it is not; one of another size is torn and written anew. */
async function isStored(path: string, size: number, age: { clock: Clock; renewMs: number }): Promise<boolean> {
  try {
    const found = await stat(path);
    if (found.size !== size) return false;
    const now = age.clock.now();
    if (now - found.mtimeMs > age.renewMs) await utimes(path, now / 1000, now / 1000);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw asUnwritable(path, error);
  }
}

async function sweep(dir: string, keep: ReadonlySet<string>, oldest: number): Promise<number> {
  let removed = 0;
  for (const entry of await list(dir)) {
    const path = join(dir, entry.name);
    const isLeft = entry.name.startsWith(TEMPORARY) || INDEX_TEMPORARY.test(entry.name);
    if (entry.isFile() && isLeft) removed += await removeOld(path, oldest);
    if (!entry.isDirectory()) continue;
    for (const { name } of await list(path)) if (!keep.has(name)) removed += await removeOld(join(path, name), oldest);
  }
  return removed;
}

async function list(dir: string) {
  return readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw asUnwritable(dir, error);
  });
}

async function removeOld(path: string, oldest: number): Promise<number> {
  if ((await stat(path)).mtimeMs > oldest) return 0;
  await rm(path, { force: true });
  return 1;
}
