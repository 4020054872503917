/** A key of a list and how often it came: at least `count`, at most `count + unsure` times. */
export interface Ranked {
  readonly key: string;
  readonly count: number;
  /** 0 where the count is exact, as it is while all keys of the log fit. */
  readonly unsure: number;
}

/** The most frequent keys of a stream, in bounded memory. */
export interface TopList {
  add(key: string): void;
  /** The first `length` by count, ties by key. */
  top(length: number): readonly Ranked[];
}

/** Keys of a list are cut here: an address of that length is somebody's game. */
export const KEY_LENGTH = 300;

interface Counter {
  count: number;
  /** How often the key may have come before it was last taken in. */
  readonly unsure: number;
}

/**
 * Misra and Gries in batches: where more than twice `keys` are known, all lose what the one in the middle is worth, and those
 * with nothing left are dropped. So no count is short by more than all requests / `keys`, and a key that came
 * more often than that is in the list. What stays keeps its own count: a key that was never dropped is counted exactly.
 */
export function createTopList(keys = 32_768): TopList {
  const counters = new Map<string, Counter>();
  let lost = 0;
  const shrink = (): void => {
    const worth = [...counters.values()].map(({ count, unsure }) => count + unsure).sort((a, b) => b - a);
    lost = worth[keys] ?? lost;
    for (const [key, { count, unsure }] of counters) if (count + unsure <= lost) counters.delete(key);
  };
  return {
    add(key) {
      const known = counters.get(key);
      if (known !== undefined) {
        known.count += 1;
        return;
      }
      const cut = key.slice(0, KEY_LENGTH);
      const other = cut === key ? undefined : counters.get(cut);
      if (other !== undefined) other.count += 1;
      else counters.set(ownCopy(cut), { count: 1, unsure: lost });
      if (counters.size > 2 * keys) shrink();
    },
    top: (length) =>
      [...counters]
        .map(([key, { count, unsure }]) => ({ key, count, unsure }))
        .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
        .slice(0, length),
  };
}

/** A part of a string keeps the whole of it alive, here a block of the log. */
const ownCopy = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');
