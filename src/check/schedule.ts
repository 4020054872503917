import { cronTimes } from '../config/cron.ts';
import type { Config } from '../config/schema.ts';
import { age } from '../model/age.ts';
import { type Finding, findingsOf } from './finding.ts';

/** What is known of the runs of late. Milliseconds since 1970. */
export interface Rhythm {
  /** When the last run of this machine ended; undefined before the first. */
  readonly last: number | undefined;
  readonly now: number;
  /** Another machine that has the lease of a destination. */
  readonly other: string | undefined;
}

/** Runs missed before it is said: one may be under way, a second be late. */
const MISSED = 3;

/** Whether something begins runs, cron, systemd or `holdfast run`: told by when the last one ended. Pure. */
export function checkSchedule(
  { schedule, lanes }: Pick<Config, 'schedule' | 'lanes'>,
  { last, now, other }: Rhythm,
): readonly Finding[] {
  const find = findingsOf('schedule');
  const start = 'start holdfast run, or install what holdfast schedule cron (or systemd) prints';
  if (last === undefined) {
    if (other !== undefined) return [find('ok', `this machine never published; ${other} is at work`)];
    return [find('warn', 'nothing was published from here yet', start)];
  }
  const every = schedule.every ?? Math.min(...lanes.map((lane) => lane.every));
  const due = schedule.cron === undefined ? last + MISSED * every : nthAfter(schedule.cron, schedule.zone, last);
  const rhythm = schedule.cron === undefined ? `each ${age(every)}` : `by ${schedule.cron} (${schedule.zone})`;
  const text = `the last run ended ${age(now - last)} ago, and is to be ${rhythm}`;
  if (now <= due) return [find('ok', text)];
  if (other !== undefined) return [find('ok', `${text}; ${other} is at work`)];
  return [find('warn', text, `nothing seems to begin one: ${start}`)];
}

function nthAfter(cron: string, zone: string, last: number): number {
  const times = cronTimes(cron, zone);
  let at = last;
  for (let nth = 0; nth < MISSED; nth++) at = times.after(at) ?? Number.POSITIVE_INFINITY;
  return at;
}
