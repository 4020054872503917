import type { Ran } from './runner.ts';

/** What the whole run came to. */
export interface RunVerdict {
  readonly ok: boolean;
  /** Suites CI may not skip that were skipped or absent, each with which of the two. */
  readonly complaints: readonly string[];
  /** The closing line: `N passed, N failed, N skipped`. */
  readonly closing: string;
}

/** The paths listed in a must-run file: one a line; empty lines and those that start with # are not paths. */
export function readMustRun(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Adds up the files; `mustRun` holds the paths of which no test may be skipped or absent. */
export function verdictOf(ran: readonly Ran[], mustRun: readonly string[]): RunVerdict {
  const sum = (key: 'passed' | 'failed' | 'skipped') => ran.reduce((total, file) => total + file[key], 0);
  const complaints = mustRun.flatMap((path) => {
    const file = ran.find((one) => one.path === path);
    if (!file) return [`${path} may not be skipped, and it is absent`];
    return file.skipped > 0 ? [`${path} may not be skipped, and ${file.skipped} of its tests were`] : [];
  });
  return {
    ok: sum('failed') === 0 && complaints.length === 0,
    complaints,
    closing: `${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`,
  };
}

/** One line a file, and for a failed one all it printed. */
export function reportOf(ran: Ran): string {
  return ran.failed > 0 ? `${lineOf(ran)}\n${ran.output.trimEnd()}\n` : lineOf(ran);
}

/** Of what a failed file printed, told again: its failures come last. */
const LAST_LINES = 40;

/** The failed files once more with the end of what they printed, for the end of a log of which only that is read; empty where none failed. */
export function failuresOf(ran: readonly Ran[]): readonly string[] {
  return ran
    .filter(({ failed }) => failed > 0)
    .map((file) => `${lineOf(file)}\n${file.output.trimEnd().split('\n').slice(-LAST_LINES).join('\n')}\n`);
}

function lineOf(ran: Ran): string {
  const mark = ran.failed > 0 ? 'FAIL' : ran.passed === 0 ? 'skip' : 'ok  ';
  const counts = [
    `${ran.passed} passed`,
    ran.failed ? `${ran.failed} failed` : '',
    ran.skipped ? `${ran.skipped} skipped` : '',
  ];
  const notes = ran.notes.map((note) => `\n       ${note}`).join('');
  return `${mark} ${ran.seconds.toFixed(1).padStart(6)} s  ${ran.path}  ${counts.filter(Boolean).join(', ')}${notes}`;
}
