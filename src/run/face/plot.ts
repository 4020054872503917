import type { Run } from '../../cycle/history.ts';
import { asHtml } from './words.ts';

const STAGES = ['look', 'render', 'publish'] as const;
const HEIGHT = 100;
/** A failed cycle has a mark of this height under its column. */
const MARK = 6;

/** The last cycles as columns of time by stage, failed ones marked, with what they looked at in words. */
export function historyPlot(history: readonly Run[]): string {
  if (history.length === 0) return '<p class="soft">no cycle yet</p>';
  const longest = Math.max(...history.map(timeOf), 0.1);
  const columns = history.map((run, index) => columnOf(run, { index, longest })).join('');
  const failed = history.filter(({ exit }) => exit !== 0 && exit !== 3).length;
  const requests = history.reduce((sum, run) => sum + run.requests, 0);
  const captured = history.reduce((sum, { pages }) => sum + pages.captured, 0);
  const label = `The last ${history.length} cycles: the longest took ${longest.toFixed(1)} s, ${failed} failed`;
  const keys = STAGES.map((stage) => `<span class="key k-${stage}">${stage}</span>`).join('');
  return `<figure><svg viewBox="0 0 ${history.length} ${HEIGHT + MARK}" preserveAspectRatio="none" role="img" aria-label="${asHtml(label)}">${columns}</svg>
<figcaption>${keys}<span class="key k-fail">failed: ${failed}</span><span>longest ${longest.toFixed(1)} s</span><span>${captured} pages new, ${requests} requests in ${history.length} cycles</span></figcaption></figure>`;
}

const timeOf = ({ stages }: Run): number => STAGES.reduce((sum, stage) => sum + (stages[stage] ?? 0), 0);

function columnOf(run: Run, { index, longest }: { readonly index: number; readonly longest: number }): string {
  let top = HEIGHT;
  const parts = STAGES.map((stage) => {
    const height = ((run.stages[stage] ?? 0) / longest) * HEIGHT;
    top -= height;
    return `<rect class="k-${stage}" x="${index}" y="${top.toFixed(1)}" width=".8" height="${height.toFixed(1)}"/>`;
  });
  const isFailed = run.exit !== 0 && run.exit !== 3;
  return (
    parts.join('') + (isFailed ? `<rect class="k-fail" x="${index}" y="${HEIGHT}" width=".8" height="${MARK}"/>` : '')
  );
}
