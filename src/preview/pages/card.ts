import { addressOfFile } from '../../model/address.ts';
import { escapeMarkup } from '../../model/markup.ts';
import { FILE } from '../site.ts';
import type { Beacon, Fit, WrittenPage } from '../written.ts';

/** One page on the contact sheet: on a phone and on a desk, and all there is to know of how visitors get it. */
export function card(page: WrittenPage, site: string): string {
  const { path, title } = page;
  const id = `title-${path.replace(/[^\w]+/g, '-')}`;
  const source = `${site}${FILE}${path.split('/').map(encodeURIComponent).join('/')}`;
  const frame = (device: string): string =>
    `<div class="${device}"><iframe src="${source}" title="${escapeMarkup(title)}, ${device}" loading="lazy" tabindex="-1"></iframe></div>`;
  return `<article class="card" data-file="${escapeMarkup(path)}" aria-labelledby="${id}">
<div class="shots" inert>${frame('phone')}${frame('desktop')}</div>
<div class="words">
<h3 id="${id}"><a href="${escapeMarkup(lookAt(page))}">${escapeMarkup(title)}</a></h3>
<div class="facts">${facts(page)}</div>
</div>
</article>`;
}

/** What is said of a page beside its pictures: replaced by itself when the page changed. */
export function facts(page: WrittenPage): string {
  const { status, bytes, fits, beacons, headers, problem, embargo } = page;
  const retry = headers['retry-after'];
  return `${problem === undefined ? '' : `<p class="problem">It cannot be published: ${escapeMarkup(problem.message)}</p>`}
${embargo === undefined ? '' : `<p class="embargo">${escapeMarkup(embargo)}</p>`}
<p class="gets"><b class="status" data-status="${String(status)[0]}">${status}</b> <code>${escapeMarkup(nameOf(page))}</code>${retry === undefined ? '' : ` <span>try again after ${retry} s</span>`}</p>
<p class="weight">${figure(bytes.plain)} bytes plain, ${figure(bytes.gzip)} by gzip, ${figure(bytes.brotli)} by brotli</p>
<ul class="fits">${fits.map(fit).join('')}</ul>
<h4>Counted by</h4>
${counted(beacons)}
<details><summary>Headers</summary><dl>${Object.entries(headers)
    .map(([name, value]) => `<div><dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd></div>`)
    .join('')}</dl></details>`;
}

function lookAt({ path, kind }: WrittenPage): string {
  const address = kind === 'page' ? addressOfFile(path) : kind === '404' ? '/nope' : `/${path}`;
  return `/look?path=${encodeURIComponent(address)}`;
}

function nameOf({ path, kind }: WrittenPage): string {
  if (kind === 'page') return addressOfFile(path);
  return kind === '404' ? 'any address that is not there' : path.slice(path.lastIndexOf('/') + 1, -'.html'.length);
}

function fit({ name, measure, bytes, limit, matters }: Fit): string {
  const part = Math.min(1, bytes / limit);
  const state = bytes > limit ? 'over' : 'within';
  const text = `${figure(bytes)} of ${figure(limit)} bytes ${measure}`;
  return `<li class="${matters ? state : 'aside'}"><span>${escapeMarkup(name)}${matters ? '' : ' <small>need not fit</small>'}</span> <span>${text}${bytes > limit ? ', too much' : ''}</span>
<svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="room" width="100" height="4"/><rect class="used" width="${(part * 100).toFixed(1)}" height="4"/></svg></li>`;
}

function counted(beacons: readonly Beacon[]): string {
  if (beacons.length === 0) return '<p class="beacons">Nothing: the configuration has no <code>analytics</code>.</p>';
  const lines = beacons.map(({ name, uncounted }) => {
    const without = uncounted === undefined ? 'counted too' : `not counted, since ${escapeMarkup(uncounted)}`;
    return `<li><b>${escapeMarkup(name)}</b> without scripts: ${without}</li>`;
  });
  return `<ul class="beacons">${lines.join('')}</ul>`;
}

const figure = (count: number): string => count.toLocaleString('en');
