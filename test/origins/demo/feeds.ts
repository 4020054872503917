import { createHash } from 'node:crypto';
import { type Comment, type Post, pathOf } from './journal.ts';
import { commentHtml, entryHtml, escapeHtml } from './markup.ts';
import { type Asked, type Reply, xml } from './reply.ts';
import { categoriesOf, GENERATOR, linkOf, NAME, type Site, TAGLINE, tagsOf } from './site.ts';

/** Entries in a feed, as WordPress has it. */
const FEED_LENGTH = 10;

/** Feed of the newest posts. Feeds are all that WordPress gives validators to. */
export function postFeed(site: Site, asked: Asked): Reply {
  const posts = site.journal.visible('post').slice(0, FEED_LENGTH);
  const entries = posts.map(
    (
      post,
    ) => `<item><title>${escapeHtml(post.title)}</title><link>${linkOf(site, post)}</link><pubDate>${rfcDate(post.date)}</pubDate>
<guid isPermaLink="false">${site.home}/?p=${post.id}</guid><category><![CDATA[${post.category ?? ''}]]></category>
${post.password === undefined ? entryBody(site, post) : ''}</item>`,
  );
  return feed(site, asked, {
    title: NAME,
    path: '/feed/',
    entries,
    changed: Math.max(0, ...posts.map((post) => post.modified)),
  });
}

/** Feed of the newest comments, of one post or of all. */
export function commentFeed(site: Site, asked: Asked, post?: Post): Reply {
  const comments = site.journal.comments().filter((one) => !post || one.post === post.id);
  const entries = comments
    .slice(-FEED_LENGTH)
    .reverse()
    .map((comment) => commentEntry(site, comment));
  const title = post ? `Comments on: ${post.title}` : `Comments for ${NAME}`;
  const path = post ? `${pathOf(post)}feed/` : '/comments/feed/';
  return feed(site, asked, { title, path, entries, changed: comments.at(-1)?.date ?? post?.modified ?? 0 });
}

/** The index of sitemaps, or one of them; undefined for one that is not there. */
export function sitemap(site: Site, name: string): Reply | undefined {
  const pages = (type: Post['type']) =>
    site.journal.visible(type).map((post) => ({ path: pathOf(post), changed: post.modified }));
  const maps = new Map<string, readonly { path: string; changed?: number }[]>([
    ['posts-post-1', pages('post')],
    ['posts-page-1', [{ path: '/' }, ...pages('page')]],
    ['taxonomies-category-1', categoriesOf(site)],
    ['taxonomies-post_tag-1', tagsOf(site)],
  ]);
  const namespace = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"';
  if (name === '') {
    const all = [...maps.keys()].map((key) => `<sitemap><loc>${site.home}/wp-sitemap-${key}.xml</loc></sitemap>`);
    return xml('application/xml', `<sitemapindex ${namespace}>${all.join('')}</sitemapindex>`);
  }
  const rows = maps.get(name)?.map(({ path, changed }) => {
    const lastmod = changed === undefined ? '' : `<lastmod>${new Date(changed).toISOString()}</lastmod>`;
    return `<url><loc>${site.home}${path}</loc>${lastmod}</url>`;
  });
  return rows && xml('application/xml', `<urlset ${namespace}>${rows.join('')}</urlset>`);
}

/** What robots are told, and where the sitemap is. */
export function robots(site: Site): Reply {
  const body = `User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n\nSitemap: ${site.home}/wp-sitemap.xml\n`;
  return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

function entryBody(site: Site, post: Post): string {
  return `<description><![CDATA[${post.excerpt}]]></description><content:encoded><![CDATA[${entryHtml(post.text, site.home)}]]></content:encoded>`;
}

/** How other programs may write to the journal; here none may. */
export function rsd(site: Site): Reply {
  const api = `<api name="WordPress" blogID="1" preferred="true" apiLink="${site.home}/xmlrpc.php" />`;
  return xml(
    'text/xml',
    `<rsd version="1.0" xmlns="http://archipelago.phrasewise.com/rsd"><service><homePageLink>${site.home}</homePageLink><apis>${api}</apis></service></rsd>`,
  );
}

function commentEntry(site: Site, comment: Comment): string {
  const post = site.journal.byId(comment.post);
  const link = `${post ? linkOf(site, post) : site.home}#comment-${comment.id}`;
  return `<item><title>By: ${escapeHtml(comment.author)}</title><link>${link}</link><pubDate>${rfcDate(comment.date)}</pubDate>
<guid isPermaLink="false">${site.home}/?p=${comment.post}#comment-${comment.id}</guid><content:encoded><![CDATA[${commentHtml(comment.text)}]]></content:encoded></item>`;
}

function feed(
  site: Site,
  asked: Asked,
  parts: { title: string; path: string; entries: readonly string[]; changed: number },
): Reply {
  const reply = xml(
    'application/rss+xml',
    `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>${escapeHtml(parts.title)}</title><link>${site.home}</link><description>${TAGLINE}</description>
<atom:link href="${site.home}${parts.path}" rel="self" type="application/rss+xml" /><generator>https://wordpress.org/?v=${GENERATOR.split(' ')[1]}</generator>
${parts.entries.join('\n')}
</channel></rss>
`,
  );
  const validators = {
    ETag: `"${createHash('md5').update(reply.body).digest('hex')}"`,
    'Last-Modified': rfcDate(parts.changed),
  };
  const known = asked.headers['if-none-match'] === validators.ETag;
  return known
    ? { status: 304, headers: validators, body: '' }
    : { ...reply, headers: { ...reply.headers, ...validators } };
}

function rfcDate(date: number): string {
  return new Date(date).toUTCString();
}
