/** What steps of a cycle came to, for the next one: a process that stays need not do again what would come to the same. */
export interface Memory {
  /**
   * What `make` gave when it was last called under this name, if `from` was the very same then, one by one; else what it gives now. It is kept for the next
   * time only where `isSound`.
   */
  recall<T>(name: string, step: Step<T>): Promise<T>;
  /** What was kept may be wrong: all is made anew. */
  forget(): void;
}

export interface Step<T> {
  /** All that the outcome follows from: texts, and objects that are another one when anything in them is. */
  readonly from: readonly unknown[];
  readonly make: () => Promise<T> | T;
  /** True by default. */
  readonly isSound?: (value: T) => boolean;
}

/** Nothing is remembered yet. */
export function openMemory(): Memory {
  const known = new Map<string, { readonly from: readonly unknown[]; readonly value: unknown }>();
  return {
    async recall<T>(name: string, { from, make, isSound = () => true }: Step<T>) {
      const last = known.get(name);
      if (last !== undefined && isSameList(last.from, from)) return last.value as T;
      known.delete(name);
      const value = await make();
      if (isSound(value)) known.set(name, { from, value });
      return value;
    },
    forget: () => known.clear(),
  };
}

function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
