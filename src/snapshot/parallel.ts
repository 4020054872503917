/** Works whose asking is over while they go on: enough to keep the other thread busy, and few enough to hold in memory. */
const MOST_BEHIND = 16;

/**
 * Works on what `take` gives, at most `limit` at once, until it gives nothing while nothing is under way: work may add to what
 * is taken from. Work that calls `leave` gives its place to the next before it has ended. The first failure stops the taking, and
 * is thrown when all that is under way has ended.
 */
export function drain<T>(
  take: () => T | undefined,
  limit: number,
  work: (value: T, leave: () => void) => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let places = 0;
    let active = 0;
    let failure: { readonly error: unknown } | undefined;
    const begin = (value: T) => {
      let hasLeft = false;
      const leave = () => {
        if (hasLeft) return;
        hasLeft = true;
        places--;
      };
      const ended = () => {
        leave();
        active--;
        pump();
      };
      places++;
      active++;
      work(value, () => {
        leave();
        pump();
      }).then(ended, (error: unknown) => {
        failure ??= { error };
        ended();
      });
    };
    const pump = () => {
      while (places < limit && active < limit + MOST_BEHIND && failure === undefined) {
        const value = take();
        if (value === undefined) break;
        begin(value);
      }
      if (active > 0) return;
      if (failure === undefined) resolve();
      else reject(failure.error);
    };
    pump();
  });
}

/** Runs `work` over the values, at most `limit` at once; fails as `drain` does. */
export function inParallel<T>(values: Iterable<T>, limit: number, work: (value: T) => Promise<void>): Promise<void> {
  const source = values[Symbol.iterator]();
  const take = () => {
    const next = source.next();
    return next.done === true ? undefined : next.value;
  };
  return drain(take, limit, work);
}
