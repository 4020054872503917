/** What a check is about, in the order in which `check` tells it; the second column of what it prints. */
export const CONCERNS = [
  'config',
  'origin',
  'gate',
  'analytics',
  'comments',
  'values',
  'inbox',
  'links',
  'redirects',
  'holding',
  'destination',
  'edge',
  'schedule',
  'disk',
  'clock',
  'certificate',
  'alerts',
] as const;
export type Concern = (typeof CONCERNS)[number];

/** `fail` is what would make a publish fail, or keep something from visitors; `warn` is what somebody should know. */
export type Level = 'ok' | 'warn' | 'fail';

/** One thing that was looked at, in one line. */
export interface Finding {
  readonly concern: Concern;
  readonly level: Level;
  readonly text: string;
  /** What to do about it, one sentence. */
  readonly hint?: string;
  /** The single things that it is about, the gravest first. */
  readonly list?: readonly Listed[];
}

/** One of them, and the pages that hold it. */
export interface Listed {
  readonly what: string;
  /** Addresses, the first few. */
  readonly on: readonly string[];
  /** How many pages there are in all. */
  readonly pages: number;
}

/** Makes a finding of one concern. */
export type Find = (level: Level, text: string, hint?: string) => Finding;

/** Makes findings of one concern; each names first the thing that it is about, where there is a name. */
export function findingsOf(concern: Concern, name?: string): Find {
  return (level, text, hint) => ({
    concern,
    level,
    text: name === undefined ? text : `${name}: ${text}`,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** `12 ok, 1 warning, 0 failures`. */
export function summaryOf(findings: readonly Finding[]): string {
  const number = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  return `${number('ok')} ok, ${count(number('warn'), 'warning')}, ${count(number('fail'), 'failure')}`;
}

/** `1 page`, `2 pages`, `3 addresses`. */
export function count(number: number, word: string): string {
  const plural = word.endsWith('s') ? 'es' : 's';
  return `${number.toLocaleString('en')} ${word}${number === 1 ? '' : plural}`;
}
