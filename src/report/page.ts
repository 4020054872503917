import { escapeMarkup } from '../model/markup.ts';
import { KINDS, PAGE_KINDS } from './kinds.ts';
import { plotOf } from './plot.ts';
import type { LogReport } from './read.ts';
import { STYLE } from './style.ts';
import { figure, labelOf, peakOf, rankedFigure, spanName, timeName, uniqueFigure } from './table.ts';
import type { KindCount, MissingPage } from './tally.ts';
import type { Ranked } from './toplist.ts';

/** The report as one HTML file: no script, nothing loaded, and nothing of a log in it unescaped. */
export function reportPage(report: LogReport): string {
  const { pages } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${figure(pages.requests)} page requests</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1><b>${figure(pages.requests)}</b> page requests from <b>${uniqueFigure(pages)}</b> addresses</h1>
<p class="when">${whenOf(report)}</p>
${plots(report)}
${kindTable(report)}
${topTable('Top pages', report.topPages)}
${missingTable(report.topMissing)}
<footer>${sourcesOf(report)}</footer>
</main>
</body>
</html>
`;
}

function whenOf(report: LogReport): string {
  const { steps, stepSeconds } = report;
  const [first, last, peak] = [steps.at(0), steps.at(-1), peakOf(report)];
  if (first === undefined || last === undefined) return 'No request of that time.';
  const span = `${timeName(first.at)} to ${timeName(last.at + stepSeconds * 1000)}.`;
  if (peak === undefined) return span;
  return `${span} Most in ${spanName(stepSeconds)}: ${figure(peak.requests)}, at ${timeName(peak.at)}.`;
}

function plots({ steps, stepSeconds }: LogReport): string {
  const others = new Set(KINDS.filter((kind) => !PAGE_KINDS.has(kind)));
  const pages = plotOf({ steps, stepSeconds, kinds: PAGE_KINDS, label: 'Page requests a minute, by kind' });
  const rest = plotOf({ steps, stepSeconds, kinds: others, label: 'All other requests a minute, by kind' });
  return `${pages && `<h2>Page requests a minute</h2>\n${pages}`}\n${rest && `<h2>All else, a minute</h2>\n${rest}`}`;
}

function kindTable({ kinds, pages }: LogReport): string {
  const row = (count: KindCount): string =>
    `<tr><th scope="row"><i class="k-${count.kind}"></i>${escapeMarkup(labelOf(count))}</th><td>${figure(count.requests)}</td><td>${uniqueFigure(count)}</td></tr>`;
  const rows = (isPage: boolean): string =>
    kinds
      .filter(({ kind }) => PAGE_KINDS.has(kind) === isPage)
      .map(row)
      .join('\n');
  return `<h2>By kind</h2>
<table>
<thead><tr><th scope="col">kind</th><th scope="col">requests</th><th scope="col">addresses</th></tr></thead>
<tbody>
${rows(true)}
<tr class="sum"><th scope="row">page requests</th><td>${figure(pages.requests)}</td><td>${uniqueFigure(pages)}</td></tr>
</tbody>
<tbody>
${rows(false)}
</tbody>
</table>
<p class="note">One address may be many people, and one person many addresses. A pixel is asked for by what shows a page, and seldom by robots.</p>`;
}

function topTable(title: string, ranked: readonly Ranked[]): string {
  if (ranked.length === 0) return '';
  const rows = ranked.map(
    (page) => `<tr><td>${rankedFigure(page)}</td><td class="path">${escapeMarkup(page.key)}</td></tr>`,
  );
  return `<h2>${title}</h2>\n<table class="top">\n${rows.join('\n')}\n</table>`;
}

function missingTable(missing: readonly MissingPage[]): string {
  if (missing.length === 0) return '';
  const rows = missing.map(
    (page) =>
      `<tr><td>${rankedFigure(page)}</td><td class="path">${escapeMarkup(page.key)}${linksOf(page.links)}</td></tr>`,
  );
  return `<h2>Top missing pages</h2>\n<table class="top">\n${rows.join('\n')}\n</table>`;
}

function linksOf(links: readonly Ranked[]): string {
  if (links.length === 0) return '';
  const lines = links.map((link) => `<li>${escapeMarkup(link.key)} <small>${rankedFigure(link)}</small></li>`);
  return `<ul>${lines.join('')}</ul>`;
}

function sourcesOf({ logs }: LogReport): string {
  return logs
    .map(({ name, format, read, bad, cut }) => {
      const trouble = [bad > 0 ? `${figure(bad)} lines not readable` : '', cut ? 'cut short' : ''].filter(Boolean);
      const parts = [format ?? 'no known format', `${figure(read)} requests`, ...trouble];
      return `${escapeMarkup(name)}: ${parts.join(', ')}`;
    })
    .join('<br>');
}
