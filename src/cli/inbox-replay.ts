import { siteOf } from '../cycle/workplace.ts';
import type { ReplayEvent } from '../inbox/replay.ts';
import { runReplay } from '../inbox/run-replay.ts';
import { systemClock } from '../model/clock.ts';
import { EXIT } from '../model/errors.ts';
import type { VerbIo } from './io.ts';

/**
 * `holdfast inbox replay`: delivers what waits, and ends. An origin that is away is no failure: that is what the inbox is for, and the next run
 * tries again. One line of JSON a submission goes to standard error.
 */
export async function inboxReplayVerb(io: VerbIo): Promise<number> {
  const loaded = await io.load(['origin', 'inbox']);
  const log = (event: ReplayEvent) => io.note(JSON.stringify({ at: new Date().toISOString(), ...event }));
  const report = await runReplay({ loaded, site: siteOf(loaded), clock: systemClock, log }, io.signal);
  if (io.json) io.print(JSON.stringify(report));
  else {
    const { delivered, refused, later, torn, unreadable, waiting, stopped } = report;
    const rest = [
      [refused, 'refused'],
      [later, 'put off'],
      [torn, 'torn'],
      [unreadable, 'sealed to another key'],
    ].filter(([count]) => count !== 0);
    const also = rest.map(([count, what]) => `, ${count} ${what}`).join('');
    io.print(`${delivered} delivered${also}, ${waiting} waiting${stopped === null ? '' : `; stopped: ${stopped}`}`);
  }
  return EXIT.done.code;
}
