import type { Clock } from '../model/clock.ts';
import { isHoldfastError } from '../model/errors.ts';
import type { Accept } from './answer.ts';
import type { Breaker, Breakers } from './breaker.ts';
import type { Head } from './exchange.ts';
import type { Pace } from './pace.ts';
import { retryAfter } from './retry-after.ts';
import { createUsual } from './usual.ts';

/** Longer than this nobody waits within a run: the look ends, and the next run asks again. */
const PATIENCE = 30_000;

/** By these an origin says that it is too much. */
const OVERLOADED: readonly number[] = [429, 502, 503, 504];

/** One request, for those who learn from it. */
export interface Asked {
  readonly accept: Accept;
  readonly aside: boolean;
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
  readonly breakers: Breakers;
  /** Known from earlier runs. */
  readonly usual: number | undefined;
}

export function createLessons({ clock, pace, breakers, usual: seed }: LessonsOptions): Lessons {
  // Assets come from disk, pages from a program: what is usual for one is not for the other.
  const usual = { page: createUsual(seed), asset: createUsual(), json: createUsual(), feed: createUsual() };

  const breakerOf = ({ aside }: Asked): Breaker => (aside ? breakers.asides : breakers.pages);

  const trouble = (why: string, asked: Asked, status?: number) => {
    breakerOf(asked).bad(why);
    // An interface that is broken answers 500 to all, and says nothing of how the pages are.
    const isBroken = asked.aside && status !== undefined && !OVERLOADED.includes(status);
    if (!isBroken) pace.ease(asked.began);
  };

  const heed = ({ status, headers }: Head, asked: Asked) => {
    const wait = status === 429 || status === 503 ? retryAfter(headers['retry-after'], clock.now()) : undefined;
    if (wait === undefined) return;
    if (wait > PATIENCE) breakerOf(asked).leaveAlone(clock.now() + wait);
    else pace.pause(wait);
  };

  return {
    answered: (head, asked) => {
      const { accept, path, began } = asked;
      const { status, waited } = head;
      if (status === 429 || status >= 500) {
        heed(head, asked);
        return trouble(`GET ${path} answered ${status}`, asked, status);
      }
      breakerOf(asked).good();
      const slow = (status === 200 || status === 304) && usual[accept].add(waited);
      if (slow) pace.ease(began);
      else pace.good();
    },
    failed: (error, asked) => {
      if (isHoldfastError(error, 'origin-unreachable', 'origin-timeout', 'origin-cut')) trouble(error.message, asked);
      else if (isHoldfastError(error, 'origin-too-large', 'origin-encoding')) breakerOf(asked).good();
    },
    get usual() {
      return usual.page.value;
    },
    get isSlow() {
      return usual.page.isSlow;
    },
  };
}
