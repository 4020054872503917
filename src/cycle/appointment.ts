import type { LoadedConfig } from '../config/load.ts';
import type { Clock } from '../model/clock.ts';
import { keepAt, stepsBefore } from '../release/ending.ts';
import { embargoesIn } from '../render/composed.ts';
import { readJson, writeAtomic } from '../store/files.ts';
import { stateFiles } from './workplace.ts';

/** Nothing is prepared for longer ahead: until then words and templates change, and status has a name for it. */
export const HORIZON_MS = 24 * 3_600_000;
/** So long before an instant its release is made on what is live then, and held at the last step. */
const LEAD_MS = 10_000;
/** More of it where much is to be put before the switch. Bytes a millisecond: 2 MB/s, slower than any disk and most lines. */
const LEAD_BYTES = 2000;
const LONGEST_LEAD_MS = 600_000;
/** A cycle under way makes way so long before the lead: one look takes up to 20 s, a slice 15 s. */
const MAKE_WAY_MS = 35_000;

/** Why something is to go live at an instant: `asked` by `publish --at`. */
export type AppointmentWhy = 'timetable' | 'embargo' | 'asked';

/** An instant at which a release is to go live. */
export interface Appointment {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly why: AppointmentWhy;
}

/** What is ready at one destination. */
export interface ReadyAt {
  readonly destination: string;
  /** Files that visitors get now and will get otherwise, or not any more. Not to be told before the time. */
  readonly changes: readonly string[];
  /** Files that are put at the instant, or just before it where nobody sees them. */
  readonly puts: number;
  /** Of those, files that lie ready there under names that nobody guesses. */
  readonly staged: number;
  /** Of what is put and not staged. */
  readonly bytes: number;
}

/** What was prepared for the next instant. */
export interface Prepared {
  readonly at: number;
  /** When, milliseconds since 1970. */
  readonly made: number;
  readonly destinations: readonly ReadyAt[];
  /** For how long caches may keep what will change, in seconds. */
  readonly window: number;
  /** The code of the error that keeps all of it from being prepared. */
  readonly problem?: string;
  /** The same of one destination, by its name: the others are ready without it. */
  readonly problems?: Readonly<Record<string, string>>;
}

/** The first instant after `now` at which a release is to go live; undefined where there is none. */
export async function nextAppointment(
  { config, stateDir }: Pick<LoadedConfig, 'config' | 'stateDir'>,
  now: number,
): Promise<Appointment | undefined> {
  const { next } = await embargoesIn(stateFiles(stateDir).composed, now);
  const all: Appointment[] = [
    ...(await askedIn(stateDir)).map((at) => ({ at, why: 'asked' as const })),
    ...config.timetable.flatMap(({ at, then }) => (then === 'publish' ? [{ at, why: 'timetable' as const }] : [])),
    ...(next === null ? [] : [{ at: next, why: 'embargo' as const }]),
  ];
  return all.filter(({ at }) => at > now).toSorted((one, other) => one.at - other.at)[0];
}

/** Remembers that a release is wanted at an instant, so that every run on this machine prepares it. */
export async function askFor(stateDir: string, at: number, now: number): Promise<void> {
  const others = (await askedIn(stateDir)).filter((one) => one > now && one !== at);
  await writeAtomic(stateFiles(stateDir).appointments, JSON.stringify({ asked: [...others, at] }));
}

async function askedIn(stateDir: string): Promise<readonly number[]> {
  return (await readJson<{ readonly asked: readonly number[] }>(stateFiles(stateDir).appointments))?.asked ?? [];
}

/** What was prepared for an instant after `now`; undefined where nothing was. */
export async function preparedIn(stateDir: string, now: number): Promise<Prepared | undefined> {
  // Without it less is ready, and nothing else is lost.
  const prepared = await readJson<Prepared>(stateFiles(stateDir).prepared).catch(() => undefined);
  return prepared !== undefined && prepared.at > now ? prepared : undefined;
}

/** When the release of an instant is to be made and held. */
export function leadOf(prepared: Prepared | undefined): number {
  const bytes = Math.max(0, ...(prepared?.destinations ?? []).map((one) => one.bytes));
  return Math.min(LONGEST_LEAD_MS, LEAD_MS + Math.ceil(bytes / LEAD_BYTES));
}

/** Where sending takes long the release is made earlier, and all that comes before that is earlier by as much. */
function earlier(prepared: Prepared | undefined): number {
  return leadOf(prepared) - LEAD_MS;
}

/** Milliseconds before the instant at which caches are to keep what will change for shorter, the first step first. */
export function cutsBefore(prepared: Prepared | undefined): readonly number[] {
  return stepsBefore(prepared?.window ?? 0).map((before) => before + earlier(prepared));
}

/** For how many seconds caches may keep now what will change; undefined while that is far. */
export function keepNow(prepared: Prepared, now: number): number | undefined {
  return keepAt(prepared.at - now - earlier(prepared), prepared.window);
}

/** True so long before an instant that a cycle for now is to begin no more looks. Pure. */
export function isToMakeWay(left: number, prepared: Prepared | undefined): boolean {
  return left > 0 && left <= leadOf(prepared) + MAKE_WAY_MS;
}

/** The same, now. */
export async function isTimeToMakeWay(
  place: Pick<LoadedConfig, 'config' | 'stateDir'> & { readonly clock: Clock },
): Promise<boolean> {
  const now = place.clock.now();
  const next = await nextAppointment(place, now);
  return next !== undefined && isToMakeWay(next.at - now, await preparedIn(place.stateDir, now));
}
