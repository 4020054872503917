import { stat } from 'node:fs/promises';
import type { LoadedConfig } from '../config/load.ts';
import { asHoldfastError, type HoldfastError } from '../model/errors.ts';

/** Reads the configuration again when its file has changed. */
export interface Reloader {
  /** The new configuration, what is wrong with it, or undefined where the file is as it was; `isForced` reads it all the same. */
  look(isForced: boolean): Promise<LoadedConfig | HoldfastError | undefined>;
}

/** `load` reads and checks it all, secrets too: where a secret's own file changed, only `isForced` finds that. */
export function reloaderOf(loaded: LoadedConfig, load: () => Promise<LoadedConfig>): Reloader {
  let mark: Promise<string> | undefined = markOf(loaded.path);
  return {
    async look(isForced) {
      const now = await markOf(loaded.path);
      if (!isForced && now === (await mark)) return undefined;
      mark = Promise.resolve(now);
      return load().catch(asHoldfastError);
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
