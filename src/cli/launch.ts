import { parseDuration } from '../config/units.ts';
import { launchAt, setLaunch } from '../cycle/launch.ts';
import { age } from '../model/age.ts';
import { EXIT, HoldfastError } from '../model/errors.ts';
import type { VerbIo } from './io.ts';

export interface LaunchFlags {
  readonly for?: string;
}

/** Longer than any launch: a mode that was forgotten ends by itself. */
const LONGEST = '2d';

/** `holdfast launch on --for 3h | off | status`: what runs on this machine heeds it from its next cycle on. Nothing is cleared, ever. */
export async function launchVerb(io: VerbIo, what: string, flags: LaunchFlags): Promise<number> {
  const { stateDir, config } = await io.load();
  const now = Date.now();
  if (what === 'on') await setLaunch(stateDir, { since: now, until: now + lengthOf(flags.for) });
  else if (what === 'off') await setLaunch(stateDir, undefined);
  else if (what !== 'status') throw new HoldfastError('usage', `launch ${what}: there is on, off and status`);
  const launch = await launchAt(stateDir, now);
  if (io.json)
    io.print(
      JSON.stringify({
        launch:
          launch === undefined
            ? null
            : { since: new Date(launch.since).toISOString(), until: new Date(launch.until).toISOString() },
      }),
    );
  else if (launch === undefined) io.print('launch mode is off');
  else
    io.print(
      `launch mode until ${new Date(launch.until).toISOString()} (${age(launch.until - now)}): lanes of ${age(config.launch.hot)} or less each ${age(config.launch.every)}, the others paused`,
    );
  return EXIT.done.code;
}

function lengthOf(text: string | undefined): number {
  if (text === undefined) throw new HoldfastError('usage', 'launch on: say for how long, as in --for 3h');
  const ms = parseDuration(text, LONGEST);
  if (ms === undefined)
    throw new HoldfastError('usage', `--for ${text}: is not a duration of at most ${LONGEST}, such as 3h`);
  return ms;
}
