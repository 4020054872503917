import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { type AppointmentWhy, nextAppointment, type Prepared, preparedIn } from '../cycle/appointment.ts';
import { stateFiles } from '../cycle/workplace.ts';
import { shownInstant } from '../model/instant.ts';
import { embargoesIn } from '../render/composed.ts';
import { counted } from './face/words.ts';

/** What is to come, told without a word of what is under embargo: counts and times alone. Times are ISO 8601. */
export interface Ahead {
  /** The next instant at which a release is to go live. */
  readonly next:
    | (Told & {
        readonly why: AppointmentWhy;
        readonly ready: readonly Readiness[] | null;
        readonly problem: string | null;
        /** Destinations at which it is not ready while it is at others, with the code of what went wrong; null where they were not reached. */
        readonly missing: readonly { readonly destination: string; readonly problem: string | null }[];
      })
    | null;
  /** The next entry of the timetable that publishes nothing: a hold, launch mode. */
  readonly entry: (Told & { readonly then: string }) | null;
  /** Pages and files that no visitor gets yet. */
  readonly embargoed: number;
}

interface Told {
  readonly at: string;
  /** For people, with the zone of the schedule. */
  readonly shown: string;
}

/** What is ready at one destination: `ready` is null in `Ahead` where nothing was prepared yet. */
export interface Readiness {
  readonly destination: string;
  readonly changes: number;
  readonly puts: number;
  readonly staged: number;
}

/** By what lies in the state folder. Writes nothing. */
export async function aheadOf(loaded: LoadedConfig, now: number): Promise<Ahead> {
  const { config, stateDir } = loaded;
  const told = (at: number): Told => ({
    at: new Date(at).toISOString(),
    shown: shownInstant(at, config.schedule.zone),
  });
  const next = await nextAppointment(loaded, now);
  const prepared = await preparedIn(stateDir, now);
  const entry = config.timetable
    .filter(({ at, then }) => then !== 'publish' && at > now)
    .toSorted((one, other) => one.at - other.at)[0];
  return {
    next: next === undefined ? null : { ...told(next.at), why: next.why, ...readinessOf(next.at, config, prepared) },
    entry: entry === undefined ? null : { ...told(entry.at), then: entry.then },
    embargoed: (await embargoesIn(stateFiles(stateDir).composed, now)).waiting,
  };
}

function readinessOf(at: number, { destinations }: Config, prepared: Prepared | undefined) {
  if (prepared?.at !== at) return { ready: null, problem: null, missing: [] };
  const ready = prepared.destinations.map(({ destination, changes, puts, staged }) => ({
    destination,
    changes: changes.length,
    puts,
    staged,
  }));
  const problem = prepared.problem ?? null;
  const names = problem === null ? destinations.map(({ name }) => name) : [];
  const missing = names
    .filter((name) => !ready.some(({ destination }) => destination === name))
    .map((destination) => ({ destination, problem: prepared.problems?.[destination] ?? null }));
  return { ready, problem, missing };
}

/** True where something was to be prepared and is not, here or at one destination. */
export function isUnready({ problem, missing }: NonNullable<Ahead['next']>): boolean {
  return problem !== null || missing.length > 0;
}

/** The same for people, a line each; nothing where nothing is to come. */
export function* aheadLines({ next, entry, embargoed }: Ahead, now: number): Generator<string> {
  const inTime = (at: string): string => `in ${countdown(Date.parse(at) - now)}`;
  if (next !== null) {
    yield `LIVE at ${next.shown}, ${inTime(next.at)} (${WHY[next.why]}): ${readyWords(next)}`;
  }
  if (entry !== null) yield `${entry.then} at ${entry.shown}, ${inTime(entry.at)}`;
  if (embargoed > 0) yield `pages and files under embargo: ${embargoed}`;
}

/** What is left: `1 d 02:03:04`, `02:03:04`. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [days, rest] = [Math.floor(seconds / 86_400), seconds % 86_400];
  const parts = [Math.floor(rest / 3600), Math.floor((rest % 3600) / 60), rest % 60];
  return `${days === 0 ? '' : `${days} d `}${parts.map((part) => String(part).padStart(2, '0')).join(':')}`;
}

const WHY: Readonly<Record<AppointmentWhy, string>> = {
  timetable: 'timetable',
  embargo: 'embargo',
  asked: 'publish --at',
};

function readyWords({ ready, problem, missing }: NonNullable<Ahead['next']>): string {
  if (problem !== null) return `NOT READY: it cannot be prepared (${problem}); holdfast preview shows why`;
  if (ready === null) return 'not prepared yet; a publish within the day before does it';
  const each = ready.map(
    ({ destination, changes, puts, staged }) =>
      `${destination} ready, ${counted(puts, 'file')} to put${staged === 0 ? '' : `, ${staged} of them lie there`}, ${changes} that visitors have now change`,
  );
  const lacking = missing.map(
    (one) => `${one.destination} NOT READY${one.problem === null ? '' : ` (${one.problem})`}`,
  );
  return [...lacking, ...each].join('; ');
}
