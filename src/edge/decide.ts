import type { EdgeConfig } from '../config/schema.ts';
import type { RedirectStatus, ReleaseFile } from '../model/manifest.ts';
import { cookieSource, patternSource, querySource } from './patterns.ts';
import { redirectOf } from './redirects.ts';
import type { ReleaseView } from './view.ts';

/** A request, as far as its answer depends on it. */
export interface EdgeRequest {
  readonly method: string;
  /** As it was sent, percent-encoded, without the query. */
  readonly path: string;
  /** Without the question mark; '' for none. */
  readonly query: string;
  /** Names of the cookies that came with it. */
  readonly cookies: readonly string[];
  /** True where it has an Authorization header. */
  readonly authorized: boolean;
}

/** How the origin answers a visitor, or the inbox a form: a status, or not at all; `full` where its cap has no room. */
export type OriginAnswer = number | 'refused' | 'timeout' | 'full';

/** Whose connections a request to the origin counts among; each has a cap of its own. */
export type Cap =
  | { readonly of: 'visitors' }
  | { readonly of: 'comments' }
  | { readonly of: 'dynamic'; readonly rule: number };

/** What a visitor gets. */
export type Answer =
  | { readonly from: 'release'; readonly status: 200 | 404; readonly file: ReleaseFile }
  /** A redirect of the release. A server that does not know it, or cannot say it, answers with its file, a small page that leads there, and 200. */
  | { readonly from: 'redirect'; readonly status: RedirectStatus; readonly to: string; readonly file: ReleaseFile }
  | { readonly from: 'holding'; readonly status: number; readonly name: string; readonly retryAfter: number | null }
  | { readonly from: 'origin'; readonly status: number; readonly cap: Cap }
  /** A comment that was taken, or refused with words of the inbox's own. */
  | { readonly from: 'inbox'; readonly status: number }
  /** The server's own few words: there is no such file, or no such method. */
  | { readonly from: 'edge'; readonly status: 404 | 405 };

/** Where an answer comes from, before the origin was asked. */
export type Route =
  | Exclude<Answer, { from: 'origin' | 'inbox' }>
  | { readonly from: 'inbox'; readonly otherwise: string }
  | { readonly from: 'origin'; readonly cap: Cap; readonly otherwise: string };

/** All that answers depend on beside the request. */
export interface EdgeWorld {
  readonly rules: EdgeConfig;
  readonly release: ReleaseView;
  /** Name of the holding page that visitors are put on; undefined while there is no hold. */
  readonly hold: string | undefined;
  /** True where comments go to the inbox, which asks the origin by itself. */
  readonly inbox?: boolean;
}

/** The holding page that says that a comment was not kept. */
export const NOT_KEPT = 'not-kept';

/** Always there for robots and browsers, hold or not, and never asked of the origin. */
export const ALWAYS = /^\/(?:robots\.txt|favicon\.ico|apple-touch-icon(?:-[\w-]+)?\.png|\.well-known(?:\/.*)?)$/;
/** What ends so is no page: it goes on during a hold, and is answered from the release whoever asks. One list for every edge. */
export const ASSET_ENDINGS =
  'avif bmp css csv doc docx eot epub flac gif gz ico jpeg jpg js json map mjs mp3 mp4 odt ogg ogv otf pdf png ppt pptx rar rss svg tar tif tiff ttf txt vtt wasm wav webm webmanifest webp woff woff2 xls xlsx xml xsl zip'.split(
    ' ',
  );
const ASSET = new RegExp(`\\.(?:${ASSET_ENDINGS.join('|')})$`, 'i');
/** Names that begin with a dot are nobody's. */
const HIDDEN = /\/\./;
/** No page's path: servers differ in what they make of these, and a redirect to one would leave the site. */
export const HOSTILE = /[\x00-\x1f\x7f\\]|\/\/|\/\.\.?(?:\/|$)/;
/** Files of a release that are shown only in place of others. */
const INTERNAL = /^\/404\.html$/;
/** What an origin says that cannot answer now. */
const FAILING: readonly OriginAnswer[] = [502, 503, 504, 'refused', 'timeout', 'full'];

