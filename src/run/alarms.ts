import { readJson, writeAtomic } from '../store/files.ts';
import type { Condition } from './conditions.ts';

/** One message: a condition that began or ended, or something that happened once. */
export interface Alert {
  readonly subject: string;
  readonly state: 'begins' | 'ends' | 'happened';
  readonly text: string;
}

/** What was told and lasts; it stands on disk, so that a process that is started anew does not tell it again. */
export interface Alarms {
  /** What is new against what was told: each condition once when it begins, and once when it ends. Never throws. */
  heed(conditions: readonly Condition[]): Promise<readonly Alert[]>;
}

/** Alarms remembered in `file`. */
export function openAlarms(file: string): Alarms {
  let told: ReadonlyMap<string, string> | undefined;
  return {
    async heed(conditions) {
      told ??= new Map(Object.entries((await readJson<Record<string, string>>(file).catch(() => undefined)) ?? {}));
      const now = new Map(conditions.map(({ subject, text }) => [subject, text]));
      const before = told;
      const begun = conditions.filter(({ subject }) => !before.has(subject));
      const ended = [...before].filter(([subject]) => !now.has(subject));
      if (begun.length + ended.length === 0) return [];
      told = new Map(now);
      // What cannot be written down is told again by the next process.
      await writeAtomic(file, JSON.stringify(Object.fromEntries(told))).catch(() => undefined);
      return [
        ...begun.map(({ subject, text }): Alert => ({ subject, state: 'begins', text })),
        ...ended.map(([subject, text]): Alert => ({ subject, state: 'ends', text })),
      ];
    },
  };
}
