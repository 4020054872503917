/** What a check is about; the second column of what `check` prints. */
export type Concern = 'config' | 'origin' | 'gate' | 'destination';

/** `fail` is what would make a publish fail or publish less than it should; `warn` is what somebody should know. */
export type Level = 'ok' | 'warn' | 'fail';

/** One thing that was looked at, in one line. */
export interface Finding {
  readonly concern: Concern;
  readonly level: Level;
  readonly text: string;
  /** What to do about it, one sentence. */
  readonly hint?: string;
}

/** Makes findings of one concern about one thing, which each names first. */
export function findingsOf(concern: Concern, name: string): (level: Level, text: string, hint?: string) => Finding {
  return (level, text, hint) => ({
    concern,
    level,
    text: `${name}: ${text}`,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Findings as aligned plain text, a line each and one for each hint. */
export function* tableOf(findings: readonly Finding[]): Generator<string> {
  const widest = Math.max(0, ...findings.map(({ concern }) => concern.length));
  for (const { level, concern, text, hint } of findings) {
    yield `${level.padEnd(4)}  ${concern.padEnd(widest)}  ${text}`;
    if (hint !== undefined) yield `${' '.repeat(widest + 8)}${hint}`;
  }
}

/** `12 ok, 1 warning, 0 failures`. */
export function summaryOf(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const plural = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  return `${count('ok')} ok, ${plural(count('warn'), 'warning')}, ${plural(count('fail'), 'failure')}`;
}
