/** Nobody is taken at their word for longer than an hour. */
const CAP = 3_600_000;

/** How long a Retry-After header asks us to stay away, in milliseconds, an hour at most; undefined where it says nothing. */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? undefined : Math.min(CAP, Math.max(0, wait));
}
