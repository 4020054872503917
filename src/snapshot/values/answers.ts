import type { Json } from '../../model/json.ts';
import { readJson, writeAtomic } from '../../store/files.ts';

/** What is kept of a value between runs. Times in ms since 1970. */
export interface KeptAnswer {
  /** The last good one. */
  readonly good?: {
    readonly value: Json /** When it was computed. */;
    readonly at: number /** Since when it is what it is. */;
    readonly since: number;
  };
  /** Why the last computation gave none. */
  readonly trouble?: { readonly text: string; readonly since: number };
  /** When the last computation that ended began. */
  readonly began: number;
}

/** One computation. */
export interface Computation {
  readonly began: number;
  readonly ended: number;
  readonly value?: Json;
  readonly error?: string;
}

/** Longest reason that is kept. */
const MOST_TEXT = 500;

/** Puts an answer in its file, in one step; one that failed leaves the last good value there. */
export async function keepAnswer(file: string, { began, ended, value, error }: Computation): Promise<void> {
  const last = await readAnswer(file);
  if (value === undefined) {
    const text = (error ?? 'no value').split('\n', 1)[0]?.slice(0, MOST_TEXT) ?? '';
    const trouble = { text, since: last?.trouble?.since ?? ended };
    return writeAtomic(file, JSON.stringify({ ...last, began, trouble } satisfies KeptAnswer));
  }
  const isSame = last?.good !== undefined && JSON.stringify(last.good.value) === JSON.stringify(value);
  const since = isSame && last?.good !== undefined ? last.good.since : ended;
  return writeAtomic(file, JSON.stringify({ began, good: { value, at: ended, since } } satisfies KeptAnswer));
}

/** Undefined before the first; a file that is damaged counts as none. */
export async function readAnswer(file: string): Promise<KeptAnswer | undefined> {
  return readJson<KeptAnswer>(file).catch(() => undefined);
}
