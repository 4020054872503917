import type { EdgeConfig } from '../../config/schema.ts';
import { escapeMarkup } from '../../model/markup.ts';
import { answerTo } from '../answer.ts';
import type { Draft } from '../draft.ts';
import { ORIGINS, type Play, VISITORS } from '../play.ts';
import { type Sample, samplesOf } from '../samples.ts';

export interface LookOptions {
  readonly draft: Draft;
  readonly rules: EdgeConfig;
  readonly inbox: boolean;
  readonly play: Play;
  /** What is looked at, with its query: `/announcement/`. */
  readonly path: string;
  readonly site: string;
}

/** The site at full size, with what is played beside it and what visitors get of it. */
export function look(options: LookOptions): string {
  const { play, path, site, draft } = options;
  return `<h1 class="aside">As visitors see it</h1>
<div class="bench">
<form class="address" action="/look"><label for="path">Address</label><input id="path" name="path" value="${escapeMarkup(path)}" spellcheck="false" autocomplete="off"><button>Go</button></form>
<form class="switches" method="post" action="/play">
<input type="hidden" name="back" value="${escapeMarkup(lookAt(path))}">
${choice(
  'origin',
  'The origin is',
  Object.entries(ORIGINS).map(([name, { means }]) => ({ name, means })),
  play.origin,
)}
${choice(
  'visitor',
  'The visitor is',
  VISITORS.map((name) => ({ name })),
  play.visitor,
)}
<label class="hold">Hold <select name="hold">${[undefined, ...draft.holding.map(({ name }) => name)].map((name) => hold(name, play)).join('')}</select></label>
<button class="send">Play</button>
</form>
<fieldset class="width"><legend>Width</legend>${['phone', 'tablet', 'full'].map(width).join('')}</fieldset>
<p class="last" role="status" id="last">${lastOf(options)}</p>
<div class="stage"><iframe name="stage" src="${escapeMarkup(site + path)}" title="The site at ${escapeMarkup(path)}"></iframe></div>
</div>
${table(options)}`;
}

/** What the page that is shown first was answered with; the script tells the later ones. */
function lastOf({ path, draft, rules, play, inbox }: LookOptions): string {
  const [plain = '/', query = ''] = path.split(/\?(.*)/s);
  const request = { method: 'GET', path: plain, query, cookies: [], authorized: false };
  const { answer, why } = answerTo(request, { rules, release: draft.release, play, inbox });
  return `${status(answer.status)}<span> GET ${escapeMarkup(path)}: ${escapeMarkup(why)}</span>`;
}

function status(code: number): string {
  return `<b class="status" data-status="${String(code)[0]}">${code}</b>`;
}

interface Option {
  readonly name: string;
  readonly means?: string;
}

function choice(field: string, legend: string, options: readonly Option[], now: string): string {
  const one = ({ name, means }: Option): string =>
    `<label${means === undefined ? '' : ` title="${escapeMarkup(means)}"`}><input type="radio" name="${field}" value="${name}"${name === now ? ' checked' : ''}><span>${name}</span></label>`;
  return `<fieldset class="choice"><legend>${legend}</legend>${options.map(one).join('')}</fieldset>`;
}

function hold(name: string | undefined, play: Play): string {
  return `<option value="${name ?? ''}"${name === play.hold ? ' selected' : ''}>${name ?? 'off'}</option>`;
}

function width(name: string): string {
  return `<label><input type="radio" name="width" value="${name}"${name === 'full' ? ' checked' : ''}><span>${name}</span></label>`;
}

function lookAt(path: string): string {
  return `/look?path=${encodeURIComponent(path)}`;
}

function table({ draft, rules, play, inbox, site }: LookOptions): string {
  const rows = samplesOf(draft, rules).map((sample) => {
    const seen = sample.isLoggedIn ? { ...play, visitor: 'logged in' as const } : play;
    const { answer, why } = answerTo(sample.request, { rules, release: draft.release, play: seen, inbox });
    return `<tr><th scope="row">${askedBy(sample, site)}</th><td>${status(answer.status)} from the ${fromOf(answer.from)}</td><td>${escapeMarkup(why)}</td></tr>`;
  });
  return `<section class="answers"><h2>What visitors get now</h2>
<table><thead><tr><th scope="col">asked for</th><th scope="col">answer</th><th scope="col">why</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></section>`;
}

function askedBy({ request, text, isLoggedIn }: Sample, site: string): string {
  if (isLoggedIn)
    return `<form method="post" action="/play"><input type="hidden" name="back" value="${escapeMarkup(lookAt(request.path))}"><button name="visitor" value="logged in">${escapeMarkup(text)}</button></form>`;
  if (request.method === 'GET') return `<a href="${escapeMarkup(lookAt(request.path))}">${escapeMarkup(text)}</a>`;
  return `<form method="post" action="${escapeMarkup(site + request.path)}" target="stage"><button>${escapeMarkup(text)}</button></form>`;
}

function fromOf(from: string): string {
  return from === 'edge' ? 'web server' : from === 'holding' ? 'holding page' : from;
}
