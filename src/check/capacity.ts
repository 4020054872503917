import type { Config } from '../config/schema.ts';
import type { Address } from '../model/address.ts';
import type { Clock } from '../model/clock.ts';
import type { Origin } from '../origin/client.ts';
import { count, type Finding, findingsOf } from './finding.ts';
import { isGood, lookAt, type Seen } from './look.ts';

/** What is asked to know what an origin bears: so many pages one after the other, and so many more two at a time. Ten requests in all. */
export const SINGLE_LOOKS = 6;
const PAIRS = 2;

/** How long pages took. Milliseconds. */
export interface Timing {
  /** Of each page that was asked for alone. */
  readonly single: readonly number[];
  /** Of all pages that were asked for two at a time, together; undefined where none were. */
  readonly paired: { readonly pages: number; readonly ms: number } | undefined;
}

/** Looks at pages two at a time: what is left of the list, then its beginning again. Nothing where there are no two pages. */
export async function lookInPairs(
  origin: Pick<Origin, 'look'>,
  {
    first,
    rest,
    clock,
  }: { readonly first: readonly Address[]; readonly rest: readonly Address[]; readonly clock: Clock },
  signal: AbortSignal,
): Promise<{ readonly seen: readonly Seen[]; readonly paired: Timing['paired'] }> {
  const all = [...rest, ...first, ...first].slice(0, PAIRS * 2);
  const seen: Seen[] = [];
  let ms = 0;
  for (let at = 0; at + 1 < all.length; at += 2) {
    const two = all.slice(at, at + 2);
    if (two[0] === two[1]) break;
    const began = clock.monotonic();
    const looks = two.map((address) => lookAt(origin, { addresses: [address], clock }, signal));
    seen.push(...(await Promise.all(looks)).flat());
    ms += clock.monotonic() - began;
  }
  const isWell = seen.length > 0 && seen.every(isGood);
  return { seen, paired: isWell ? { pages: seen.length, ms } : undefined };
}

/** A lane as it asks: how many pages are known of it, and its interval in ms. */
export interface Demand {
  readonly name: string;
  readonly pages: number;
  readonly every: number;
}

/**
 * What the origin bears, at least: the pages a second it was seen to answer, one at a time or two at a time, whichever was more. Nothing faster was tried.
 * Held against what it may be asked, and what the lanes ask.
 */
export function checkCapacity(
  timing: Timing,
  demands: readonly Demand[],
  { origin }: Pick<Config, 'origin'>,
): readonly Finding[] {
  const rate = rateOf(timing);
  if (rate === undefined) return [];
  const find = findingsOf('origin');
  const { requestsPerSecond } = origin;
  const text = `it answered ${perSecond(rate)}, by ${howOf(timing)}`;
  const allowed = requestsPerSecond === 0 ? Number.POSITIVE_INFINITY : requestsPerSecond;
  const said =
    requestsPerSecond === 0
      ? find(
          'warn',
          `${text}; nothing bounds what it is asked`,
          'set origin.requestsPerSecond well below what it bears',
        )
      : rate < allowed
        ? find(
            'warn',
            `${text}; it may be asked ${requestsPerSecond}`,
            'set origin.requestsPerSecond below what it bears: visitors need the rest',
          )
        : find('ok', `${text}; it is asked ${requestsPerSecond} at most`);
  return [said, ...demands.flatMap((lane) => tooLong(lane, Math.min(rate, allowed)))];
}

function rateOf({ single, paired }: Timing): number | undefined {
  const one = single.length === 0 ? undefined : (1000 * single.length) / Math.max(1, sum(single));
  const two = paired === undefined ? undefined : (1000 * paired.pages) / Math.max(1, paired.ms);
  return one === undefined ? two : Math.max(one, two ?? 0);
}

function howOf({ single, paired }: Timing): string {
  const alone = `${count(single.length, 'page')} one by one`;
  return paired === undefined ? alone : `${alone} and ${paired.pages} two at a time`;
}

function tooLong({ name, pages, every }: Demand, rate: number): Finding[] {
  const ms = (pages / rate) * 1000;
  if (ms <= every) return [];
  const text = `a look at all ${count(pages, 'page')} of lane ${name} takes ${minutes(ms)}, and is to begin each ${minutes(every)}`;
  return [
    findingsOf('origin')('warn', text, 'make its interval longer, or split it: what matters into a lane of its own'),
  ];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const perSecond = (rate: number): string => `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} pages a second`;
const minutes = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
