import type { HoldfastConfig } from '../../src/config/schema.ts';
import type { EdgeRequest, OriginAnswer } from '../../src/edge/decide.ts';
import { type ReleaseView, viewRelease } from '../../src/edge/view.ts';
import type { FileKind, ReleaseFile } from '../../src/model/manifest.ts';

const file = (path: string, kind: FileKind = 'page'): ReleaseFile => ({
  path,
  kind,
  type: 'text/html',
  headers: {},
  sha256: '0'.repeat(64),
  size: 1,
  variants: {},
});
const page = (name: string, status: number, retryAfter: number | null) => ({
  name,
  path: `_holdfast/holding/${name}.html`,
  status,
  retryAfter,
  refresh: 20,
});
/** Its holding pages. */
export const TABLE_HOLDING = [page('busy', 503, 60), page('launch', 200, null), page('not-kept', 503, 120)];
/** The release of the rows. */
export const TABLE_RELEASE: ReleaseView = viewRelease(
  {
    files: [
      file('index.html'),
      file('404.html'),
      file('café/index.html'),
      file('feed/index.xml', 'feed'),
      file('logo.png', 'asset'),
      file('robots.txt', 'asset'),
      file('.hidden', 'asset'),
      file('.well-known/security.txt', 'asset'),
      file('forum/index.html'),
      { ...file('old/index.html', 'redirect'), status: 302, headers: { location: 'https://e.org/a' } },
      file('_holdfast/pixel.gif', 'asset'),
      ...TABLE_HOLDING.map(({ path }) => file(path, 'holding')),
    ],
  },
  TABLE_HOLDING,
);

/** What a row says beside the path; rules that are left out are the configuration's own. */
export interface Case extends Partial<EdgeRequest> {
  readonly edge?: HoldfastConfig['edge'];
  readonly hold?: string;
  readonly origin?: OriginAnswer;
}

const DYNAMIC = { dynamic: [{ path: '/forum/**' }, { path: '/', query: ['s'] }, { path: '/a*b.php' }] };
const LOGIN = ['wordpress_logged_in_0a1b'];

/** Rows of the decision table: whoever expresses it is held against them. */
export const TABLE: readonly [does: string, path: string, given: Case, answer: string][] = [
  ['a page', '/', {}, 'release 200 index.html'],
  ['a page without its slash', '/caf%C3%A9', {}, 'release 200 café/index.html'],
  ['a page with a query nobody knows', '/', { query: 'utm_source=x' }, 'release 200 index.html'],
  ['a feed', '/feed/', {}, 'release 200 feed/index.xml'],
  ['HEAD', '/logo.png', { method: 'HEAD' }, 'release 200 logo.png'],
  ['a redirect', '/old', { query: 'a=b' }, 'redirect 302 https://e.org/a'],
  ['a redirect, asked by HEAD', '/old/', { method: 'HEAD' }, 'redirect 302 https://e.org/a'],
  ['a redirect, posted to', '/old/', { method: 'POST' }, 'edge 405'],
  ['a redirect, held', '/old/', { hold: 'busy' }, 'holding 503 busy'],
  ['the marker of a redirect', '/old/.index.html.302-0123456789ab', {}, 'release 404 404.html'],
  ['a missing page', '/nope/', { origin: 'refused' }, 'release 404 404.html'],
  ['the missing page itself', '/404.html', {}, 'release 404 404.html'],
  ['a missing page, elsewhere', '/nope/', { edge: { elsewhere: 'origin' } }, 'origin 200 visitors'],
  ['a search at a missing page', '/nope', { query: 's=x', edge: DYNAMIC }, 'release 404 404.html'],
  ['a hidden file', '/.hidden', { edge: { elsewhere: 'origin' } }, 'release 404 404.html'],
  ['a path that cannot be decoded', '/%ff%', {}, 'release 404 404.html'],
  ['well-known', '/.well-known/security.txt', { hold: 'busy' }, 'release 200 .well-known/security.txt'],
  ['well-known, missing', '/.well-known/x', { edge: { elsewhere: 'origin' } }, 'release 404 404.html'],
  ['a missing icon', '/favicon.ico', { edge: { elsewhere: 'origin' }, cookies: LOGIN }, 'release 404 404.html'],
  ['a post elsewhere', '/', { method: 'POST' }, 'edge 405'],
  ['a search', '/', { query: 'a=1&s=x', edge: DYNAMIC }, 'origin 200 dynamic 1'],
  ['a dynamic path', '/forum/topic', { edge: DYNAMIC }, 'origin 200 dynamic 0'],
  ['a dynamic path, though published', '/forum', { edge: DYNAMIC }, 'origin 200 dynamic 0'],
  ['a dynamic post', '/forum/x', { method: 'POST', edge: DYNAMIC }, 'origin 200 dynamic 0'],
  ['a path beside a dynamic one', '/forumx', { edge: DYNAMIC }, 'release 404 404.html'],
  ['a star within a part', '/axb.php', { edge: DYNAMIC }, 'origin 200 dynamic 2'],
  ['a star over parts', '/ax/xb.php', { edge: DYNAMIC }, 'release 404 404.html'],
  ['the origin failing', '/forum/', { edge: DYNAMIC, origin: 503 }, 'holding 503 busy'],
  ['the origin silent', '/forum/', { edge: DYNAMIC, origin: 'timeout' }, 'holding 503 busy'],
  ['the cap full', '/forum/', { edge: DYNAMIC, origin: 'full' }, 'holding 503 busy'],
  ['an error of the origin', '/forum/', { edge: DYNAMIC, origin: 500 }, 'origin 500 dynamic 0'],
  ['a login', '/', { cookies: LOGIN }, 'origin 200 visitors'],
  ['a login, origin away', '/', { cookies: LOGIN, origin: 'refused' }, 'holding 503 busy'],
  ['an asset for who is logged in', '/logo.png', { cookies: LOGIN }, 'release 200 logo.png'],
  ['another cookie', '/', { cookies: ['_ga', 'xwordpress_logged_in_1'] }, 'release 200 index.html'],
  ['credentials', '/', { authorized: true }, 'origin 200 visitors'],
  ['a comment', '/wp-comments-post.php', { method: 'POST' }, 'origin 200 comments'],
  ['a comment, origin away', '/wp-comments-post.php', { method: 'POST', origin: 502 }, 'holding 503 not-kept'],
  ['a comment form looked at', '/wp-comments-post.php', {}, 'release 404 404.html'],
  ['a hold', '/', { hold: 'launch' }, 'holding 200 launch'],
  ['a hold, a missing page', '/nope', { hold: 'busy' }, 'holding 503 busy'],
  ['a hold, an asset', '/logo.png', { hold: 'busy' }, 'release 200 logo.png'],
  ['a hold, a missing asset', '/nope.png', { hold: 'busy' }, 'release 404 404.html'],
  ['a hold, robots.txt', '/robots.txt', { hold: 'busy' }, 'release 200 robots.txt'],
  ['a hold, who is logged in', '/', { hold: 'busy', cookies: LOGIN }, 'origin 200 visitors'],
  ['a hold, a dynamic path', '/forum/', { hold: 'busy', edge: DYNAMIC }, 'origin 200 dynamic 0'],
  ['our pixel', '/_holdfast/pixel.gif', { hold: 'busy', authorized: true }, 'release 200 _holdfast/pixel.gif'],
  ['a file of ours that is not there', '/_holdfast/x', { edge: { elsewhere: 'origin' } }, 'release 404 404.html'],
  ['a holding page looked at', '/_holdfast/holding/busy.html', {}, 'release 200 _holdfast/holding/busy.html'],
];
