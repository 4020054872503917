import type { OriginConfig } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';
import type { ResolveName } from './addresses-allowed.ts';
import type { Answer, LookRequest } from './answer.ts';

export interface OriginOptions {
  /** Durations in milliseconds, sizes in bytes; header values already resolved. */
  readonly config: OriginConfig;
  /** The public address, named in the User-Agent; redirects to it stay at the origin. */
  readonly siteUrl: string;
  /** Holdfast's own version, for the User-Agent. */
  readonly version: string;
  readonly clock?: Clock;
  /** What a page usually took to its first byte in earlier runs, in milliseconds. */
  readonly usual?: number;
  /** Asks the name service; default: the system's resolver. */
  readonly lookup?: ResolveName;
}

/** The polite client of one run, the only way to the origin. */
export interface Origin {
  /**
   * One look. Looks at one address share one request while it runs. Never repeated by itself, but for a kept connection that
   * the server had closed meanwhile. Throws `origin-unreachable`, `origin-private`, `origin-timeout`, `origin-cut`,
   * `origin-too-large`, `origin-encoding`, `origin-redirects`, `origin-away`, what the sink threw, or the signal's reason.
   */
  look(request: LookRequest): Promise<Answer>;
  /** Requests really sent. */
  readonly requests: number;
  /** True once the origin failed five times in a row or asked to be left alone: every further look rejects unasked. */
  readonly away: boolean;
  /** What a page usually takes to its first byte, in milliseconds; undefined before five were seen. */
  readonly usual: number | undefined;
  /** True where the last pages took three times the usual, and a second more; never before the usual is known. */
  readonly isSlow: boolean;
  /** Ends what runs and closes every connection. */
  close(): Promise<void>;
}
