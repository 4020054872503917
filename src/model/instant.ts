const WRITTEN =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)? ?(?:(Z)|([+-])(\d\d):?(\d\d)|\[([A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)*)\])$/;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What is said of a text that names no instant; a local time alone is none, since editor, machine and site may each take it for another. */
export const NOT_AN_INSTANT =
  'is not an instant: write date, time and offset or zone, such as 2027-02-02T09:00:00Z, 2027-02-02T10:00+01:00 or 2027-02-02T10:00[Europe/Berlin]';

/** Milliseconds since 1970 of a date and time with `Z`, an offset or a zone; undefined for a text that names no instant, or two, as in the hour that a zone has twice. */
export function parseInstant(text: string): number | undefined {
  const found = WRITTEN.exec(text.trim());
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '0', , sign, hours, minutes, zone] = found;
  const parts = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [y, mo, d, h, mi, s] = parts;
  const local = Date.UTC(y, mo - 1, d, h, mi, s, Number(fraction.padEnd(3, '0')));
  if (!isWhatWasWritten(local, parts)) return undefined;
  if (zone !== undefined) return inZone(local, zone);
  const ahead = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  return Math.abs(ahead) > 14 * 60 || Number(minutes ?? 0) > 59 ? undefined : local - ahead * MINUTE_MS;
}

/** False for 30 February, and for 25 o'clock. */
function isWhatWasWritten(ms: number, [y, mo, d, h, mi, s]: readonly number[]): boolean {
  const at = new Date(ms);
  return (
    at.getUTCFullYear() === y &&
    at.getUTCMonth() + 1 === mo &&
    at.getUTCDate() === d &&
    at.getUTCHours() === h &&
    at.getUTCMinutes() === mi &&
    at.getUTCSeconds() === s
  );
}

/** The one instant at which clocks of a zone show this; a day before and after, every offset that it can have is in force. */
function inZone(local: number, zone: string): number | undefined {
  if (!isZone(zone)) return undefined;
  const offsets = new Set([offsetOf(local - DAY_MS, zone), offsetOf(local + DAY_MS, zone)]);
  const fits = [...offsets].map((offset) => local - offset).filter((at) => at + offsetOf(at, zone) === local);
  return fits.length === 1 ? fits[0] : undefined;
}

/** True for a time zone that this machine knows. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** By how many milliseconds the clocks of a zone are ahead of UTC at an instant. */
function offsetOf(at: number, zone: string): number {
  return Date.parse(`${localOf(at, zone).replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000;
}

/** What the clocks of a zone show: `2027-02-02 10:00:00`. */
function localOf(at: number, zone: string): string {
  const form = new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  return form.format(Math.floor(at / 1000) * 1000);
}

/** An instant for people: `2027-02-02 09:00:00 UTC`, and in their own zone too, `(10:00:00 Europe/Berlin)`, with the date where that is another. */
export function shownInstant(at: number, zone = 'UTC'): string {
  const utc = localOf(at, 'UTC');
  if (zone === 'UTC') return `${utc} UTC`;
  const there = localOf(at, zone);
  const shown = there.slice(0, 10) === utc.slice(0, 10) ? there.slice(11) : there;
  return `${utc} UTC (${shown} ${zone})`;
}
