import type { Certificate } from '../../cycle/certificates.ts';
import type { RunState } from '../state.ts';
import { summaryOf } from '../telling.ts';
import { counted } from './words.ts';

/** What only the resident process knows, for the page and `/status.json`. Times are ISO 8601. */
export interface RunFacts {
  readonly started: string;
  readonly role: RunState['role'];
  readonly other: string | null;
  /** What it does now, or did last. */
  readonly said: string;
  readonly next: string | null;
  readonly cycles: number;
  readonly failures: number;
  readonly skipped: number;
  /** How fast the origin is asked, as a part of what is configured. */
  readonly ease: number;
  /** What alerts were told of, and lasts. */
  readonly alarms: readonly string[];
  readonly configError: string | null;
  /** Empty until they were asked for. */
  readonly certificates: readonly Certificate[];
  /** Resident bytes. */
  readonly memory: number;
}

export interface Beside {
  readonly alarms: readonly string[];
  readonly certificates: readonly Certificate[];
}

/** The state of the process in words. */
export function runFacts(state: RunState, { alarms, certificates }: Beside): RunFacts {
  const { cycle, last, next, configError } = state;
  const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());
  const before = last === undefined ? 'no cycle yet' : `last cycle: ${summaryOf(last)}`;
  return {
    started: new Date(state.started).toISOString(),
    role: state.role,
    other: state.other ?? null,
    said:
      cycle === undefined
        ? before
        : `at work (${cycle.why}): ${counted(cycle.report.tally.outcomes.size, 'page')} looked at so far`,
    next: iso(next),
    cycles: state.cycles,
    failures: state.failures,
    skipped: state.skipped,
    ease: state.ease,
    alarms,
    configError: configError?.message ?? null,
    certificates,
    memory: process.memoryUsage.rss(),
  };
}
