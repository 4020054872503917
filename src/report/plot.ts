import { KINDS, type Kind } from './kinds.ts';
import type { Step } from './minutes.ts';

/** Requests a minute by kind, one upon the other, as HTML around an SVG that stretches to the page's width. */
export interface Plot {
  readonly steps: readonly Step[];
  readonly stepSeconds: number;
  readonly kinds: ReadonlySet<Kind>;
  /** Says what is seen to those who do not see it; plain text without markup. */
  readonly label: string;
}

/** Columns of a plot: more would be narrower than a pixel of a phone. */
const MOST_COLUMNS = 360;
const HEIGHT = 100;

interface Column {
  readonly at: number;
  readonly values: readonly number[];
}

/** The plot's markup; '' where none of its kinds came. */
export function plotOf({ steps, stepSeconds, kinds, label }: Plot): string {
  const shown = KINDS.filter((kind) => kinds.has(kind) && steps.some(({ requests }) => requests[kind] !== undefined));
  const [first, last] = [steps.at(0), steps.at(-1)];
  if (shown.length === 0 || first === undefined || last === undefined) return '';
  const columns = columnsOf({ first: first.at, last: last.at, stepSeconds, steps, shown });
  const top = roundUp(Math.max(...columns.map(({ values }) => sum(values))));
  const layers = shown.map((kind, index) => layerOf(columns, index, top, kind)).join('');
  return `<figure>
<figcaption>${shown.map((kind) => `<span class="key k-${kind}">${kind}</span>`).join(' ')}</figcaption>
<div class="plot">
<div class="scale"><span>${short(top)}</span><span>${short(top / 2)}</span><span>0</span></div>
<svg viewBox="0 0 ${columns.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">${layers}<path class="grid" d="M0 ${HEIGHT / 2}H${columns.length}M0 0H${columns.length}"/></svg>
</div>
<div class="times">${timesOf(first.at, last.at + stepSeconds * 1000)}</div>
</figure>`;
}

interface Grid {
  readonly first: number;
  readonly last: number;
  readonly stepSeconds: number;
  readonly steps: readonly Step[];
  readonly shown: readonly Kind[];
}

/** Means a minute, of as many steps as one column stands for; a time without requests is a column of zeros. */
function columnsOf({ first, last, stepSeconds, steps, shown }: Grid): readonly Column[] {
  const stepMs = stepSeconds * 1000;
  const all = Math.round((last - first) / stepMs) + 1;
  const each = Math.ceil(all / MOST_COLUMNS);
  const sums = Array.from({ length: Math.ceil(all / each) }, () => shown.map(() => 0));
  for (const { at, requests } of steps) {
    const values = sums[Math.floor((at - first) / stepMs / each)] ?? [];
    shown.forEach((kind, index) => {
      values[index] = (values[index] ?? 0) + (requests[kind] ?? 0);
    });
  }
  return sums.map((values, index) => {
    const minutes = (Math.min(each, all - index * each) * stepSeconds) / 60;
    return { at: first + index * each * stepMs, values: values.map((value) => value / minutes) };
  });
}

/** From the upper edge of what lies below to its own: there along the steps, and back. */
function layerOf(columns: readonly Column[], index: number, top: number, kind: Kind): string {
  const edge = (upTo: number): readonly string[] =>
    columns.map(({ values }) => (HEIGHT * (1 - sum(values.slice(0, upTo)) / top)).toFixed(2));
  const there = edge(index + 1).map((y, x) => `L${x} ${y}L${x + 1} ${y}`);
  const back = edge(index)
    .map((y, x) => `L${x + 1} ${y}L${x} ${y}`)
    .reverse();
  return `<path class="k-${kind}" d="M0 ${HEIGHT}${there.join('')}${back.join('')}Z"/>`;
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** The next of 1, 2, 3, 4, 5, 6, 8, 10 times a power of ten: half of it reads well too. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 2)));
  return (([1, 2, 3, 4, 5, 6, 8].find((factor) => factor * power >= value) ?? 10) as number) * power;
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 10_000 ? `${value / 1e3} k` : value.toLocaleString('en-GB');
}

/** Beginning, middle and end; the day only where it is another. */
function timesOf(from: number, to: number): string {
  let day = '';
  const name = (at: number): string => {
    const text = new Date(at).toISOString();
    const [date, time] = [text.slice(0, 10), text.slice(11, 16)];
    const said = date === day ? time : `${date} ${time}`;
    day = date;
    return `<span>${said}</span>`;
  };
  return [from, from + (to - from) / 2, to].map(name).join('');
}
