import type { ControlRecord } from './control.ts';

/**
 * Releases kept at most. With a release a minute two days would be 2,880, and the manifests of a large site some megabytes each;
 * a hundred spread over the two days still lead back to within half an hour of any moment.
 */
export const MOST_RELEASES = 100;

export interface Retention {
  /** Releases to keep beside the live one, whatever their age. */
  readonly count: number;
  /** Milliseconds: every release that was live within this time is kept too, thinned out where that makes more than `MOST_RELEASES`. */
  readonly age: number;
  readonly now: Date;
}

/** Ids of the releases to keep when `live` goes live: it first, then the others, newest first. The pinned and the last verified one always. */
export function retained(record: ControlRecord, live: string, { count, age, now }: Retention): readonly string[] {
  const before = [record.live, ...record.releases].filter((id): id is string => id !== null && id !== live);
  const others = [...new Set(before)];
  const isSpecial = (id: string): boolean => id === record.pinned || id === record.verified;
  // A release was live until the one after it was made.
  let ended = now.getTime();
  const kept = others.filter((id, index) => {
    const isYoung = now.getTime() - ended < age;
    ended = Math.min(ended, madeAt(id));
    return index < count || isYoung || isSpecial(id);
  });
  return thinned([live, ...kept], { first: count + 1, isSpecial });
}

/** When a release was made, in milliseconds since 1970, from its id: `20270202T090000Z-…`. */
export function madeAt(id: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(id) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) || 0;
}

interface Thinning {
  /** The newest so many stay. */
  readonly first: number;
  readonly isSpecial: (id: string) => boolean;
}

/** Leaves out those whose neighbours are closest in time, until no more than `MOST_RELEASES` are left. */
function thinned(ids: readonly string[], { first, isSpecial }: Thinning): readonly string[] {
  const left = [...ids];
  while (left.length > MOST_RELEASES) {
    let at = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let index = first; index < left.length - 1; index++) {
      const id = left[index] ?? '';
      const gap = madeAt(left[index - 1] ?? '') - madeAt(left[index + 1] ?? '');
      if (gap < least && !isSpecial(id)) [at, least] = [index, gap];
    }
    if (at < 0) break;
    left.splice(at, 1);
  }
  return left;
}
