import { EDGES } from '../config/edge.ts';
import { edgeFiles } from '../cycle/edge.ts';
import { HoldfastError } from '../model/errors.ts';
import { assertDestination } from './destinations.ts';
import { type InstallFlags, install } from './install.ts';
import type { VerbIo } from './io.ts';

export interface EdgeFlags extends InstallFlags {
  readonly to?: string;
}

/** `holdfast edge NAME`: prints what to install in front of the release, or writes it to the folder `--out`. */
export async function edgeVerb(io: VerbIo, name: string, flags: EdgeFlags): Promise<number> {
  const server = EDGES.find((one) => one === name);
  if (server === undefined)
    throw new HoldfastError('usage', `there is no edge ${name}`, { hint: `there is ${EDGES.join(', ')}` });
  const loaded = await io.load();
  assertDestination(flags.to, loaded.config.destinations);
  const files = await edgeFiles(loaded, { name: server, to: flags.to }, io.signal);
  await install(io, files, flags);
  return 0;
}
