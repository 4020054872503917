import type { ReleaseFile } from '../model/manifest.ts';

const SECOND_MS = 1000;

/** From when on before an instant caches may keep a page that changes at it for how long. Seconds, the last step first. */
const STEPS = [
  { before: 20, keep: 0 },
  { before: 75, keep: 10 },
] as const;
/** What caches may keep in the first step; it is over before the next begins and ends, since a publish takes its time. */
const FIRST_KEEP = 60;
/** A publish is through within this; seconds. */
const MARGIN = 15;

/** Milliseconds before the instant at which pages get shorter times, the first step first; `window` is how long caches may keep them by then, in seconds. */
export function stepsBefore(window: number): readonly number[] {
  const first = Math.max(window, FIRST_KEEP) + MARGIN;
  return [first, ...STEPS.map(({ before }) => before).toSorted((a, b) => b - a)]
    .filter((before) => before <= first)
    .map((before) => before * SECOND_MS);
}

/** For how many seconds a cache may keep what it fetches so many milliseconds before the instant; undefined where that is far. */
export function keepAt(left: number, window: number): number | undefined {
  const step = STEPS.find(({ before }) => left <= before * SECOND_MS);
  if (step !== undefined) return step.keep;
  return left <= (stepsBefore(window)[0] ?? 0) ? FIRST_KEEP : undefined;
}

/** True where that is shorter than a web server of a mirror lets caches keep anything, whatever changes when. */
export function isCut(keep: number): boolean {
  return keep < FIRST_KEEP;
}

/** How long shared caches may show a copy by its `cache-control`, in seconds: while it is fresh, and while they ask for another. */
export function windowOf(caching: string): number {
  const { 's-maxage': shared, 'max-age': own, 'stale-while-revalidate': stale = 0 } = secondsIn(caching);
  return (shared ?? own ?? 0) + stale;
}

/**
 * A `cache-control` by which no cache shows a copy for longer than `keep` seconds, be the site there or away; one that lets no shared cache keep
 * anything, and one without a time, stay as they are.
 */
export function cutCaching(caching: string, keep: number): string {
  const { 's-maxage': shared, 'max-age': own } = secondsIn(caching);
  const fresh = shared ?? own;
  if (fresh === undefined || /\b(?:no-store|private)\b/i.test(caching)) return caching;
  const others = caching
    .split(',')
    .map((part) => part.trim())
    .filter(
      (part) => !/^(?:max-age|s-maxage|stale-while-revalidate|stale-if-error|immutable|must-revalidate)\b/i.test(part),
    );
  const left = Math.min(fresh, keep);
  return [...others, `max-age=${Math.min(own ?? left, keep)}`, `s-maxage=${left}`, 'must-revalidate'].join(', ');
}

/** The file with its caching cut. */
export function endingSoon(file: ReleaseFile, keep: number): ReleaseFile {
  const caching = file.headers['cache-control'];
  return caching === undefined
    ? file
    : { ...file, headers: { ...file.headers, 'cache-control': cutCaching(caching, keep) } };
}

function secondsIn(caching: string): Readonly<Partial<Record<string, number>>> {
  const found = [...caching.matchAll(/([a-z-]+)\s*=\s*"?(\d+)/gi)];
  return Object.fromEntries(found.map(([, name = '', seconds]) => [name.toLowerCase(), Number(seconds)]));
}
