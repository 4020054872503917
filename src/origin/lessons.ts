import type { Clock } from '../model/clock.ts';
import { isHoldfastError } from '../model/errors.ts';
import type { Accept } from './answer.ts';
import type { Breaker } from './breaker.ts';
import type { Head } from './exchange.ts';
import type { Pace } from './pace.ts';
import { retryAfter } from './retry-after.ts';
import { createUsual } from './usual.ts';

/** Longer than this nobody waits within a run: the look ends, and the next run asks again. */
const PATIENCE = 30_000;

/** One request, for those who learn from it. */
export interface Asked {
  readonly accept: Accept;
  /** For messages. */
  readonly path: string;
  /** When it was sent, monotonic. */
  readonly began: number;
}

/** What each request teaches about the origin, told to pace and breaker. */
export interface Lessons {
  answered(head: Head, asked: Asked): void;
  /** The request threw; what is no fault of the origin teaches nothing. */
  failed(error: unknown, asked: Asked): void;
  /** What a page usually takes to its first byte, in milliseconds. */
  readonly usual: number | undefined;
  /** True where pages came far slower than usual, last. */
  readonly isSlow: boolean;
}

export interface LessonsOptions {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly breaker: Breaker;
  /** Known from earlier runs. */
  readonly usual: number | undefined;
}

export function createLessons({ clock, pace, breaker, usual: seed }: LessonsOptions): Lessons {
  // Assets come from disk, pages from a program: what is usual for one is not for the other.
  const usual = { page: createUsual(seed), asset: createUsual(), json: createUsual(), feed: createUsual() };

  const trouble = (why: string, began: number) => {
    breaker.bad(why);
    pace.ease(began);
  };

  const heed = ({ status, headers }: Head) => {
    const wait = status === 429 || status === 503 ? retryAfter(headers['retry-after'], clock.now()) : undefined;
    if (wait === undefined) return;
    if (wait > PATIENCE) breaker.leaveAlone(clock.now() + wait);
    else pace.pause(wait);
  };

  return {
    answered: (head, { accept, path, began }) => {
      const { status, waited } = head;
      if (status === 429 || status >= 500) {
        heed(head);
        return trouble(`GET ${path} answered ${status}`, began);
      }
      breaker.good();
      const slow = (status === 200 || status === 304) && usual[accept].add(waited);
      if (slow) pace.ease(began);
      else pace.good();
    },
    failed: (error, { began }) => {
      if (isHoldfastError(error, 'origin-unreachable', 'origin-timeout', 'origin-cut')) trouble(error.message, began);
      else if (isHoldfastError(error, 'origin-too-large', 'origin-encoding')) breaker.good();
    },
    get usual() {
      return usual.page.value;
    },
    get isSlow() {
      return usual.page.isSlow;
    },
  };
}
