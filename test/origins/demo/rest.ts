import { type Comment, type Post, pathOf } from './journal.ts';
import { commentHtml, entryHtml } from './markup.ts';
import { type Asked, json, type Reply } from './reply.ts';
import { linkOf, NAME, pictureOf, type Site, TAGLINE } from './site.ts';
import { avatarOf } from './thread.ts';

const ROOT = '/wp-json';
const COMMENTS = `${ROOT}/wp/v2/comments`;
const POSTS = `${ROOT}/wp/v2/posts`;
const PAGES = `${ROOT}/wp/v2/pages`;
const USUAL_PER_PAGE = 10;
const MOST_PER_PAGE = 100;

/** Answers below /wp-json/, in WordPress's shapes; errors too. */
export function rest(site: Site, asked: Asked): Reply {
  const path = asked.url.pathname.replace(/\/$/, '');
  if (path === ROOT) return root(site);
  if (path === `${ROOT}/oembed/1.0/embed`) return embed(site, asked);
  if (path === COMMENTS && asked.method === 'POST')
    return wrong('rest_comment_login_required', 'Sorry, you must be logged in to comment.', 401);
  if (path === COMMENTS) return comments(site, asked);
  if (path === POSTS || path === PAGES) {
    const posts = site.journal.visible(path === POSTS ? 'post' : 'page');
    return paged(site, asked, { path, rows: posts, shape: (post) => postShape(site, post) });
  }
  return one(site, path) ?? wrong('rest_no_route', 'No route was found matching the URL and request method.', 404);
}

function one(site: Site, path: string): Reply | undefined {
  const [, kind, digits] = /^\/wp-json\/wp\/v2\/(posts|pages|comments)\/(\d+)$/.exec(path) ?? [];
  if (kind === undefined) return undefined;
  if (kind === 'comments') {
    const comment = site.journal.comments().find(({ id }) => id === Number(digits));
    return comment ? json(commentShape(site, comment)) : wrong('rest_comment_invalid_id', 'Invalid comment ID.', 404);
  }
  const post = site.journal.visible(kind === 'posts' ? 'post' : 'page').find(({ id }) => id === Number(digits));
  return post ? json(postShape(site, post)) : wrong('rest_post_invalid_id', 'Invalid post ID.', 404);
}

function root(site: Site): Reply {
  const routes = Object.fromEntries(
    ['/', '/oembed/1.0/embed', '/wp/v2/posts', '/wp/v2/pages', '/wp/v2/comments'].map((path) => [
      path,
      { methods: ['GET'] },
    ]),
  );
  return json({
    name: NAME,
    description: TAGLINE,
    url: site.home,
    home: site.home,
    gmt_offset: 0,
    timezone_string: '',
    namespaces: ['oembed/1.0', 'wp/v2'],
    authentication: [],
    routes,
  });
}

function comments(site: Site, asked: Asked): Reply {
  const query = asked.url.searchParams;
  const posts = query.get('post')?.split(',').map(Number);
  const after = Date.parse(zoned(query.get('after')));
  const before = Date.parse(zoned(query.get('before')));
  const rows = site.journal
    .comments()
    .filter((one) => !posts || posts.includes(one.post))
    .filter((one) => !(one.date <= after) && !(one.date >= before));
  if (query.get('orderby') === 'id') rows.sort((a, b) => a.id - b.id);
  if (query.get('order') !== 'asc') rows.reverse();
  return paged(site, asked, { path: COMMENTS, rows, shape: (comment) => commentShape(site, comment) });
}

/** WordPress reads a time without a zone as the site's own, which here is UTC. */
function zoned(time: string | null): string {
  return time === null || /Z$|[+-]\d\d:\d\d$/.test(time) ? (time ?? '') : `${time}Z`;
}

function paged<Row>(
  site: Site,
  asked: Asked,
  list: { path: string; rows: readonly Row[]; shape: (row: Row) => object },
): Reply {
  const query = asked.url.searchParams;
  const perPage = Number(query.get('per_page') ?? USUAL_PER_PAGE);
  const page = Number(query.get('page') ?? 1);
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > MOST_PER_PAGE) return invalid('per_page');
  if (!Number.isInteger(page) || page < 1) return invalid('page');
  const pages = Math.ceil(list.rows.length / perPage);
  const link = (to: number, rel: string) => {
    const address = new URL(`${site.home}${list.path}?${query}`);
    address.searchParams.set('page', String(to));
    return `<${address}>; rel="${rel}"`;
  };
  const links = [
    page > 1 && page <= pages + 1 ? link(page - 1, 'prev') : '',
    page < pages ? link(page + 1, 'next') : '',
  ].filter((one) => one !== '');
  const headers = {
    'X-WP-Total': String(list.rows.length),
    'X-WP-TotalPages': String(pages),
    'X-Robots-Tag': 'noindex',
  };
  const shown = list.rows.slice((page - 1) * perPage, page * perPage).map(list.shape);
  return json(shown, 200, links.length > 0 ? { ...headers, Link: links.join(', ') } : headers);
}

function commentShape(site: Site, comment: Comment): object {
  const post = site.journal.byId(comment.post);
  const avatar = avatarOf(site, comment);
  return {
    id: comment.id,
    post: comment.post,
    parent: comment.parent,
    author: 0,
    author_name: comment.author,
    author_url: comment.url,
    date: plainDate(comment.date),
    date_gmt: plainDate(comment.date),
    content: { rendered: `${commentHtml(comment.text)}\n` },
    link: `${post ? linkOf(site, post) : `${site.home}/`}#comment-${comment.id}`,
    status: 'approved',
    type: 'comment',
    author_avatar_urls: { 24: avatar, 48: avatar, 96: avatar },
    meta: [],
    _links: {
      self: [{ href: `${site.home}${COMMENTS}/${comment.id}` }],
      up: [{ embeddable: true, post_type: post?.type ?? 'post', href: `${site.home}${POSTS}/${comment.post}` }],
    },
  };
}

function postShape(site: Site, post: Post): object {
  const open = post.password === undefined;
  return {
    id: post.id,
    date: plainDate(post.date),
    date_gmt: plainDate(post.date),
    modified: plainDate(post.modified),
    modified_gmt: plainDate(post.modified),
    slug: pathOf(post).split('/').at(-2),
    status: 'publish',
    type: post.type,
    link: linkOf(site, post),
    title: { rendered: post.title },
    content: { rendered: open ? entryHtml(post.text, site.home) : '', protected: !open },
    excerpt: { rendered: open ? `<p>${post.excerpt}</p>\n` : '', protected: !open },
    comment_status: post.commentsOpen ? 'open' : 'closed',
  };
}

function embed(site: Site, asked: Asked): Reply {
  const link = asked.url.searchParams.get('url');
  const post = site.journal.visible().find((one) => linkOf(site, one) === link);
  if (!post) return wrong('oembed_invalid_url', 'Not Found', 404);
  const thumbnail = pictureOf(site, post, '480x300');
  return json({
    version: '1.0',
    provider_name: NAME,
    provider_url: site.home,
    title: post.title,
    type: 'rich',
    width: 600,
    height: 338,
    thumbnail_url: thumbnail,
  });
}

function invalid(parameter: string): Reply {
  return wrong('rest_invalid_param', `Invalid parameter(s): ${parameter}`, 400);
}

function wrong(code: string, message: string, status: number): Reply {
  return json({ code, message, data: { status } }, status);
}

function plainDate(date: number): string {
  return new Date(date).toISOString().slice(0, 19);
}
