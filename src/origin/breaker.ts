import { HoldfastError } from '../model/errors.ts';

/** Ends the look when the origin is in trouble. Once open it stays open until the next run. */
export interface Breaker {
  /** What every further look rejects with; undefined while closed. */
  readonly error: HoldfastError | undefined;
  good(): void;
  /** One more failure, in words. */
  bad(why: string): void;
  /** Opens at once: the origin asks to be left alone until `until` (milliseconds since 1970). */
  leaveAlone(until: number): void;
  /** A new run: closed, nothing counted. */
  close(): void;
}

/** One for the pages, and one for what is asked beside them, so that an interface that is broken keeps no page old. */
export interface Breakers {
  readonly pages: Breaker;
  readonly asides: Breaker;
}

/** So many failures in a row are no accident. */
const FAILURES = 5;

/** `onOpen` is called each time it opens. */
export function createBreaker(host: string, onOpen: (error: HoldfastError) => void): Breaker {
  let error: HoldfastError | undefined;
  let failures = 0;

  const open = (message: string, hint: string) => {
    if (error !== undefined) return;
    error = new HoldfastError('origin-away', message, { hint });
    onOpen(error);
  };

  return {
    get error() {
      return error;
    },
    good: () => {
      failures = 0;
    },
    bad: (why) => {
      failures += 1;
      if (failures < FAILURES) return;
      open(
        `${host} failed ${FAILURES} times in a row, so it is left alone for this run; last: ${why}`,
        'see whether the origin is well; the next run asks again',
      );
    },
    leaveAlone: (until) => {
      const when = new Date(until).toISOString();
      open(`${host} asks to be left alone until ${when}`, `look again after ${when}`);
    },
    close: () => {
      error = undefined;
      failures = 0;
    },
  };
}
