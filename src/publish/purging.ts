import { fold, type Room } from './fold.ts';
import type { PurgeAsk, PurgeLimit } from './purger.ts';

/** What one cache was told, what it still has to be told, and what that cost. All functions over it are pure. */
export interface CacheRecord {
  /** `2027-02`, by UTC: the month that `spent` is of. */
  readonly month: string;
  /** Paths asked for in the month, prefixes and everything counted as one. */
  readonly spent: number;
  /** Changed files that are not purged yet, the last changed last, with the time in milliseconds since when they are not. */
  readonly pending: readonly Timed[];
  /** Purged files to be purged once more, with the time in milliseconds from when on. */
  readonly again: readonly Timed[];
  /** Files that were given up, since more waited than `MAX_PENDING`; 0 again once nothing waits. */
  readonly forgotten: number;
  readonly trouble?: Trouble;
}

export type Timed = readonly [file: string, time: number];

/** Failures in a row. */
export interface Trouble {
  /** Of the first, in milliseconds; `next` is when to try again. */
  readonly since: number;
  readonly times: number;
  readonly next: number;
  readonly text: string;
}

/** What the configuration and the driver say about one cache. */
export interface CacheRules {
  readonly limit: PurgeLimit;
  /** Paths a month; undefined for as many as there are. */
  readonly budget: number | undefined;
  /** Purge everything where what changed is over the limit. */
  readonly everything: boolean;
  readonly twice: boolean;
}

export type PurgePlan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'wait'; readonly why: 'trouble' | 'budget'; readonly waiting: number }
  /** `files` are settled once the ask is answered 'done'. */
  | { readonly kind: 'ask'; readonly ask: PurgeAsk; readonly files: readonly string[]; readonly cost: number };

/** As many files as the largest site we promise has; a cache that was out of reach for that long has let them run out by itself. */
const MAX_PENDING = 20_000;
/** Caches fetch within seconds, so half a minute later none is still filled with what it asked for before the purge. */
const AGAIN_AFTER_MS = 30_000;
/** A month's budget is spent as the month goes by, so that a withdrawn page can be purged on its last day; this part may be ahead. */
const AHEAD = 0.1;
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;

/** The record of a cache that was never told anything. */
export function newRecord(now: number): CacheRecord {
  return { month: monthOf(now), spent: 0, pending: [], again: [], forgotten: 0 };
}

/** The record with these files changed. Nothing that waits is forgotten before `MAX_PENDING` files that changed later do. */
export function noteChanges(record: CacheRecord, files: readonly string[], now: number): CacheRecord {
  const pending = new Map(record.pending);
  for (const file of files) {
    const since = pending.get(file) ?? now;
    pending.delete(file);
    pending.set(file, since);
  }
  const kept = [...pending].slice(-MAX_PENDING);
  const forgotten = record.forgotten + pending.size - kept.length;
  return { ...record, pending: kept, again: record.again.filter(([file]) => !pending.has(file)), forgotten };
}

/** What to ask of the cache now. */
export function planPurge(record: CacheRecord, rules: CacheRules, now: number): PurgePlan {
  const files = dueFiles(record, now);
  if (files.length === 0) return { kind: 'nothing' };
  if (record.trouble !== undefined && now < record.trouble.next)
    return { kind: 'wait', why: 'trouble', waiting: files.length };
  const left =
    rules.budget === undefined ? Number.POSITIVE_INFINITY : allowance(rules.budget, now) - spentIn(record, now);
  if (left < 1) return { kind: 'wait', why: 'budget', waiting: files.length };
  const room = { ...rules.limit, total: left };
  if (rules.everything && isOver(files, room)) return { kind: 'ask', ask: 'everything', files, cost: 1 };
  const { ask, rest } = fold(files, room);
  const cost = ask.paths.length + ask.prefixes.length;
  if (cost === 0) return { kind: 'wait', why: 'budget', waiting: files.length };
  const waiting = new Set(rest);
  return { kind: 'ask', ask, files: files.filter((file) => !waiting.has(file)), cost };
}

/** The last changed first: where not all can be asked for, what waits longest has most likely run out of the cache by itself. */
function dueFiles({ pending, again }: CacheRecord, now: number): readonly string[] {
  return [...pending.toReversed(), ...again.filter(([, time]) => time <= now)].map(([file]) => file);
}

/** True where the service, not the budget, is what the files are too many for. */
function isOver(files: readonly string[], room: Room): boolean {
  return fold(files, { ...room, total: Number.POSITIVE_INFINITY }).rest.length > 0;
}

/** The record after the cache has taken the ask. */
export function afterPurge(
  record: CacheRecord,
  plan: PurgePlan & { kind: 'ask' },
  { now, twice }: { now: number; twice: boolean },
): CacheRecord {
  const settled = new Set(plan.files);
  const { trouble: _over, ...rest } = record;
  const pending = record.pending.filter(([file]) => !settled.has(file));
  const once = twice ? record.pending.filter(([file]) => settled.has(file)) : [];
  const again = record.again.filter(([file]) => !settled.has(file));
  return {
    ...rest,
    month: monthOf(now),
    spent: spentIn(record, now) + plan.cost,
    pending,
    again: [...again, ...once.map(([file]): Timed => [file, now + AGAIN_AFTER_MS])],
    forgotten: pending.length === 0 ? 0 : record.forgotten,
  };
}

export interface Failure {
  readonly text: string;
  readonly now: number;
  /** How long the service asked us to stay away. */
  readonly waitMs?: number | undefined;
  /** From 0 to 1. */
  readonly random: number;
}

/** The record after the cache did not take the ask: all of it stays, and is tried again after a minute, then two, an hour at most. */
export function afterFailure(record: CacheRecord, { text, now, waitMs = 0, random }: Failure): CacheRecord {
  const times = (record.trouble?.times ?? 0) + 1;
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** (times - 1), LONGEST_WAIT_MS) * (0.5 + random / 2);
  const wait = Math.min(Math.max(waitMs, backoff), LONGEST_WAIT_MS);
  return { ...record, trouble: { since: record.trouble?.since ?? now, times, next: Math.round(now + wait), text } };
}

/** How many paths may have been asked for by now, of the month's budget. */
export function allowance(budget: number, now: number): number {
  const date = new Date(now);
  const begin = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  return Math.floor(budget * Math.min(1, (now - begin) / (end - begin) + AHEAD));
}

/** What was spent in the month of `now`. */
export function spentIn(record: CacheRecord, now: number): number {
  return record.month === monthOf(now) ? record.spent : 0;
}

const monthOf = (now: number): string => new Date(now).toISOString().slice(0, 7);
