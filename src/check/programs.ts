import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

/** True where a program could be started, as the system would look for it: by its path from `root`, or in the folders of PATH. */
export async function isProgram(name: string, root: string, path = process.env['PATH'] ?? ''): Promise<boolean> {
  const places = name.includes('/') ? [resolve(root, name)] : path.split(delimiter).map((folder) => join(folder, name));
  for (const place of places) if (await isExecutable(place)) return true;
  return false;
}

async function isExecutable(place: string): Promise<boolean> {
  try {
    await access(place, constants.X_OK);
    return (await stat(place)).isFile();
  } catch {
    return false;
  }
}
