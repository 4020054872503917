import { randomBytes } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asUnwritable, syncFolder, writeAll } from '../store/files.ts';

/** Of all that lies in the spool: its owner's alone. */
export const OWNER_ONLY = { folder: 0o700, file: 0o600 } as const;

/** Writes a file that must not be there yet, for its owner only; the bytes are durable, the name is not. */
export async function writePrivate(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', OWNER_ONLY.file);
  try {
    await writeAll(file, bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Replaces a file of the owner's in one step, durably. Throws `state-unwritable`. */
export async function replacePrivate(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writePrivate(temporary, bytes);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw asUnwritable(path, error);
  }
}
