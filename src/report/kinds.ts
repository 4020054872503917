import { PIXEL_PATH } from '../render/analytics/pixel.ts';
import type { LoggedRequest } from './request.ts';

/** What a request was answered with; the first four are page requests. */
export const KINDS = [
  'static',
  'dynamic',
  'holding',
  '404',
  'inbox',
  'asset',
  'redirect',
  'refused',
  'pixel',
  'beacon',
] as const;

export type Kind = (typeof KINDS)[number];

/** Kinds that were a visitor asking for a page, whatever the answer. */
export const PAGE_KINDS: ReadonlySet<Kind> = new Set(['static', 'dynamic', 'holding', '404']);

/** A kind and, for a holding page or a pixel, which one; '' where the log cannot tell. */
export interface Classed {
  readonly kind: Kind;
  readonly name: string;
}

const PLAIN = new Map<string, Classed>(KINDS.map((kind) => [kind, { kind, name: '' }]));

const plain = (kind: Kind): Classed => PLAIN.get(kind) ?? { kind, name: '' };

/** What a request was, by what the server says of it in `kind`, else by its path, method and status. */
export function kindOf(request: LoggedRequest): Classed {
  if (request.path === `/${PIXEL_PATH}`) return pixelOf(request.query);
  return saidKind(request.kind) ?? guessedKind(request);
}

/** `static`, or `holding:busy`. */
function saidKind(said: string): Classed | undefined {
  if (said === '') return undefined;
  const known = PLAIN.get(said);
  if (known !== undefined) return known;
  return said.startsWith('holding:') ? { kind: 'holding', name: nameOf(said.slice('holding:'.length)) } : undefined;
}

function guessedKind({ path, method, status }: LoggedRequest): Classed {
  if (path === '' || method === '') return plain('refused');
  if (BEACONS.has(path)) return plain('beacon');
  const holding = HOLDING_FILE.exec(path);
  if (holding !== null) return { kind: 'holding', name: nameOf(holding[1] ?? '') };
  if (INBOX.has(path) && method === 'POST') return plain('inbox');
  if (status >= 300 && status < 400 && status !== 304) return plain('redirect');
  if (ASSET.test(path)) return plain('asset');
  return pageKind({ path, method, status });
}

function pageKind({ path, method, status }: Pick<LoggedRequest, 'path' | 'method' | 'status'>): Classed {
  if (status >= 500) return plain('holding');
  if (status === 404 || status === 410) return plain('404');
  if (status >= 400 || status < 200) return plain('refused');
  return plain((method !== 'GET' && method !== 'HEAD') || DYNAMIC.test(path) ? 'dynamic' : 'static');
}

/** Where the scripts of Plausible, Matomo, Umami and Google Analytics 4 report to when a site passes that on itself. */
const BEACONS = new Set(['/api/event', '/matomo.php', '/piwik.php', '/api/send', '/g/collect']);
const HOLDING_FILE = /^\/_holdfast\/holding\/([^/]+)\.html$/;
const INBOX = new Set(['/wp-comments-post.php', '/_holdfast/inbox']);
/** Endings of what pages are made with, `robots.txt` and feeds' files too; a missing one is no missing page. */
const ASSET =
  /\.(?:avif|bmp|css|csv|doc|docx|eot|gif|gz|ico|jpe?g|js|json|map|mjs|mp3|mp4|ogg|ogv|otf|pdf|png|svg|tar|ttf|txt|wasm|wav|webm|webmanifest|webp|woff2?|xls|xlsx|xml|xsl|zip)$|^\/_holdfast\//i;
/** What no release holds: WordPress' own scripts. */
const DYNAMIC = /\.php$|^\/wp-admin(?:\/|$)/i;

/** What the pixel's query says: the page's kind, with the holding page's name. */
function pixelOf(query: string): Classed {
  const kind = /(?:^|&)kind=(page|holding|404|redirect)(?:&|$)/.exec(query)?.[1] ?? 'other';
  const name = kind === 'holding' ? nameOf(/(?:^|&)name=([^&]*)/.exec(query)?.[1] ?? '') : '';
  return { kind: 'pixel', name: name === '' ? kind : `${kind} ${name}` };
}

/** Anybody can send a name: what is not one of a holding page counts as unnamed. */
const nameOf = (text: string): string => (/^[a-z0-9][a-z0-9-]{0,39}$/i.test(text) ? text : '');
