/** What one test file came to. A file that crashed or printed no summary has at least one failed test. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why it failed, where the summary alone does not say; or which needs are missing. */
  readonly notes: readonly string[];
}

/** How the process of a test file ended; `code` is null when a signal ended it. */
export interface Ended {
  readonly code: number | null;
  readonly timedOut: boolean;
  readonly output: string;
}

const ANSI = /\u001b\[[0-9;]*m/g;
/** The last lines uvu prints; a test may print before them, never after the whole of it. */
const SUMMARY = /^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n {2}Duration: /gm;
const SKIPPED_LINE = /^skipped: .*$/gm;

/** Reads what uvu printed, and holds it against how the process ended. */
export function outcomeOf(ended: Ended): Outcome {
  const output = ended.output.replace(ANSI, '');
  const summary = [...output.matchAll(SUMMARY)].at(-1);
  const [total, passed, skipped] = summary?.slice(1).map(Number) ?? [0, 0, 0];
  const counted = (total ?? 0) - (passed ?? 0);
  const crash = crashOf(ended, summary !== undefined, counted);
  const empty = summary !== undefined && (total ?? 0) + (skipped ?? 0) === 0 ? ['no test in it'] : [];
  const skips = [...output.matchAll(SKIPPED_LINE)].map((match) => match[0]);
  const wrong = [...crash, ...empty];
  return {
    passed: passed ?? 0,
    failed: Math.max(counted, wrong.length > 0 ? 1 : 0),
    skipped: skipped ?? 0,
    notes: [...wrong, ...skips],
  };
}

function crashOf(ended: Ended, summarised: boolean, failed: number): string[] {
  if (ended.timedOut) return ['ran longer than its time limit'];
  if (!summarised) return [`ended with ${ended.code ?? 'a signal'} before its summary`];
  return ended.code !== 0 && failed === 0 ? [`all tests passed, but it ended with ${ended.code ?? 'a signal'}`] : [];
}
