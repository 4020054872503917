import { Cron } from 'croner';

/** When a cron pattern says so. */
export interface CronTimes {
  /** The first time after `at` (milliseconds since 1970, both); undefined where none comes any more. */
  after(at: number): number | undefined;
}

/** Reads a pattern of five fields, or six with seconds before them; `zone` is an IANA name. Throws an `Error` that says what is wrong with it. */
export function cronTimes(pattern: string, zone: string): CronTimes {
  const cron = new Cron(pattern, { timezone: zone, paused: true });
  return { after: (at) => cron.nextRun(new Date(at))?.getTime() };
}

/** True for a pattern that comes true at some time. */
export function isCron(pattern: string): boolean {
  try {
    return cronTimes(pattern, 'UTC').after(0) !== undefined;
  } catch {
    return false;
  }
}
