import { join } from 'node:path';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import type { ScriptedSite } from '../support/site.ts';

/** A comment as a test means it. */
export interface Said {
  readonly id: number;
  readonly parent?: number;
  readonly author: string;
  readonly url?: string;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly html: string;
}

type Entry = NonNullable<HoldfastConfig['comments']>[number];

/** How one kind of source says it. */
export interface Form {
  config(site: string, dir: string): Omit<Extract<Entry, { from: 'json' }>, 'page'> | Omit<Entry, 'page'>;
  /** Makes the server show these and no others. */
  show(site: ScriptedSite, comments: readonly Said[]): void;
  /** What this kind of source cannot say. */
  readonly lacks: readonly ('parent' | 'url' | 'removed')[];
  /** True where the source is a program that reads `comments.json`. */
  readonly isProgram?: true;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const json = (value: unknown, headers: Readonly<Record<string, string>> = {}) => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});
/** What no form may let through. */
const PRIVATE = { author_email: 'reader@private.example', author_ip: '127.9.9.9', author_avatar_urls: { 24: 'x' } };

const wordpress: Form = {
  config: () => ({ from: 'wordpress', post: 7 }),
  lacks: [],
  show: (site, comments) => {
    const rows = comments
      .toSorted((a, b) => b.id - a.id)
      .map(({ id, parent, author, url, date, html }) => ({
        ...PRIVATE,
        id,
        post: 7,
        parent: parent ?? 0,
        author_name: escaped(author),
        author_url: url ?? '',
        date_gmt: date.replace('Z', ''),
        content: { rendered: html },
        status: 'approved',
      }));
    site.pages.set('/wp-json/wp/v2/comments', (request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams;
      const offset = Number(query.get('offset') ?? 0);
      const body = JSON.stringify(rows.slice(offset, offset + Number(query.get('per_page'))));
      response.writeHead(200, { 'content-type': 'application/json', 'x-wp-total': String(rows.length) }).end(body);
    });
  },
};

const feed: Form = {
  config: () => ({ from: 'feed', url: '/post/feed/' }),
  lacks: ['parent', 'url', 'removed'],
  show: (site, comments) => {
    const items = comments.map(
      ({ id, author, date, html }) =>
        `<item><title>By: x</title><link>http://x/post/#comment-${id}</link><guid isPermaLink="false">http://x/?p=7#comment-${id}</guid><dc:creator>${escaped(author)}</dc:creator><pubDate>${new Date(date).toUTCString()}</pubDate><description>short</description><content:encoded><![CDATA[${html}]]></content:encoded></item>`,
    );
    const body = `<?xml version="1.0"?><rss version="2.0"><channel><title>Comments</title><link>http://x/post/</link>${items.join('')}</channel></rss>`;
    site.pages.set('/post/feed/', { headers: { 'content-type': 'application/rss+xml' }, body });
  },
};

const atom: Form = {
  config: () => ({ from: 'feed', url: '/post/atom/' }),
  lacks: ['removed'],
  show: (site, comments) => {
    const entries = comments.map(
      ({ id, parent, author, url, date, html }) =>
        `<entry><id>tag:x:${id}</id><link rel="alternate" href="http://x/post/#comment-${id}"/><author><name>${escaped(author)}</name>${url === undefined ? '' : `<uri>${url}</uri>`}<email>reader@private.example</email></author><published>${date}</published>${parent === undefined ? '' : `<thr:in-reply-to ref="http://x/post/#comment-${parent}"/>`}<content type="html">${escaped(html)}</content></entry>`,
    );
    const body = `<feed xmlns="http://www.w3.org/2005/Atom">${entries.join('')}</feed>`;
    site.pages.set('/post/atom/', { headers: { 'content-type': 'application/atom+xml' }, body });
  },
};

const discourse: Form = {
  config: (site) => ({ from: 'discourse', url: `${site}/t/launch/12` }),
  lacks: ['url'],
  show: (site, comments) => {
    const posts = [{ id: 1, author: 'op', date: '2026-05-04T00:00:00Z', html: '<p>The topic.</p>' }, ...comments].map(
      ({ id, author, date, html, ...more }) => ({
        id: id + 1000,
        post_number: id,
        post_type: 1,
        username: 'u',
        name: author,
        created_at: date,
        cooked: html,
        avatar_template: '/a/{size}.png',
        reply_to_post_number: 'parent' in more ? more.parent : null,
      }),
    );
    const stream = posts.map(({ id }) => id);
    site.pages.set('/t/12.json', json({ id: 12, post_stream: { posts: posts.slice(0, 20), stream } }));
    site.pages.set('/t/12/posts.json', (request, response) => {
      const wanted = new URL(request.url ?? '', 'http://x').searchParams.getAll('post_ids[]').map(Number);
      const found = posts.filter(({ id }) => wanted.includes(id));
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ post_stream: { posts: found } }));
    });
  },
};

const html: Form = {
  config: () => ({
    from: 'html',
    url: '/viewtopic.php?t=12',
    select: { comment: '.post', author: '.author', url: '.author a', date: 'time', text: '.content' },
  }),
  lacks: ['parent'],
  show: (site, comments) => {
    const posts = comments.map(
      ({ id, author, url, date, html: text }) =>
        `<div id="p${id}" class="post"><p class="author">${url === undefined ? escaped(author) : `<a href="${url}">${escaped(author)}</a>`}</p><time datetime="${date}">long ago</time><div class="content">${text}</div></div>`,
    );
    site.pages.set('/viewtopic.php', `<!doctype html><title>A topic</title><main>${posts.join('\n')}</main>`);
  },
};

const anyJson: Form = {
  config: () => ({
    from: 'json',
    url: '/api/thread',
    list: 'thread.posts',
    fields: { id: 'n', parent: 're', author: 'by.name', url: 'by.site', date: 'at', html: 'text' },
  }),
  lacks: [],
  show: (site, comments) => {
    const posts = comments.map(({ id, parent, author, url, date, html: text }) => ({
      ...PRIVATE,
      n: id,
      re: parent,
      by: { name: author, site: url },
      at: Date.parse(date) / 1000,
      text,
    }));
    site.pages.set('/api/thread', json({ thread: { posts } }));
  },
};

const command: Form = {
  config: (_site, dir) => ({ from: 'command', run: ['cat', join(dir, 'comments.json')] }),
  lacks: [],
  isProgram: true,
  show: () => {},
};

/** Every kind of source. */
export const FORMS: Readonly<Record<string, Form>> = {
  wordpress,
  'an RSS feed': feed,
  'an Atom feed': atom,
  discourse,
  'a page': html,
  'any JSON': anyJson,
  'a program': command,
};
