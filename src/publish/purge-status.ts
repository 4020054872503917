import { type CacheRecord, newRecord, spentIn } from './purging.ts';

/** One cache as `status` tells of it; times are ISO 8601. */
export interface PurgeStatus {
  readonly name: string;
  /** Files that are published and not purged. */
  readonly waiting: number;
  /** Since when the oldest of them waits. */
  readonly since: string | null;
  readonly forgotten: number;
  /** Paths asked for in this month. */
  readonly spent: number;
  readonly budget: number | null;
  readonly trouble: {
    readonly since: string;
    readonly times: number;
    readonly next: string;
    readonly text: string;
  } | null;
}

/** What `status` says of a cache; `record` is undefined before its first purge. */
export function purgeStatus(
  cache: { readonly name: string; readonly budget?: number | undefined },
  record: CacheRecord | undefined,
  now: number,
): PurgeStatus {
  const { pending, forgotten, trouble } = record ?? newRecord(now);
  const since = pending.reduce((first, [, time]) => Math.min(first, time), Number.POSITIVE_INFINITY);
  const iso = (time: number) => new Date(time).toISOString();
  return {
    name: cache.name,
    waiting: pending.length,
    since: pending.length === 0 ? null : iso(since),
    forgotten,
    spent: record === undefined ? 0 : spentIn(record, now),
    budget: cache.budget ?? null,
    trouble: trouble === undefined ? null : { ...trouble, since: iso(trouble.since), next: iso(trouble.next) },
  };
}
