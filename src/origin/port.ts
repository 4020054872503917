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

/** The polite client of one run or of many, one after the other; the only way to the origin. */
export interface Origin {
  /**
   * One look. Looks at one address share one request while it runs. Never repeated by itself, but for a kept connection that
   * the server had closed meanwhile. Throws `origin-unreachable`, `origin-private`, `origin-timeout`, `origin-cut`,
   * `origin-too-large`, `origin-encoding`, `origin-redirects`, `origin-away`, what the sink threw, or the signal's reason.
   */
  look(request: LookRequest): Promise<Answer>;
  /** A new run begins: an origin that was away is asked again, and requests and their time count from 0. The pace it was found to bear stays, and connections do. */
  newRun(): void;
  /** While `isSpared`, an origin that was in trouble gets no more than half of the configured rate again. */
  spare(isSpared: boolean): void;
  /** Requests really sent in this run. */
  readonly requests: number;
  /** Milliseconds that they took, each from its connection to its last byte, all together. */
  readonly waited: number;
  /** True once pages failed five times in a row or the origin asked to be left alone: every further look rejects unasked. */
  readonly away: boolean;
  /** What a page usually takes to its first byte, in milliseconds; undefined before five were seen. */
  readonly usual: number | undefined;
  /** True where the last pages took three times the usual, and a second more; never before the usual is known. */
  readonly isSlow: boolean;
  /** How fast it is asked now, as a part of what is configured: 1 while it is well. */
  readonly ease: number;
  /** Ends what runs and closes every connection. */
  close(): Promise<void>;
}
