import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The folder itself, or the nearest one above it that is there. */
export async function nearestFolder(dir: string): Promise<string> {
  const found = await lstat(dir).catch(() => undefined);
  return found !== undefined || dirname(dir) === dir ? dir : nearestFolder(dirname(dir));
}
