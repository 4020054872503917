import type { LoadedConfig } from '../config/load.ts';
import { threadsOf } from '../cycle/said.ts';
import { valuesContext } from '../cycle/values.ts';

/** The comments of one page, as `status --json` has them. */
export interface CommentsStatus {
  readonly page: string;
  /** Comments that the page shows. */
  readonly count: number;
  readonly everySeconds: number;
  /** Seconds since the last look that was good began; null before the first. */
  readonly ageSeconds: number | null;
  /** Why they cannot be read, null where they can. */
  readonly trouble: string | null;
}

/** One value. */
export interface ValueStatus {
  readonly name: string;
  readonly everySeconds: number;
  /** Seconds since the last good answer; null before the first. */
  readonly ageSeconds: number | null;
  readonly computing: boolean;
  /** Why the last computation gave none, null where it did. */
  readonly trouble: string | null;
}

const age = (since: number | undefined, now: number): number | null =>
  since === undefined ? null : Math.max(0, Math.round((now - since) / 1000));

/** How old the comments of each page are, in the order of the configuration. Throws `state-damaged`. */
export async function commentsStatus(loaded: LoadedConfig, now: number): Promise<readonly CommentsStatus[]> {
  if (loaded.config.comments.length === 0) return [];
  const threads = await threadsOf(loaded);
  return loaded.config.comments.map(({ page, every }) => {
    const { count = 0, goodAt, trouble } = threads.state(page) ?? {};
    return { page, count, everySeconds: every / 1000, ageSeconds: age(goodAt, now), trouble: trouble?.text ?? null };
  });
}

/** How old each value is, in the order of the configuration. */
export async function valuesStatus(loaded: LoadedConfig, now: number): Promise<readonly ValueStatus[]> {
  const { values } = loaded.config;
  if (values.length === 0) return [];
  const { knownValues } = await import('../snapshot/values/values.ts');
  const known = await knownValues(valuesContext(loaded));
  return values.map(({ name, every }, index) => {
    const { answer, computing } = known[index] ?? {};
    return {
      name,
      everySeconds: every / 1000,
      ageSeconds: age(answer?.good?.at, now),
      computing: computing !== undefined,
      trouble: answer?.trouble?.text ?? null,
    };
  });
}
