import * as modules from 'node:module';
import { join } from 'node:path';

/**
 * Lets Node keep what it compiles, a fifth of a short run, in the user's own folder: its default is in the folder for temporary
 * files, where somebody else could have laid out something to run. Nothing where Node cannot (before 22.1) or no folder is known.
 */
export function keepCompiled({ XDG_CACHE_HOME, HOME }: NodeJS.ProcessEnv): void {
  const folder = XDG_CACHE_HOME || (HOME ? join(HOME, '.cache') : '');
  if (folder === '' || !('enableCompileCache' in modules) || typeof modules.enableCompileCache !== 'function') return;
  modules.enableCompileCache(join(folder, 'holdfast'));
}
