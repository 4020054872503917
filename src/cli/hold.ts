import { setTimeout as wait } from 'node:timers/promises';
import type { LoadedConfig } from '../config/load.ts';
import { type HoldState, holdStates, setHolds } from '../cycle/hold.ts';
import { TOO_LONG } from '../cycle/holding.ts';
import { destinationsOf } from '../cycle/workplace.ts';
import { age } from '../model/age.ts';
import { EXIT, isHoldfastError } from '../model/errors.ts';
import type { Destination } from '../publish/destination.ts';
import { assertDestination } from './destinations.ts';
import type { VerbIo } from './io.ts';
import { publishKnown } from './publish.ts';

export interface HoldFlags {
  readonly to?: string;
}

/** A run that is at work learns of a hold within seconds, and is over or between two slices of its looks, of 15 s each, within this. */
const LONGEST_WAIT_MS = 60_000;
const POLL_MS = 500;

/** `holdfast hold on [NAME]` and `off`, with a page of null: at once, whoever is at work; the origin is not asked. */
export async function holdVerb(io: VerbIo, page: string | null | undefined, { to }: HoldFlags): Promise<number> {
  const loaded = await io.load();
  assertDestination(to, loaded.config.destinations);
  const wanted = page === undefined ? loaded.config.edge.holding : page;
  const { set, failed } = await setHolds(loaded, { page: wanted, to }, io.signal);
  for (const { name, error } of failed) io.noteError(error, name);
  const exits: number[] = failed.map(({ error }) => error.exit);
  for (const { name, holds } of set) if (holds === 'pages') exits.push(await putOver(io, loaded, name));
  tell(io, await holdStates(set, io.signal));
  if (loaded.config.edge.for.includes('cloudfront')) io.note(atCloudfront(wanted));
  return exits.find((exit) => exit === EXIT.refused.code || exit === EXIT.failed.code) ?? Math.max(0, ...exits);
}

/** It looks at no flag and no control record. */
const atCloudfront = (page: string | null): string =>
  `CloudFront goes by the key hold of its own store: ${page === null ? 'delete it' : `put ${page} there`}, as docs/edge.md says`;

/** `holdfast hold status`: what visitors are on where. Writes nothing. */
export async function holdStatusVerb(io: VerbIo): Promise<number> {
  const loaded = await io.load();
  tell(io, await holdStates(destinationsOf(loaded), io.signal));
  return 0;
}

/**
 * Has the pages put over, or back, by a release of what is known; one that is under way elsewhere is waited for. The exit code says
 * whether it is done: that pages are kept from an earlier look is told, and is no failure of the hold.
 */
async function putOver(io: VerbIo, loaded: LoadedConfig, name: string): Promise<number> {
  for (let waited = 0; ; waited += POLL_MS) {
    try {
      const exit = await publishKnown(io, loaded, name);
      return exit === EXIT.kept.code ? EXIT.done.code : exit;
    } catch (error) {
      if (!isHoldfastError(error, 'locked', 'leased')) throw error;
      if (waited >= LONGEST_WAIT_MS) {
        io.note(`${name}: another run is at work, whose next release does it`);
        return EXIT.busy.code;
      }
      await wait(POLL_MS, undefined, { signal: io.signal });
    }
  }
}

function tell(io: VerbIo, states: readonly HoldState[]): void {
  if (io.json) io.print(JSON.stringify({ destinations: states }));
  else for (const state of states) for (const line of holdLines(state)) io.print(line);
}

/** What a person is to know of a destination's hold; the first line says it all. */
export function* holdLines(state: HoldState): Generator<string> {
  const { name, hold, over, tooLong } = state;
  if (hold === null) {
    yield `${name}: no hold, visitors get the release`;
    if (over !== null && over > 0) yield `${name}: ${over} pages still show a holding page, until the next publish`;
    return;
  }
  const since = `since ${hold.since} (${age(Date.now() - Date.parse(hold.since))})`;
  yield `${name}: ON HOLD: visitors get the page ${hold.page} ${since}, by ${hold.by}, until holdfast hold off`;
  yield `${name}: ${howLine(state)}`;
  if (tooLong) yield `${name}: WARNING: held for more than a day: ${TOO_LONG}`;
}

const HOW: Readonly<Record<Destination['holds'], string>> = {
  flag: 'pages only, where the web server looks at the flag: files, downloads and the robots file go on',
  pages: 'no web server can look at a flag there',
};

function howLine({ how, over, hold }: HoldState): string {
  if (over === null) return HOW[how];
  if (over === 0) return `${HOW.pages}, and no page is put over yet: the next publish does it`;
  return `${HOW.pages}: ${hold?.page} is put over ${over} hot pages, which say 200; all other pages go on`;
}
