import { setImmediate as breathe } from 'node:timers/promises';
import type { Placement } from '../../config/placement.ts';
import type { Address } from '../../model/address.ts';
import { addressOfThreadPage, type Placed, type ThreadPage } from '../../model/thread.ts';
import { type Edit, splice } from '../splice.ts';
import { recount } from './counts.ts';
import { type Place, type Places, placesIn } from './place.ts';
import { sanitise } from './sanitise.ts';
import type { ThreadTemplates } from './template.ts';

/** Where a thread goes, and how it is shown; of the configuration. */
export interface GraftRules extends Placement {
  readonly timeZone: string;
  /** Of the site: how dates are written (BCP 47). */
  readonly language: string;
}

/** What is grafted. */
export interface Scion {
  readonly address: Address;
  readonly page: ThreadPage;
  /** The numbers of all pages of the thread. */
  readonly numbers: readonly number[];
  /** Comments in all. */
  readonly count: number;
  readonly rules: GraftRules;
  readonly templates: ThreadTemplates;
  /** True where the page says that it is UTF-8: else what is not ASCII is written as references. */
  readonly isUtf8: boolean;
}

/** The page with its thread; what could not be put in is named. */
export interface Grafted {
  readonly html: Buffer;
  /** 'thread': there is no place for it, and the page is as it came. 'counts': no element shows a number. */
  readonly lacks: 'nothing' | 'thread' | 'counts';
}

/** Puts a thread into a captured page. Bytes that are neither the thread nor a count stay as they were. Throws `template-broken`. */
export async function graft(bytes: Buffer, scion: Scion): Promise<Grafted> {
  const text = bytes.toString('latin1');
  const places = placesIn(text);
  // Parsing, rendering and splicing a long page take seconds together on a busy machine, and leases are renewed meanwhile.
  await breathe();
  const place = findPlace(places, scion.rules);
  // A page without comments may have no place for any: WordPress has none where they are closed.
  if (place === undefined) return { html: bytes, lacks: scion.count === 0 ? 'nothing' : 'thread' };
  const counts = countEdits(text, places, scion);
  const edits = [...(await threadEdits(text, place, scion)), ...counts.filter((edit) => !isWithin(edit, place))];
  await breathe();
  const isLacking = scion.rules.counts !== undefined && scion.page.number === 0 && counts.length === 0;
  return {
    html: Buffer.from(splice(text, edits), 'latin1'),
    lacks: isLacking && scion.count > 0 ? 'counts' : 'nothing',
  };
}

type Found = { readonly kind: 'into' | 'before'; readonly place: Place };

function findPlace(places: Places, { into, before }: GraftRules): Found | undefined {
  const place = places.first(into);
  if (place !== undefined) return { kind: 'into', place };
  const next = before === undefined ? undefined : places.first(before);
  return next === undefined ? undefined : { kind: 'before', place: next };
}

const isWithin = ({ start }: Edit, { kind, place }: Found): boolean =>
  kind === 'into' && start >= place.inner && start < place.innerEnd;

function countEdits(text: string, places: Places, { rules, count, page }: Scion): readonly Edit[] {
  // Further pages keep the number that they were made with: else each comment would write them all.
  if (rules.counts === undefined || page.number !== 0) return [];
  return places.all(rules.counts).flatMap((place) => recount(text, place, count) ?? []);
}

/** The thread within its list, and what follows it behind. */
async function threadEdits(text: string, { kind, place }: Found, scion: Scion): Promise<readonly Edit[]> {
  const isList = kind === 'into' && /^[ou]l$/.test(place.name);
  const context = contextOf(text, isList ? place.classes : '', scion);
  const items = await itemsOf(scion, context);
  const after = scion.templates.render('after', context);
  const inBytes = (markup: string) => encoded(markup, scion.isUtf8);
  if (isList)
    return [
      { start: place.inner, end: place.innerEnd, text: inBytes(items) },
      { start: place.end, end: place.end, text: inBytes(after) },
    ];
  const list = inBytes(`<ol class="comment-list">\n${items}</ol>\n${after}`);
  if (kind === 'into') return [{ start: place.inner, end: place.innerEnd, text: list }];
  return scion.count === 0 ? [] : [{ start: place.start, end: place.start, text: list }];
}

