/** The result of `work` for each, in order, with up to `count` under way. After a failure it throws when what was begun has ended. */
export async function* ahead<T, R>(
  items: Iterable<T>,
  count: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void> {
  const going: Promise<R>[] = [];
  try {
    for (const item of items) {
      const one = work(item);
      // It is waited for later; a failure until then is not unheard.
      one.catch(() => undefined);
      going.push(one);
      if (going.length >= count) yield* first(going);
    }
    while (going.length > 0) yield* first(going);
  } finally {
    await Promise.allSettled(going);
  }
}

async function* first<R>(going: Promise<R>[]): AsyncGenerator<R, void> {
  const one = going.shift();
  if (one !== undefined) yield await one;
}
