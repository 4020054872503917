import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EDGES } from '../config/edge.ts';
import { edgeFiles } from '../cycle/edge.ts';
import type { EdgeFile, EdgeName } from '../edge/fillers.ts';
import { HoldfastError } from '../model/errors.ts';
import { writeAtomic } from '../store/files.ts';
import { assertDestination } from './destinations.ts';
import type { VerbIo } from './io.ts';

export interface EdgeFlags {
  readonly to?: string;
  readonly out?: string;
}

/** `holdfast edge NAME`: prints what to install in front of the release, or writes it to the folder `--out`. */
export async function edgeVerb(io: VerbIo, name: string, { to, out }: EdgeFlags): Promise<number> {
  const server = EDGES.find((one) => one === name);
  if (server === undefined)
    throw new HoldfastError('usage', `there is no edge ${name}`, { hint: `there is ${EDGES.join(', ')}` });
  const loaded = await io.load();
  assertDestination(to, loaded.config.destinations);
  const files = await edgeFiles(loaded, { name: server, to }, io.signal);
  if (out === undefined) printOnly(io, server, files);
  else await writeAll(io, resolve(io.cwd, out), files);
  return 0;
}

function printOnly(io: VerbIo, server: EdgeName, files: readonly EdgeFile[]): void {
  const [only, ...others] = files;
  if (only === undefined || others.length > 0) {
    const names = files.map(({ path }) => path).join(', ');
    throw new HoldfastError('usage', `${server} takes several files: ${names}`, { hint: 'name a folder with --out' });
  }
  if (io.json) io.print(JSON.stringify({ files }));
  else io.print(only.text.trimEnd());
}

async function writeAll(io: VerbIo, folder: string, files: readonly EdgeFile[]): Promise<void> {
  for (const { path, text } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeAtomic(file, text);
    if (!io.json) io.print(file);
  }
  if (io.json) io.print(JSON.stringify({ files: files.map(({ path }) => join(folder, path)) }));
}
