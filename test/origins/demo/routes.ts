import { commentFeed, postFeed, robots, rsd, sitemap } from './feeds.ts';
import { createCommentForm } from './form.ts';
import { frame } from './frame.ts';
import { type Post, pathOf } from './journal.ts';
import { escapeHtml } from './markup.ts';
import { type Asked, html, type Reply, redirect } from './reply.ts';
import { rest } from './rest.ts';
import { categoriesOf, datesOf, type Listing, linkOf, type Site, THEME, tagsOf } from './site.ts';
import { frontPage, listingPage, missingPage, postPage, searchPage } from './views.ts';

/** What an answer is worth in work: ms of the one worker that renders pages. */
export interface Costed {
  readonly reply: Reply;
  readonly cost: number;
}

/** About ten pages a second, as a small shared host gives. */
const PAGE_MS = 90;
/** Each comment is rendered anew for each reader: 300 of them make four pages of one. */
const COMMENT_MS = 1.2;
/** A search reads every post through, and so does a 404. */
const SEARCH_MS = 350;
const LIGHT_MS = 25;

type Route = (asked: Asked) => Costed | undefined;

/** Everything but files: each answer is rendered when it is asked for, and nothing is kept. */
export function createRoutes(site: Site, options: { flood: boolean }): (asked: Asked) => Costed {
  const form = createCommentForm(site, options.flood);
  const routes: readonly Route[] = [
    (asked) => (asked.url.pathname === '/wp-comments-post.php' ? { reply: form(asked), cost: PAGE_MS } : undefined),
    (asked) => machinery(site, asked),
    (asked) => (asked.url.pathname.startsWith('/wp-json') ? forMachines(site, asked) : undefined),
    (asked) => byQuery(site, asked),
    (asked) => listings(site, asked.url.pathname),
    (asked) => entry(site, asked),
    (asked) => withSlash(site, asked.url.pathname),
  ];
  return (asked) => {
    for (const route of routes) {
      const answer = route(asked);
      if (answer) return answer;
    }
    return missing(site, asked.url.pathname);
  };
}

function machinery(site: Site, asked: Asked): Costed | undefined {
  const path = asked.url.pathname;
  const light = (reply: Reply | undefined) => reply && { reply, cost: LIGHT_MS };
  if (path === '/robots.txt') return light(robots(site));
  if (path === '/sitemap.xml') return light(redirect(`${site.home}/wp-sitemap.xml`));
  if (path === '/favicon.ico') return light(redirect(`${site.home}${THEME}/images/logo.svg`, 302));
  if (path === '/wp-login.php') return light(html(loginPage(site)));
  if (path.startsWith('/wp-admin'))
    return light(redirect(`${site.home}/wp-login.php?redirect_to=${encodeURIComponent(asked.url.href)}&reauth=1`, 302));
  if (path === '/xmlrpc.php' && asked.url.searchParams.has('rsd')) return light(rsd(site));
  if (path === '/xmlrpc.php')
    return light({
      status: 405,
      headers: { Allow: 'POST', 'Content-Type': 'text/plain' },
      body: 'XML-RPC server accepts POST requests only.',
    });
  const map = /^\/wp-sitemap(?:-(.+))?\.xml$/.exec(path);
  if (map) return light(sitemap(site, map[1] ?? ''));
  if (path === '/feed/') return { reply: postFeed(site, asked), cost: PAGE_MS };
  return path === '/comments/feed/' ? { reply: commentFeed(site, asked), cost: PAGE_MS } : undefined;
}

function forMachines(site: Site, asked: Asked): Costed {
  const reply = rest(site, asked);
  const rows = asked.url.pathname.endsWith('/comments') ? Number(asked.url.searchParams.get('per_page') ?? 10) : 0;
  return { reply, cost: LIGHT_MS + (COMMENT_MS * rows) / 4 };
}

function byQuery(site: Site, asked: Asked): Costed | undefined {
  if (asked.url.pathname !== '/') return undefined;
  const words = asked.url.searchParams.get('s');
  if (words !== null) return { reply: html(searchPage(site, words)), cost: SEARCH_MS };
  const id = asked.url.searchParams.get('p') ?? asked.url.searchParams.get('page_id');
  if (id === null) return undefined;
  const post = site.journal.byId(Number(id));
  return post?.status === 'publish' ? { reply: redirect(linkOf(site, post)), cost: LIGHT_MS } : missing(site, '/');
}

function listings(site: Site, path: string): Costed | undefined {
  const [, base = '', page] = /^(.*?\/)(?:page\/(\d+)\/)?$/.exec(path) ?? [];
  const number = page === undefined ? 1 : Number(page);
  const links = { Link: `<${site.home}/wp-json/>; rel="https://api.w.org/"` };
  const body = base === '/' ? frontPage(site, number) : listingAt(site, base, number);
  return body === undefined ? undefined : { reply: html(body, 200, links), cost: PAGE_MS };
}

function listingAt(site: Site, path: string, page: number): string | undefined {
  const list: Listing | undefined = [...categoriesOf(site), ...tagsOf(site), ...datesOf(site)].find(
    (one) => encodeURI(one.path).toLowerCase() === path.toLowerCase(),
  );
  return list && listingPage(site, list, page);
}

function entry(site: Site, asked: Asked): Costed | undefined {
  const path = asked.url.pathname;
  const ofFeed = path.endsWith('/feed/') ? path.slice(0, -'feed/'.length) : undefined;
  const post = visibleAt(site, ofFeed ?? path);
  if (!post) return undefined;
  const cost = PAGE_MS + (post.password === undefined ? COMMENT_MS * site.journal.commentsOf(post.id).length : 0);
  if (ofFeed !== undefined) return { reply: commentFeed(site, asked, post), cost: PAGE_MS };
  const body = postPage(site, post, Number(asked.url.searchParams.get('replytocom') ?? 0));
  const links = [`<${site.home}/wp-json/>; rel="https://api.w.org/"`, `<${site.home}/?p=${post.id}>; rel=shortlink`];
  return { reply: html(body, 200, { 'X-Pingback': `${site.home}/xmlrpc.php`, Link: links }), cost };
}

function withSlash(site: Site, path: string): Costed | undefined {
  if (path.endsWith('/')) return undefined;
  const there = visibleAt(site, `${path}/`) ?? listings(site, `${path}/`) ?? (path === '/feed' || undefined);
  return there && { reply: redirect(`${site.home}${path}/`), cost: LIGHT_MS };
}

function visibleAt(site: Site, path: string): Post | undefined {
  return site.journal
    .visible()
    .find((post) => pathOf(post) === path.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
}

function missing(site: Site, path: string): Costed {
  return {
    reply: html(missingPage(site, readable(path)), 404, { 'Cache-Control': 'no-cache, must-revalidate, max-age=0' }),
    cost: SEARCH_MS,
  };
}

function readable(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // not UTF-8: search for it as it stands
  }
}

/** The page that asks who you are. */
export function loginPage(site: Site): string {
  const main = `<div class="narrow plain"><h1>Log in</h1>
<form name="loginform" id="loginform" class="comment-form" action="${escapeHtml(`${site.home}/wp-login.php`)}" method="post">
<label>Name <input name="log" autocomplete="username" /></label><label>Password <input type="password" name="pwd" autocomplete="current-password" /></label>
<input class="button" type="submit" name="wp-submit" value="Log in" /></form></div>`;
  return frame(site, { title: 'Log in', bodyClass: 'login', main });
}