/** What both templates know. */
interface Context {
  readonly count: number;
  /** Class names of the list in the page: block themes have other ones than classic themes. */
  readonly list: string;
  /** True where the page has a form to answer with. */
  readonly answers: boolean;
  /** The number of the post, for WordPress's own script; '' where the page does not say. */
  readonly post: string;
  /** The time of the newest comment on the page. */
  readonly asOf: Time | undefined;
  /** Addresses of the pages beside this one. */
  readonly older: Address | undefined;
  readonly newer: Address | undefined;
  readonly number: number;
}

interface Time {
  readonly iso: string;
  /** With its time zone. */
  readonly shown: string;
}

const POST = /name=["']?comment_post_ID["']?\s+value=["']?(\d+)/;

function contextOf(text: string, list: string, scion: Scion): Context {
  const { page, count } = scion;
  const newest = page.placed.reduce((latest, { comment: { date } }) => (date > latest ? date : latest), '');
  return {
    count,
    list,
    answers: text.includes('id="respond"'),
    post: POST.exec(text)?.[1] ?? '',
    asOf: newest === '' ? undefined : timeOf(newest, clockOf(scion.rules)),
    number: page.number,
    ...neighbours(scion),
  };
}

/** Numbers rise with time, but the post's own page stands before all or after all of them. */
function neighbours({ address, page: { number }, numbers }: Scion): Pick<Context, 'older' | 'newer'> {
  const further = numbers.filter((one) => one !== 0).sort((a, b) => a - b);
  // Pages are counted from 2 where the post's own is the first, the oldest.
  const inTime = further[0] === 1 ? [...further, 0] : [0, ...further];
  const at = inTime.indexOf(number);
  const to = (other: number | undefined) => (other === undefined ? undefined : addressOfThreadPage(address, other));
  return { older: to(inTime[at - 1]), newer: to(inTime[at + 1]) };
}

function clockOf({ language, timeZone }: GraftRules): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZone,
    timeZoneName: 'short',
  });
}

function timeOf(iso: string, clock: Intl.DateTimeFormat): Time {
  return { iso, shown: clock.format(Date.parse(iso)) };
}

/** Comments handed to the template at once: a thread of any length is never there as objects, as text and as markup all together. */
const CHUNK = 100;

async function itemsOf({ page: { placed }, rules, templates }: Scion, context: Context): Promise<string> {
  const clock = clockOf(rules);
  const parts: string[] = [];
  for (let from = 0; from < placed.length; from += CHUNK) {
    const comments = placed.slice(from, from + CHUNK).map((one, index) => {
      const next = placed[from + index + 1]?.level ?? 1;
      return shown(one, next, { clock, templates });
    });
    parts.push(templates.render('comments', { ...context, comments }));
    await breathe();
  }
  return parts.join('');
}

interface Showing {
  readonly clock: Intl.DateTimeFormat;
  readonly templates: ThreadTemplates;
}

/** A comment as templates know it. Its list of answers begins after it where `opens`, and `closes` such lists end after it. */
function shown({ comment, level }: Placed, next: number, { clock, templates }: Showing) {
  const { id, author, url, html, date } = comment;
  return {
    id,
    author,
    url,
    level,
    date: timeOf(date, clock),
    text: templates.markup(sanitise(html)),
    href: `#comment-${id}`,
    opens: next > level,
    closes: Math.max(0, level - next),
  };
}

/** Markup as bytes of the page, read as latin1. */
function encoded(markup: string, isUtf8: boolean): string {
  if (isUtf8) return Buffer.from(markup, 'utf8').toString('latin1');
  return markup.replace(/[^\u0000-\u007f]/gu, (character) => `&#${character.codePointAt(0)};`);
}
