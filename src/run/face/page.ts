import { type Certificate, judgeCertificate } from '../../cycle/certificates.ts';
import { age } from '../../model/age.ts';
import { aheadLines, isUnready } from '../ahead.ts';
import type { Facts } from '../facts.ts';
import { historyPlot } from './plot.ts';
import type { RunFacts } from './run-facts.ts';
import { STYLE } from './style.ts';
import { asHtml, counted } from './words.ts';

/** What the page shows. */
export interface Shown {
  readonly facts: Facts;
  readonly run: RunFacts;
}

/** Kept pages whose markup would be more than this, in characters, are counted and not listed: the page stays small on the worst day. */
const MOST_KEPT = 20_000;

/** The status page, whole: it asks nobody for anything but its own news. Holds no words of visitors and no secrets. */
export function statusPage({ facts, run }: Shown): string {
  const { site, environment } = facts;
  const word = wordOf({ facts, run });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${asHtml(word.text)}: ${asHtml(site.name)}</title>
<link rel="icon" href="data:,"><style>${STYLE}</style><script src="/live.js" defer></script></head>
<body><main>
<header><p class="soft">${asHtml(environment)}, <a href="${asHtml(site.url)}">${asHtml(site.url.replace(/^https?:\/\//, ''))}</a></p><h1>${asHtml(site.name)}</h1></header>
<p class="word ${word.tone}"><b>${asHtml(word.text)}</b> ${asHtml(run.said)}</p>
${banners({ facts, run })}
<section><h2>Live</h2>${destinations(facts)}</section>
<section><h2>Lanes</h2>${lanes(facts)}</section>
${kept(facts)}
${comments(facts)}${values(facts)}
<section><h2>Cycles</h2>${historyPlot(facts.history)}</section>
<section><h2>This process</h2>${processList({ facts, run })}</section>
<footer><p>As of ${asHtml(facts.at.slice(0, 19).replace('T', ' '))} UTC. <a href="/status.json">JSON</a>, <a href="/metrics">metrics</a>, <a href="/healthz">health</a></p></footer>
</main></body></html>
`;
}

interface Word {
  readonly text: string;
  readonly tone: 'good' | 'warn' | 'bad';
}

/** The one thing to know at a glance, the gravest first. */
function wordOf({ facts, run }: Shown): Word {
  const { destinations: all } = facts;
  if (run.role === 'passive') return { text: 'Passive', tone: 'good' };
  if (run.alarms.length > 0) return { text: 'Needs a look', tone: 'bad' };
  if (all.some(({ hold }) => hold.hold !== null)) return { text: 'On the holding page', tone: 'warn' };
  if (all.some(({ pinned }) => pinned !== null)) return { text: 'On a pinned release', tone: 'warn' };
  if (all.every(({ live }) => live === null)) return { text: 'Nothing is live yet', tone: 'warn' };
  if (all.some(({ error }) => error !== null)) return { text: 'A destination cannot be read', tone: 'warn' };
  if (run.failures > 0) return { text: 'Live, the last cycle failed', tone: 'warn' };
  if (facts.ahead.next !== null && isUnready(facts.ahead.next))
    return { text: 'Live, not ready for its instant', tone: 'warn' };
  if (facts.origin?.state === 'down') return { text: 'Live, the origin is down', tone: 'warn' };
  if (facts.comments.some(({ trouble }) => trouble !== null)) return { text: 'Live, comments are old', tone: 'warn' };
  if (facts.kept.length > 0) return { text: 'Live, some pages kept', tone: 'warn' };
  return { text: 'All is well', tone: 'good' };
}

/** `2027-02-02 09:00 UTC`, of an ISO 8601 time. */
function minute(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Alarms first: a phone shows the first few. */
function banners({ facts, run }: Shown): string {
  const { next } = facts.ahead;
  const isBad = next !== null && isUnready(next);
  const [soonest, ...later] = aheadLines(facts.ahead, Date.parse(facts.at));
  const bad = [...run.alarms, ...(isBad && soonest !== undefined ? [soonest] : [])];
  const said = [
    ...facts.destinations.flatMap(({ name, hold }) =>
      hold.hold === null
        ? []
        : [`HOLD at ${name}: visitors get the holding page ${hold.hold.page} since ${minute(hold.hold.since)}`],
    ),
    ...facts.destinations.flatMap(({ name, pinned }) =>
      pinned === null ? [] : [`PINNED at ${name}: nothing else goes live until holdfast unpin`],
    ),
    ...(isBad || soonest === undefined ? [] : [soonest]),
    ...later,
    ...(facts.launch === null ? [] : [`LAUNCH MODE until ${minute(facts.launch.until)}`]),
  ];
  return [
    ...bad.map((text) => `<p class="banner bad">${asHtml(text)}</p>`),
    ...said.map((text) => `<p class="banner">${asHtml(text)}</p>`),
  ].join('');
}

function destinations({ destinations: all, at }: Facts): string {
  const rows = all.map(({ name, live, since, files, settled, unsure, holder, releases, error }) => {
    const standing =
      since === null
        ? ''
        : `for ${age(Date.parse(at) - Date.parse(since))}, ${counted(files, 'file')}, ${counted(releases, 'release')} to return to`;
    const trouble =
      error ??
      (settled
        ? unsure === 0
          ? ''
          : `${unsure ?? 'all'} files are put again by the next publish`
        : 'stopped in the middle of a switch: the next run mends it');
    const id = live === null ? 'nothing' : live.slice(live.indexOf('-') + 1).slice(0, 8);
    return `<li><b>${asHtml(name)}</b> <code>${asHtml(id)}</code> ${asHtml(standing)}${holder === null ? '' : `<br><span class="soft">lease: ${asHtml(holder)}</span>`}${trouble === '' ? '' : `<br><strong>${asHtml(trouble)}</strong>`}</li>`;
  });
  return `<ul>${rows.join('')}</ul>`;
}

/** A bar is full where a lane is as old as its interval; one that is older is another colour, and says so. */
function lanes({ lanes: all }: Facts): string {
  const rows = all.map(({ name, everySeconds, ageSeconds, state }) => {
    const part = ageSeconds === null ? 0 : ageSeconds / everySeconds;
    const tone = state === 'paused' ? 'idle' : part > 3 ? 'bad' : part > 1.5 ? 'warn' : 'good';
    const said = ageSeconds === null ? 'never looked at' : `${age(ageSeconds * 1000)} old`;
    const word = state === 'fresh' || state === 'never' ? '' : `, ${state}`;
    return `<li><b>${asHtml(name)}</b> ${said} of ${age(everySeconds * 1000)}${word}<span class="bar"><i class="${tone}" style="width:${Math.min(100, Math.round(part * 100))}%"></i></span></li>`;
  });
  return `<ul>${rows.join('')}</ul>`;
}

function kept({ kept: all, site, at }: Facts): string {
  if (all.length === 0) return '';
  let rows = '';
  let listed = 0;
  for (const { address, problem, text, since, goodAt } of all) {
    const good = goodAt === undefined ? 'never good' : `last good ${age(Date.parse(at) - goodAt)} ago`;
    const row = `<li><a href="${asHtml(new URL(address, site.url).href)}">${asHtml(address)}</a> ${asHtml(problem)} for ${age(Date.parse(at) - since)}, ${good}<br><span class="soft">${asHtml(text.slice(0, 160))}</span></li>`;
    if (rows.length + row.length > MOST_KEPT) break;
    rows += row;
    listed += 1;
  }
  const more = all.length > listed ? `<p class="soft">and ${all.length - listed} more</p>` : '';
  return `<section><h2>Kept from an earlier look: ${all.length}</h2><ul>${rows}</ul>${more}</section>`;
}

function originSaid({ origin, at }: Facts, ease: number): string {
  const state = origin === null ? '' : `${origin.state} for ${age(Date.parse(at) - Date.parse(origin.since))}, `;
  return state + (ease === 1 ? 'asked at full pace' : `asked at ${Math.round(ease * 100)} % of its pace`);
}

function certificateLine(certificate: Certificate, now: number): Line {
  const { how, text } = judgeCertificate(certificate, now);
  const term = `certificate, ${certificate.of}`;
  return how === 'good' ? [term, text] : [term, text, 'bad'];
}

/** How many there are and how old that is; not a word of what they say. */
function comments({ comments: all }: Facts): string {
  const named = ({ page, count }: (typeof all)[number]) => `<b>${asHtml(page)}</b> ${counted(count, 'comment')}`;
  return beside(all, { heading: 'Comments', done: 'read', named });
}

function values({ values: all }: Facts): string {
  return beside(all, { heading: 'Values', done: 'computed', named: ({ name }) => `<b>${asHtml(name)}</b>` });
}

interface Beside<One> {
  readonly heading: string;
  /** What is done to it: `read`. */
  readonly done: string;
  readonly named: (one: One) => string;
}

/** What comes from beside the pages: how old it is, and why, where it fails. */
function beside<One extends Facts['comments'][number] | Facts['values'][number]>(
  all: readonly One[],
  { heading, done, named }: Beside<One>,
): string {
  if (all.length === 0) return '';
  const rows = all.slice(0, MOST_KEPT).map((one) => {
    const { ageSeconds, everySeconds, trouble } = one;
    const seen = ageSeconds === null ? `never ${done}` : `${done} ${age(ageSeconds * 1000)} ago`;
    const why =
      trouble === null ? '' : `<br><strong>fails</strong> <span class="soft">${asHtml(trouble.slice(0, 160))}</span>`;
    return `<li>${named(one)}, ${seen} of ${age(everySeconds * 1000)}${why}</li>`;
  });
  return `<section><h2>${heading}</h2><ul>${rows.join('')}</ul></section>`;
}

/** What stands in the list, of what, and how grave it is. */
type Line = readonly [term: string, text: string, tone?: 'bad'];

function processList({ facts, run }: Shown): string {
  const lines: readonly Line[] = [
    ['role', run.role === 'passive' ? `passive, ${run.other ?? 'another machine'} is active` : run.role],
    ['next tick', run.next === null ? 'none' : `${run.next.slice(11, 19)} UTC`],
    ['cycles', `${run.cycles}, ${run.failures} failed in a row, ${run.skipped} ticks skipped in a row`],
    ['origin', originSaid(facts, run.ease)],
    ...facts.caches.map(
      ({ name, waiting }): Line => [
        `cache ${name}`,
        waiting === 0 ? 'nothing waits' : `${waiting} files wait to be purged`,
      ],
    ),
    ...(facts.inbox === null
      ? []
      : [
          [
            'inbox',
            `${counted(facts.inbox.waiting + facts.inbox.delivering, 'comment')} waiting, ${age(facts.inbox.drainSeconds * 1000)} to deliver, ${facts.inbox.refused} refused`,
          ] as const,
        ]),
    [
      'kept to return to',
      `${counted(facts.retention.releases, 'release')}, and all of the last ${age(facts.retention.seconds * 1000)}`,
    ],
    ...run.certificates.map((one) => certificateLine(one, Date.parse(facts.at))),
    ['memory', `${Math.round(run.memory / 1e6)} MB, up ${age(Date.parse(facts.at) - Date.parse(run.started))}`],
  ];
  const rows = lines.map(
    ([term, text, tone]) =>
      `<dt>${asHtml(term)}</dt><dd${tone === undefined ? '' : ` class="${tone}"`}>${asHtml(text)}</dd>`,
  );
  return `<dl>${rows.join('')}</dl>`;
}
