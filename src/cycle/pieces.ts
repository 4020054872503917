import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { isAbsent } from '../store/files.ts';
import { PACKAGE_ROOT } from './workplace.ts';

/** A piece of `templates/inbox/`: the project's own, else the package's. */
export async function readPiece({ root, config }: LoadedConfig, name: string): Promise<string> {
  const own = resolve(root, config.compose.templates, 'inbox', name);
  return readFile(own, 'utf8').catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
    return readFile(join(PACKAGE_ROOT, 'templates/inbox', name), 'utf8');
  });
}