/**
 * The one decision table, which the preview runs and every generated configuration expresses. First match wins:
 * our own files · comments · `dynamic` · other methods · who is logged in · what is always there · the hold · the release · `elsewhere`.
 * `dynamic` comes before the release, since balancers that serve no files go by the path alone.
 */
export function decide(request: EdgeRequest, world: EdgeWorld, origin: OriginAnswer): Answer {
  const route = routeOf(request, world);
  if (route.from === 'inbox')
    return typeof origin === 'number'
      ? { from: 'inbox', status: origin }
      : holdingAnswer(world.release, route.otherwise);
  if (route.from !== 'origin') return route;
  if (typeof origin === 'number' && !FAILING.includes(origin))
    return { from: 'origin', status: origin, cap: route.cap };
  return holdingAnswer(world.release, route.otherwise);
}

/** The part of the table that does not depend on what the origin says. */
export function routeOf(request: EdgeRequest, { rules, release, hold, inbox = false }: EdgeWorld): Route {
  const { method } = request;
  const reads = method === 'GET' || method === 'HEAD';
  const path = decoded(request.path);
  if (path === undefined || HOSTILE.test(path)) return missing(release);
  if (HIDDEN.test(path) && !ALWAYS.test(path)) return missing(release);
  const origin = (cap: Cap, otherwise = rules.holding): Route => ({ from: 'origin', cap, otherwise });
  if (path.startsWith('/_holdfast/')) return reads ? ownFile(path, release) : { from: 'edge', status: 405 };
  if (method === 'POST' && rules.comments.paths.some((pattern) => isMatch(pattern, path))) {
    const otherwise = release.holding(NOT_KEPT) === undefined ? rules.holding : NOT_KEPT;
    return inbox ? { from: 'inbox', otherwise } : origin({ of: 'comments' }, otherwise);
  }
  const rule = rules.dynamic.findIndex((one) => isMatch(one.path, path) && hasParameter(one.query, request.query));
  if (rule >= 0) return origin({ of: 'dynamic', rule });
  const isAsset = ASSET.test(path);
  const isPersonal = !ALWAYS.test(path) && !isAsset && isLoggedIn(request, rules.loginCookies);
  if (isPersonal) return origin({ of: 'visitors' });
  if (!reads) return { from: 'edge', status: 405 };
  if (hold !== undefined && !isAsset && !ALWAYS.test(path)) return holdingAnswer(release, hold);
  const file = INTERNAL.test(path) ? undefined : release.find(path);
  if (file !== undefined) return released(file);
  return rules.elsewhere === 'origin' && !ALWAYS.test(path) ? origin({ of: 'visitors' }) : missing(release);
}

function isMatch(pattern: string, path: string): boolean {
  return new RegExp(patternSource(pattern), 's').test(path);
}

function hasParameter(names: readonly string[] | undefined, query: string): boolean {
  return names === undefined || new RegExp(querySource(names)).test(query);
}

function isLoggedIn({ cookies, authorized }: EdgeRequest, names: readonly string[]): boolean {
  return authorized || names.some((name) => cookies.some((cookie) => new RegExp(cookieSource(name)).test(cookie)));
}

/** Our own folder is never asked of the origin; a holding page there is a file to be looked at. */
function ownFile(path: string, release: ReleaseView): Route {
  const file = release.find(path);
  return file === undefined || path.endsWith('/') ? missing(release) : { from: 'release', status: 200, file };
}

function released(file: ReleaseFile): Route {
  const leads = redirectOf(file);
  return leads === undefined ? { from: 'release', status: 200, file } : { from: 'redirect', ...leads, file };
}

function missing(release: ReleaseView): Route {
  const file = release.find('/404.html');
  return file === undefined ? { from: 'edge', status: 404 } : { from: 'release', status: 404, file };
}

function holdingAnswer(release: ReleaseView, name: string): Extract<Answer, { from: 'holding' }> {
  const { status = 503, retryAfter = null } = release.holding(name) ?? {};
  return { from: 'holding', status, name, retryAfter };
}

/** As servers do, which take bytes for what they are: what is no UTF-8 is the path of no file. */
function decoded(path: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(path)) return undefined;
  const bytes = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
