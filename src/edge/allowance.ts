import type { EdgeConfig } from '../config/schema.ts';

/** Longest time that an address's requests are counted over, in seconds. */
const LONGEST_PERIOD = 3_600;

/** `limits` for servers that count requests over a time instead of filling a bucket. */
export interface Allowance {
  readonly requests: number;
  /** In seconds. */
  readonly period: number;
}

/** As many as the burst may come at once, and are made good again at the rate: over the time that this takes, the rate holds. */
export function allowanceOf({ requestsPerSecond, burst }: EdgeConfig['limits']): Allowance {
  const period = Math.min(Math.max(1, Math.ceil(burst / requestsPerSecond)), LONGEST_PERIOD);
  return { requests: requestsPerSecond * period, period };
}
