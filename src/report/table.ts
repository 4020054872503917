import { printable } from '../model/printable.ts';
import type { Unique } from './addresses.ts';
import { PAGE_KINDS } from './kinds.ts';
import type { LogReport } from './read.ts';
import type { KindCount } from './tally.ts';
import type { Ranked } from './toplist.ts';

/** The report for a terminal, line by line. */
export function* tableLines(report: LogReport): Generator<string> {
  const { pages, kinds } = report;
  const parts = (isPage: boolean): readonly KindCount[] => kinds.filter(({ kind }) => PAGE_KINDS.has(kind) === isPage);
  yield* columns([
    ['', 'requests', 'addresses'],
    ['page requests', ...numbers(pages.requests, pages)],
    ...parts(true).map((count) => [`  ${labelOf(count)}`, ...numbers(count.requests, count)]),
    ...parts(false).map((count) => [labelOf(count), ...numbers(count.requests, count)]),
  ]);
  const busiest = peakOf(report);
  if (busiest !== undefined)
    yield `most page requests in ${spanName(report.stepSeconds)}: ${figure(busiest.requests)}, at ${timeName(busiest.at)}`;
  yield* ranking('top pages', report.topPages);
  if (report.topMissing.length > 0) yield '';
  if (report.topMissing.length > 0) yield 'top missing pages';
  for (const page of report.topMissing) {
    yield rankedLine(page);
    for (const link of page.links)
      yield `${' '.repeat(12)}  linked from ${printable(link.key)} (${figure(link.count)})`;
  }
}

/** `holding busy`, `pixel page`; a 5xx in a log that does not name the page is `holding (5xx, not named)`. */
export function labelOf({ kind, name }: Pick<KindCount, 'kind' | 'name'>): string {
  if (name !== '') return `${kind} ${name}`;
  return kind === 'holding' ? 'holding (5xx, not named)' : kind;
}

/** With commas between thousands. */
export const figure = (count: number): string => count.toLocaleString('en-GB');

/** `about 1,200,000` where it is an estimate. */
export const uniqueFigure = ({ addresses, isExact }: Unique): string =>
  isExact ? figure(addresses) : `about ${figure(addresses)}`;

/** `1,204`, or `1,204 to 1,210` where the count is not exact. */
export const rankedFigure = ({ count, unsure }: Ranked): string =>
  unsure === 0 ? figure(count) : `${figure(count)} to ${figure(count + unsure)}`;

/** `2026-11-21 05:40 UTC` */
export const timeName = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** `a minute`, `4 minutes` */
export const spanName = (seconds: number): string => (seconds === 60 ? 'a minute' : `${seconds / 60} minutes`);

/** The step with the most page requests; undefined where there were none. */
export function peakOf({ steps }: LogReport): { readonly at: number; readonly requests: number } | undefined {
  let peak: { at: number; requests: number } | undefined;
  for (const { at, requests } of steps) {
    let sum = 0;
    for (const kind of PAGE_KINDS) sum += requests[kind] ?? 0;
    if (sum > (peak?.requests ?? 0)) peak = { at, requests: sum };
  }
  return peak;
}

function numbers(requests: number, unique: Unique): string[] {
  return [figure(requests), uniqueFigure(unique)];
}

function* columns(rows: readonly (readonly string[])[]): Generator<string> {
  const width = (column: number): number => Math.max(...rows.map((row) => (row[column] ?? '').length));
  const [first, second, third] = [width(0), width(1), width(2)];
  for (const [name = '', requests = '', addresses = ''] of rows)
    yield `${name.padEnd(first)}  ${requests.padStart(second)}  ${addresses.padStart(third)}`;
}

function* ranking(title: string, ranked: readonly Ranked[]): Generator<string> {
  if (ranked.length === 0) return;
  yield '';
  yield title;
  for (const one of ranked) yield rankedLine(one);
}

const rankedLine = (ranked: Ranked): string => `${rankedFigure(ranked).padStart(12)}  ${printable(ranked.key)}`;
