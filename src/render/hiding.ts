import { readFileSync } from 'node:fs';
import { HOLDING_FOLDER } from '../model/holding.ts';
import { type Span, spanOf, standing, writtenIn } from './embargo.ts';

/** A page that was left out, and when visitors get it; `output` is where it goes as far as that is said without its template. */
export interface Hidden extends Span {
  readonly output: string;
}

/** For when pages are composed, and for whom. */
export interface Showing {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** True where pages under embargo are composed too, as editors see them. */
  readonly withEmbargoed: boolean;
}

/** What is found out about embargoes while Eleventy reads its inputs. */
export interface Census {
  readonly hidden: Hidden[];
  /** Of every page that has one, left out or not. */
  readonly spans: Span[];
}

export interface PageData extends Record<string, unknown> {
  page: { inputPath: string; fileSlug: string; filePathStem: string };
}

/** True for a page that is to be left out: it is in no collection then, and none of it is rendered. Others get their instants in one form. */
export function isHidden(data: PageData, showing: Showing, { hidden, spans }: Census): boolean {
  const { inputPath } = data.page;
  const span = spanOf(data, (field) => writtenIn(readFileSync(inputPath, 'utf8'))(field));
  const { publishAt, unpublishAt } = span;
  if (publishAt === undefined && unpublishAt === undefined) return false;
  spans.push(span);
  if (isOut(span, showing)) {
    hidden.push({ ...span, output: outputOf(data).slice(1) });
    return true;
  }
  if (publishAt !== undefined) data['publishAt'] = new Date(publishAt).toISOString();
  if (unpublishAt !== undefined) data['unpublishAt'] = new Date(unpublishAt).toISOString();
  return false;
}

/** Where a page would go, as far as that is said without its template. */
function outputOf(data: PageData): string {
  const { inputPath, fileSlug, filePathStem } = data.page;
  if (inputPath.startsWith(HOLDING)) return holdingOutput(data['name'] ?? fileSlug);
  const said = String(data['permalink'] ?? '');
  return said.startsWith('/') && !said.includes('{') ? said.replace(/\/$/, '/index.html') : defaultPath(filePathStem);
}

/** True where a page or file of this span is not composed. */
export function isOut(span: Span, { at, withEmbargoed }: Showing): boolean {
  const now = standing(span, at);
  return now === 'past' || (now === 'embargoed' && !withEmbargoed);
}

/** Where the sources of holding pages lie. */
export const HOLDING = './content/holding/';

/** Where a holding page goes. */
export function holdingOutput(name: unknown): string {
  return `/${HOLDING_FOLDER}${name}.html`;
}

/** Where a page goes that does not say so itself. */
export function defaultPath(stem: string): string {
  if (stem === '/404') return '/404.html';
  return stem.endsWith('/index') ? `${stem}.html` : `${stem}/index.html`;
}
