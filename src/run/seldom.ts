import type { Clock } from '../model/clock.ts';

export interface Seldom<T> {
  /** What is found out now, or was a short time ago. */
  get(): Promise<T>;
  /** What was found last; it is looked for where that is old, and not waited for. */
  known(): T | undefined;
  /** The next `get` finds out anew. */
  forget(): void;
}

/** What is found out again only when it is older than `ms`, which may depend on it; whoever asks meanwhile shares one answer. */
export function seldom<T>(
  find: () => Promise<T>,
  { clock, ms }: { readonly clock: Clock; readonly ms: (known: T | undefined) => number },
): Seldom<T> {
  let found: { readonly at: number; readonly value: Promise<T> } | undefined;
  let known: T | undefined;
  const get = (): Promise<T> => {
    if (found !== undefined && clock.monotonic() - found.at < ms(known)) return found.value;
    const value = find();
    found = { at: clock.monotonic(), value };
    value.then(
      (one) => {
        known = one;
      },
      () => {
        found = undefined;
      },
    );
    return value;
  };
  return {
    get,
    known: () => {
      void get().catch(() => undefined);
      return known;
    },
    forget: () => {
      found = undefined;
    },
  };
}
