import type { LoadedConfig } from '../config/load.ts';
import type { TimetableEntry } from '../config/schema.ts';
import { asHoldfastError, type HoldfastError } from '../model/errors.ts';
import { readJson, writeAtomic } from '../store/files.ts';
import { setHolds } from './hold.ts';
import { setLaunch } from './launch.ts';
import { stateFiles } from './workplace.ts';

/** An entry that was missed for longer is not carried out any more: by then a person has done something about it. */
const LATEST_MS = 24 * 3_600_000;
/** What was done is remembered for longer than that, so that nothing is done twice. */
const REMEMBERED_MS = 7 * LATEST_MS;

/** What is to be done about the entries whose time has come. */
export interface DueEntries {
  /** In the order of their times. */
  readonly carryOut: readonly TimetableEntry[];
  /** Missed by so much, or followed by a later entry of the same kind, that they are only to be remembered. */
  readonly passOver: readonly TimetableEntry[];
}

/** By what an entry is remembered. */
export const keyOf = ({ at, then }: TimetableEntry): string => `${new Date(at).toISOString()} ${then}`;

/** `hold` or `launch`; entries that publish need nothing carried out, since what is composed follows from the time. */
const kindOf = ({ then }: TimetableEntry): string => then.split(' ', 1)[0] ?? '';

const isLaunch = (entry: TimetableEntry): boolean => kindOf(entry) === 'launch';

/** Of each kind the last entry whose time has come, unless it was done. Pure. */
export function dueEntries(
  entries: readonly TimetableEntry[],
  { done, now }: { readonly done: ReadonlySet<string>; readonly now: number },
): DueEntries {
  const come = entries
    .filter((entry) => entry.at <= now && kindOf(entry) !== 'publish')
    .toSorted((one, other) => one.at - other.at);
  const open = come.filter((entry) => !done.has(keyOf(entry)));
  const isLast = (entry: TimetableEntry): boolean => come.findLast((one) => kindOf(one) === kindOf(entry)) === entry;
  const isToDo = (entry: TimetableEntry): boolean => isLast(entry) && now - entry.at <= LATEST_MS;
  return { carryOut: open.filter(isToDo), passOver: open.filter((entry) => !isToDo(entry)) };
}

/** What came of one entry. */
export interface CarriedOut {
  readonly entry: TimetableEntry;
  /** Why it could not be done, or not everywhere; it is tried again then. */
  readonly error?: HoldfastError;
}

/**
 * Carries out what is due and was not done yet. An entry is remembered once it was done: one that was stopped in between is done again, to the
 * same end, since each sets a state and none adds to one. Throws only the signal's reason and `state-unwritable`.
 */
export async function keepTimetable(
  loaded: LoadedConfig,
  now: number,
  signal: AbortSignal,
): Promise<readonly CarriedOut[]> {
  const entries = loaded.config.timetable;
  if (!entries.some(({ at }) => at <= now)) return [];
  const { carryOut, passOver } = dueEntries(entries, { done: await doneIn(loaded.stateDir), now });
  const ended: CarriedOut[] = [];
  for (const entry of carryOut) {
    const error = await carryOutOne(loaded, entry, signal).then(() => undefined, asHoldfastError);
    signal.throwIfAborted();
    ended.push({ entry, ...(error === undefined ? {} : { error }) });
  }
  const done = ended.flatMap(({ entry, error }) => (error === undefined ? [entry] : []));
  await remember(loaded.stateDir, [...passOver, ...done], now);
  return ended;
}

/**
 * For a machine that is not at work. Launch mode is each machine's own, and this one may be at work any moment: that is carried out. What else was due this
 * long ago is remembered, without doing any of it: the machine that is at work has seen to it. Throws `state-unwritable`.
 */
export async function leaveToOthers(loaded: LoadedConfig, now: number, grace: number): Promise<void> {
  const entries = loaded.config.timetable.filter(({ at }) => at <= now);
  if (entries.length === 0) return;
  const done = await doneIn(loaded.stateDir);
  const launches = dueEntries(entries.filter(isLaunch), { done, now }).carryOut;
  for (const entry of launches) await launchAs(loaded.stateDir, entry);
  const others = entries.filter((entry) => !isLaunch(entry) && entry.at <= now - grace && !done.has(keyOf(entry)));
  await remember(loaded.stateDir, [...launches, ...others], now);
}

/** True where an entry is due and was not done. */
export async function hasDue({ config, stateDir }: LoadedConfig, now: number): Promise<boolean> {
  if (!config.timetable.some(({ at }) => at <= now)) return false;
  return dueEntries(config.timetable, { done: await doneIn(stateDir), now }).carryOut.length > 0;
}

async function carryOutOne(loaded: LoadedConfig, entry: TimetableEntry, signal: AbortSignal): Promise<void> {
  if (isLaunch(entry)) return launchAs(loaded.stateDir, entry);
  const [, what = ''] = entry.then.split(' ');
  const { failed } = await setHolds(loaded, { page: what === 'off' ? null : what, to: undefined }, signal);
  const [first] = failed;
  if (first !== undefined) throw first.error;
}

function launchAs(stateDir: string, { at, then, for: length = 0 }: TimetableEntry): Promise<void> {
  return setLaunch(stateDir, then === 'launch off' ? undefined : { since: at, until: at + length });
}

interface Remembered {
  /** Keys of what was done or passed over. */
  readonly done: readonly string[];
}

async function doneIn(stateDir: string): Promise<ReadonlySet<string>> {
  return new Set((await readJson<Remembered>(stateFiles(stateDir).timetable))?.done);
}

async function remember(stateDir: string, entries: readonly TimetableEntry[], now: number): Promise<void> {
  if (entries.length === 0) return;
  const known = [...(await doneIn(stateDir))].filter(
    (key) => now - Date.parse(key.split(' ', 1)[0] ?? '') < REMEMBERED_MS,
  );
  const done = new Set([...known, ...entries.map(keyOf)]);
  await writeAtomic(stateFiles(stateDir).timetable, JSON.stringify({ done: [...done] } satisfies Remembered));
}
