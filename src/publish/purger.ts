/**
 * A cache in front of the site that is told what changed. Drivers know no policy: which paths, when, how many a month and what
 * becomes of a failure is decided by pure functions (`fold.ts`, `purging.ts`); a driver makes the calls.
 *
 * Contract:
 * - 'done' means that the service has taken all that was asked; its caches forget it within the service's own propagation time.
 * - A service that wants to be asked later answers 'later'; it may have taken a part.
 * - Anything else throws `purge-failed`, retryable; a part may have been taken. An aborted signal throws its reason.
 * - Every ask may be repeated: it costs its calls (and at some services its price) and does no harm.
 * - Every call ends within `CALL_DEADLINE_MS`, and what is read of an answer is bounded.
 * - The ask is within `limit`; the driver splits it into as many calls as its service wants.
 */
export interface Purger {
  readonly name: string;
  readonly limit: PurgeLimit;
  purge(ask: PurgeAsk, signal: AbortSignal): Promise<PurgeAnswer>;
}

/** What one ask may hold: as much as a run can get through in its time, and the service takes. */
export interface PurgeLimit {
  readonly paths: number;
  /** 0 where the service knows no prefixes. */
  readonly prefixes: number;
  /** True where a page may also be cached under the name of its file, since something at the edge rewrote its path. */
  readonly byFile: boolean;
}

/** Everything, only where the configuration allows it; else these. */
export type PurgeAsk = 'everything' | PurgePaths;

export interface PurgePaths {
  /** As visitors ask for them: encoded, from `/`, without a query. */
  readonly paths: readonly string[];
  /** Folders, `/2024/`: each stands for itself and all that is below. */
  readonly prefixes: readonly string[];
}

export type PurgeAnswer =
  | { readonly kind: 'done' }
  /** `waitMs` where the service said how long; `why` in its own words. */
  | { readonly kind: 'later'; readonly why: string; readonly waitMs?: number };

/** Nobody waits longer for one call: a cache that is not told is right again within a minute, a publish is due every minute. */
export const CALL_DEADLINE_MS = 10_000;
