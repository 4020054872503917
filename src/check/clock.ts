import { type Finding, findingsOf } from './finding.ts';

/** A time that somebody told in an answer: `date` of theirs, in whole seconds, and when we asked and had the answer; all in ms since 1970. */
export interface Stamp {
  readonly date: number;
  readonly asked: number;
  readonly answered: number;
}

/** Above this, times in summaries and `Retry-After` dates begin to mislead, and what is to happen at a time happens at another. */
const MOST_SKEW_MS = 2000;
/** A Date header is cut to whole seconds, as is what a program says. */
const DATE_STEP_MS = 1000;

/** Holds somebody's clock against this machine's, by the answer that is the least unsure. `whose` is as in "the origin's". */
export function clockFinding(whose: string, stamps: readonly Stamp[]): Finding {
  const find = findingsOf('clock');
  const [least] = stamps.map(skewOf).sort((a, b) => Math.abs(a) - Math.abs(b));
  if (least === undefined) return find('ok', `${whose} clock is not known: no answer tells it`);
  if (Math.abs(least) <= MOST_SKEW_MS) return find('ok', `${whose} clock agrees with this machine's`);
  const way = least > 0 ? 'ahead of' : 'behind';
  const text = `${whose} clock is ${Math.round(Math.abs(least) / 1000)} s ${way} this machine's`;
  return find('warn', text, 'set both by NTP: ages, and what is to happen at a time, go by this machine');
}

/** Milliseconds by which `date` lies outside of what the look's own times allow; positive when ahead. */
function skewOf({ date, asked, answered }: Stamp): number {
  if (date > answered) return date - answered;
  const latest = date + DATE_STEP_MS;
  return latest < asked ? latest - asked : 0;
}
