import { setImmediate as breathe } from 'node:timers/promises';
import { addressOfThreadPage } from '../../model/thread.ts';
import { type Edit, splice } from '../splice.ts';
import { recount } from './counts.ts';
import { encoded, itemsOf } from './items.ts';
import { type Place, type Places, placesIn } from './place.ts';
import { type Context, clockOf, type GraftRules, type Scion, timeOf } from './scion.ts';

/** The page made ready for its thread; what could not be put in is named. */
export interface Grafted {
  /** The page around its comments, with the mark where they go. */
  readonly html: Buffer;
  /** Undefined where none go in. */
  readonly items?: Items;
  /** 'thread': there is no place for it, and the page is as it came. 'counts': no element shows a number. */
  readonly lacks: 'nothing' | 'thread' | 'counts';
}

/** The comments of a page, which are never there as markup all at once. */
export interface Items {
  /** Stands in the page once, where they go. */
  readonly mark: string;
  /** Bytes of the page read as latin1, some of them at a time, and to be gone through once. Throws `template-broken`. */
  readonly parts: AsyncIterable<string>;
}

/** Puts a thread into a captured page, but for its comments, which come after. Bytes that are neither the thread nor a count stay as they were. Throws `template-broken`. */
export async function graft(bytes: Buffer, scion: Scion): Promise<Grafted> {
  const text = bytes.toString('latin1');
  const places = placesIn(text);
  // Parsing a long page takes a second on a busy machine, and leases are renewed meanwhile.
  await breathe();
  const place = findPlace(places, scion.rules);
  // A page without comments may have no place for any: WordPress has none where they are closed.
  if (place === undefined) return { html: bytes, lacks: scion.count === 0 ? 'nothing' : 'thread' };
  const counts = countEdits(text, places, scion);
  const thread = threadEdits(text, place, scion);
  const edits = [...thread.edits, ...counts.filter((edit) => !isWithin(edit, place))];
  const isLacking = scion.rules.counts !== undefined && scion.page.number === 0 && counts.length === 0;
  return {
    html: Buffer.from(splice(text, edits), 'latin1'),
    ...(thread.items === undefined ? {} : { items: thread.items }),
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

interface ThreadEdits {
  readonly edits: readonly Edit[];
  readonly items?: Items;
}

/** The thread within its list, and what follows it behind. */
function threadEdits(text: string, { kind, place }: Found, scion: Scion): ThreadEdits {
  if (kind === 'before' && scion.count === 0) return { edits: [] };
  const isList = kind === 'into' && /^[ou]l$/.test(place.name);
  const context = contextOf(text, isList ? place.classes : '', scion);
  const mark = markFor(text);
  const items = { mark, parts: itemsOf(scion, context) };
  const after = encoded(scion.templates.render('after', context), scion.isUtf8);
  const within = { start: place.inner, end: place.innerEnd };
  if (isList) {
    const behind = { start: place.end, end: place.end, text: after };
    return { items, edits: [{ ...within, text: mark }, behind] };
  }
  const list = `<ol class="comment-list">\n${mark}</ol>\n${after}`;
  const where = kind === 'into' ? within : { start: place.start, end: place.start };
  return { items, edits: [{ ...where, text: list }] };
}

/** What stands nowhere in the page, and means nothing to whatever edits it. */
function markFor(text: string): string {
  for (let number = 1; ; number++) {
    const mark = `<!-- comments ${number} -->`;
    if (!text.includes(mark)) return mark;
  }
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
