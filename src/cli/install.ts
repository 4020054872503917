import { dirname, join, resolve } from 'node:path';
import type { EdgeFile } from '../edge/facts.ts';
import { makeFolder, writeAtomic } from '../store/files.ts';
import type { VerbIo } from './io.ts';

/** Flags of verbs that print what is to be installed elsewhere. */
export interface InstallFlags {
  /** The folder to write to. */
  readonly out?: string;
}

/** Prints one file as it is, and several each under a line with its name; with `--out` they are written there, and their paths printed. */
export async function install(io: VerbIo, files: readonly EdgeFile[], { out }: InstallFlags): Promise<void> {
  if (out === undefined) {
    if (io.json) io.print(JSON.stringify({ files }));
    else for (const line of printed(files)) io.print(line);
    return;
  }
  const folder = resolve(io.cwd, out);
  for (const { path, text } of files) {
    const file = join(folder, path);
    await makeFolder(dirname(file));
    await writeAtomic(file, text);
    if (!io.json) io.print(file);
  }
  if (io.json) io.print(JSON.stringify({ files: files.map(({ path }) => join(folder, path)) }));
}

function printed(files: readonly EdgeFile[]): readonly string[] {
  return files.flatMap(({ path, text }, index) => {
    const name = files.length === 1 ? [] : [...(index === 0 ? [] : ['']), `==> ${path} <==`];
    return [...name, text.trimEnd()];
  });
}
