import type { Run } from '../../cycle/history.ts';
import { asHtml } from './words.ts';

const STAGES = ['look', 'render', 'publish'] as const;
const HEIGHT = 100;
/** A failed cycle has a mark of this height under its column. */
const MARK = 6;

interface Strip {
  readonly of: (run: Run) => number;
  /** What the line beside it says of its values. */
  readonly said: (values: readonly number[]) => string;
  /** What a full column is; the highest value unless it is given. */
  readonly full?: number;
}

/** What is plotted below the time. */
const STRIPS: readonly Strip[] = [
  { of: ({ pages }) => pages.captured, said: (all) => `new pages: ${sum(all)}, most ${most(all)}` },
  { of: ({ requests }) => requests, said: (all) => `requests: ${sum(all)}, most ${most(all)}` },
  {
    of: ({ origin }) => origin?.seconds ?? 0,
    said: (all) => `origin: ${sum(all).toFixed(1)} s, most ${most(all).toFixed(1)} s`,
  },
  {
    of: ({ origin }) => origin?.ease ?? 1,
    said: (all) => `budget: least ${Math.round(Math.min(...all) * 100)} %`,
    full: 1,
  },
];

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const most = (values: readonly number[]): number => Math.max(...values);

/**
 * The last cycles as columns of time by stage, failed ones marked; below them the pages that were new, the requests, what the origin took for
 * them, and how much of its budget was used at the end, which is less after trouble.
 */
export function historyPlot(history: readonly Run[]): string {
  if (history.length === 0) return '<p class="soft">no cycle yet</p>';
  const longest = Math.max(...history.map(timeOf), 0.1);
  const failed = history.filter(isFailed).length;
  const label = `The last ${history.length} cycles: the longest took ${longest.toFixed(1)} s, ${failed} failed`;
  const keys = STAGES.map((stage) => `<span class="key k-${stage}">${stage}</span>`).join('');
  const stages = STAGES.map((stage, at) => stagePath(history, { stage, at, longest }));
  return `<figure>${svg(label, history.length, [...stages, failures(history)])}
<figcaption>${keys}<span class="key k-fail">failed: ${failed}</span><span>${history.length} cycles, longest ${longest.toFixed(1)} s</span></figcaption>
<dl>${STRIPS.map((strip) => stripOf(history, strip)).join('')}</dl></figure>`;
}

function svg(said: string, columns: number, paths: readonly string[]): string {
  return `<svg viewBox="0 0 ${columns} ${HEIGHT + MARK}" preserveAspectRatio="none" role="img" aria-label="${asHtml(said)}">${paths.join('')}</svg>`;
}

function stripOf(history: readonly Run[], { of, said, full }: Strip): string {
  const values = history.map(of);
  const top = full ?? Math.max(...values, Number.MIN_VALUE);
  const columns = values.map((value, index) => column(index, HEIGHT, (value / top) * HEIGHT));
  const text = said(values);
  return `<dt>${asHtml(text)}</dt><dd>${svg(text, history.length, [`<path d="${columns.join('')}"/>`])}</dd>`;
}

const timeOf = ({ stages }: Run): number => STAGES.reduce((all, stage) => all + (stages[stage] ?? 0), 0);
const isFailed = ({ exit }: Run): boolean => exit !== 0 && exit !== 3;

interface StagePlace {
  readonly stage: (typeof STAGES)[number];
  readonly at: number;
  readonly longest: number;
}

/** One stage of every cycle, standing on those before it: one path is a fifth of what as many rectangles are. */
function stagePath(history: readonly Run[], { stage, at, longest }: StagePlace): string {
  const height = (seconds = 0): number => (seconds / longest) * HEIGHT;
  const columns = history.map(({ stages }, index) => {
    const below = sum(STAGES.slice(0, at).map((each) => height(stages[each])));
    return column(index, HEIGHT - below, height(stages[stage]));
  });
  return `<path class="k-${stage}" d="${columns.join('')}"/>`;
}

function failures(history: readonly Run[]): string {
  const marks = history.flatMap((run, index) => (isFailed(run) ? [column(index, HEIGHT + MARK, MARK)] : []));
  return `<path class="k-fail" d="${marks.join('')}"/>`;
}

/** A column up from `bottom`; none where it has no height. */
function column(index: number, bottom: number, height: number): string {
  const [from, to] = [bottom, bottom - height].map((y) => Number(y.toFixed(1)));
  return from === to ? '' : `M${index} ${from}V${to}h.8V${from}`;
}
