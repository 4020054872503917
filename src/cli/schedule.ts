import { SCHEDULERS, scheduleFiles } from '../cycle/schedule.ts';
import { HoldfastError } from '../model/errors.ts';
import { type InstallFlags, install } from './install.ts';
import type { VerbIo } from './io.ts';

/** `holdfast schedule NAME`: prints what starts a cycle each minute, or writes it to the folder `--out`. */
export async function scheduleVerb(io: VerbIo, name: string, flags: InstallFlags): Promise<number> {
  const scheduler = SCHEDULERS.find((one) => one === name);
  if (scheduler === undefined)
    throw new HoldfastError('usage', `there is no scheduler ${name}`, { hint: `there is ${SCHEDULERS.join(', ')}` });
  const { files, user } = await scheduleFiles(await io.load(), scheduler);
  io.note(`it runs as ${user}, who must own the mirror and may read the configuration`);
  await install(io, files, flags);
  return 0;
}
