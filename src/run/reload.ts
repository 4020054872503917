import { stat } from 'node:fs/promises';
import type { LoadedConfig } from '../config/load.ts';
import { asHoldfastError, HoldfastError } from '../model/errors.ts';

/** Reads the configuration again when its file has changed. */
export interface Reloader {
  /** The new configuration, what is wrong with it, or undefined where the file is as it was; `isForced` reads it all the same. */
  look(isForced: boolean): Promise<LoadedConfig | HoldfastError | undefined>;
}

/** One for as long as a process lives. `load` reads and checks it all, secrets too: where a secret's own file changed, only `isForced` finds that. */
export function reloaderOf({ path }: LoadedConfig, load: () => Promise<LoadedConfig>): Reloader {
  let file = path;
  let mark = markOf(file);
  return {
    async look(isForced) {
      const now = await markOf(file);
      if (!isForced && now === (await mark)) return undefined;
      // Of before it is read: what is saved while it is read is found by the next look.
      mark = Promise.resolve(now);
      const found = await load().catch(asHoldfastError);
      if (!(found instanceof HoldfastError) && found.path !== file) [file, mark] = [found.path, markOf(found.path)];
      return found;
    },
  };
}

/** '' while an editor has it away for a moment. */
async function markOf(path: string): Promise<string> {
  return stat(path).then(
    ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
    () => '',
  );
}
