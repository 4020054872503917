import { age } from '../model/age.ts';
import type { Way } from '../model/way.ts';
import { count } from './count.ts';
import type { Paint } from './paint.ts';

/** A stage as it is to be shown. */
export interface StageView extends Way {
  readonly name: string;
  readonly state: 'waits' | 'goes on' | 'is over';
  /** Spent in it. */
  readonly seconds: number;
  /** How much of it was done a second, of late; undefined where that is not known yet. */
  readonly perSecond: number | undefined;
}

export interface ViewPlace {
  /** Characters a line of the terminal. */
  readonly columns: number;
  readonly paint: Paint;
}

/** A bar tells nothing below this width, and no more beyond that. */
const LEAST_BAR = 8;
const WIDEST_BAR = 32;
const NAME_WIDTH = 8;
/** Room for what usually stands beside a bar, so that its width does not change with each number. */
const USUAL_WORDS = 36;
/** What a line leaves free, so that no terminal breaks it. */
const MARGIN = 1;

/** One line a stage: its name, a bar, how much of it is done, how fast, and how long that will take. Each fits the terminal, in plain characters a column. Pure. */
export function progressLines(stages: readonly StageView[], { columns, paint }: ViewPlace): readonly string[] {
  const room = Math.max(1, columns - MARGIN);
  const said = stages.map((stage) => wordsOf(stage));
  const words = Math.max(USUAL_WORDS, ...said.map(({ length }) => length));
  const bar = Math.min(WIDEST_BAR, room - NAME_WIDTH - words - 1);
  return stages.map((stage, index) => {
    const name = stage.name.padEnd(NAME_WIDTH);
    const text = said[index] ?? '';
    if (bar < LEAST_BAR) return paintName(`${name}${text}`.slice(0, room).trimEnd(), stage, paint);
    const full = Math.round(bar * partOf(stage));
    const drawn = `${paint('█'.repeat(full), 'green')}${paint('░'.repeat(bar - full), 'dim')}`;
    return `${paintName(name, stage, paint)}${drawn} ${text}`.trimEnd();
  });
}

function paintName(text: string, { state }: StageView, paint: Paint): string {
  return state === 'goes on' ? paint(text, 'bold') : state === 'waits' ? paint(text, 'dim') : text;
}

function partOf({ state, done, total }: StageView): number {
  if (state === 'is over') return 1;
  return total === 0 ? 0 : Math.min(1, done / total);
}

function wordsOf({ state, what, done, total, seconds, perSecond }: StageView): string {
  if (state === 'waits') return '';
  if (state === 'is over') return `${count(done)}  ${seconds.toFixed(1)} s`;
  const of = total > done ? `${count(done)} of ${count(total)}` : count(done);
  const fast = perSecond === undefined || perSecond === 0 ? [] : [`${speed(perSecond)}/s`];
  const left =
    perSecond === undefined || perSecond === 0 || total <= done
      ? []
      : [`${age((1000 * (total - done)) / perSecond + 999)} left`];
  return [of, ...fast, ...left, ...(what === '' ? [] : [what])].join('  ');
}

const speed = (perSecond: number): string => (perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond)));

/** How fast something goes, by what was seen of it within the last ten seconds. */
export interface Meter {
  /** `at` in milliseconds of a clock that never jumps. */
  see(at: number, done: number): void;
  readonly perSecond: number | undefined;
}

const SEEN_FOR_MS = 10_000;
/** Of a shorter time a speed is a guess. */
const LEAST_MS = 1000;

export function createMeter(): Meter {
  let seen: { readonly at: number; readonly done: number }[] = [];
  return {
    see(at, done) {
      // What is counted anew is another thing.
      if (done < (seen.at(-1)?.done ?? 0)) seen = [];
      seen = [...seen.filter((one) => at - one.at <= SEEN_FOR_MS), { at, done }];
    },
    get perSecond() {
      const [first, last] = [seen[0], seen.at(-1)];
      if (first === undefined || last === undefined || last.at - first.at < LEAST_MS) return undefined;
      return (1000 * (last.done - first.done)) / (last.at - first.at);
    },
  };
}
