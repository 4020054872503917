import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Every name with what changes when it is written: its inode and the time of its last change. Folders change with their names. */
export async function inventoryOf(dir: string): Promise<string> {
  const names = (await readdir(dir, { recursive: true })).sort();
  const lines = await Promise.all(
    names.map(async (name) => {
      const found = await lstat(join(dir, name), { bigint: true });
      return found.isDirectory() ? name : `${name} ${found.ino} ${found.mtimeNs}`;
    }),
  );
  return lines.join('\n');
}
