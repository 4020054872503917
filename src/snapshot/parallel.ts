/**
 * Works on what `take` gives, at most `limit` at once, until it gives nothing while nothing is under way: work may add to what
 * is taken from. The first failure stops the taking, and is thrown when all that is under way has ended.
 */
export function drain<T>(take: () => T | undefined, limit: number, work: (value: T) => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let active = 0;
    let failure: { readonly error: unknown } | undefined;
    const ended = () => {
      active--;
      pump();
    };
    const pump = () => {
      while (active < limit && failure === undefined) {
        const value = take();
        if (value === undefined) break;
        active++;
        work(value).then(ended, (error: unknown) => {
          failure ??= { error };
          ended();
        });
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
