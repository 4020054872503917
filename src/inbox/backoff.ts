const MINUTE_MS = 60_000;
const LONGEST_MS = 6 * 60 * MINUTE_MS;
/** Waits of 1, 2, 4, … minutes, of six hours at most: so many of them are three days. */
export const MAX_TRIES = 20;

/** How long a submission waits after so many failed deliveries, in milliseconds. */
export function waitAfter(tries: number): number {
  return Math.min(MINUTE_MS * 2 ** Math.max(0, tries - 1), LONGEST_MS);
}
