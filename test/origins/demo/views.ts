import { type Framed, frame } from './frame.ts';
import { type Post, pathOf, slugOf } from './journal.ts';
import { entryHtml, escapeHtml, typeset } from './markup.ts';
import {
  announcementOf,
  type Listing,
  linkOf,
  longDate,
  nonceOf,
  PER_PAGE,
  pictureOf,
  SIZES,
  type Site,
} from './site.ts';
import { commentsHtml } from './thread.ts';

/** The front page, or a later page of it. */
export function frontPage(site: Site, page: number): string | undefined {
  const announcement = announcementOf(site);
  const posts = site.journal.visible('post').filter((post) => post !== announcement);
  const cards = listing(site, posts, '/', page);
  if (cards === undefined) return undefined;
  const lead = announcement && page === 1 ? leadHtml(site, announcement) : '<h1 class="plain">The journal</h1>';
  const description = 'Limpets, weather and other slow news from a reef.';
  return frame(site, {
    title: page === 1 ? '' : `Page ${page}`,
    description,
    canonical: pagePath('/', page),
    bodyClass: 'home blog',
    main: `<div class="wrap">\n${lead}\n${cards}</div>`,
  });
}

/** An archive; undefined when it has no such page. */
export function listingPage(site: Site, list: Listing, page: number): string | undefined {
  const cards = listing(site, list.posts, list.path, page);
  if (cards === undefined) return undefined;
  const main = `<div class="wrap plain"><h1>${escapeHtml(list.title)}</h1>\n${cards}</div>`;
  return frame(site, { title: list.title, canonical: pagePath(list.path, page), bodyClass: 'archive', main });
}

/** A post or page with its comments; `answered` is the comment a `?replytocom=` link names. */
export function postPage(site: Site, post: Post, answered: number): string {
  const kind =
    post.type === 'page' || !post.category
      ? ''
      : `<a href="${site.home}/category/${slugOf(post.category)}/" rel="category tag">${escapeHtml(post.category)}</a> · `;
  const head = `<header class="narrow"><p class="small">${kind}<time datetime="${new Date(post.date).toISOString()}">${longDate(post.date)}</time></p>
<h1>${escapeHtml(typeset(post.title))}</h1><p class="small">by ${escapeHtml(post.author)}</p></header>`;
  const main =
    post.password === undefined
      ? `${head}\n${picture(site, post)}\n<div class="narrow">\n${entryHtml(post.text, site.home)}\n${tagsHtml(site, post)}${commentsHtml(site, post, answered)}</div>`
      : `${head}\n${passwordForm(site, post)}`;
  const page: Framed = {
    title: post.title,
    canonical: pathOf(post),
    post,
    bodyClass: `single postid-${post.id}`,
    main: `<article class="entry">\n${main}\n</article>`,
  };
  return frame(site, post.password === undefined ? { ...page, description: post.excerpt } : page);
}

/** What a search finds: every post is read through for it, which is what makes it slow. */
export function searchPage(site: Site, words: string): string {
  const wanted = words.toLowerCase();
  const found = site.journal.visible().filter((post) => `${post.title} ${post.text}`.toLowerCase().includes(wanted));
  const main = `<div class="wrap plain"><h1>Looking for “${escapeHtml(words)}”</h1>\n${searchForm(site, words)}\n${cardsHtml(site, found.slice(0, PER_PAGE))}</div>`;
  return frame(site, { title: `Search: ${words}`, bodyClass: 'search', main });
}

/** The page for an address that is not there: it searches for the words in it. */
export function missingPage(site: Site, path: string): string {
  const words = path.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 3);
  const close = site.journal
    .visible()
    .filter((post) => words.some((word) => `${post.title} ${post.text}`.toLowerCase().includes(word.toLowerCase())));
  const offer = close.length === 0 ? '' : `<h2>Perhaps one of these</h2>\n${cardsHtml(site, close.slice(0, 3))}`;
  const main = `<div class="wrap plain"><h1>The tide has taken this page</h1>\n<p>Or it was never here. Try another word.</p>\n${searchForm(site, '')}\n${offer}</div>`;
  return frame(site, { title: 'Not found', bodyClass: 'error404', main });
}

function leadHtml(site: Site, post: Post): string {
  const link = linkOf(site, post);
  const image = `<img src="${pictureOf(site, post, '960x600')}" srcset="${srcset(site, post)}" sizes="(max-width: 44rem) 100vw, 40rem" width="960" height="600" alt="Low water at sunrise" />`;
  return `<section class="lead"><a href="${link}">${image}</a>
<div><p class="small">29 March · at Penhallow slip</p><h2><a href="${link}">${escapeHtml(typeset(post.title))}</a></h2><p>${escapeHtml(typeset(post.excerpt))}</p>
<p><a class="button" href="${link}">Count with us</a> <a class="small" href="${link}#comments">${site.journal.commentsOf(post.id).length} comments</a></p></div></section>`;
}

function listing(site: Site, posts: readonly Post[], path: string, page: number): string | undefined {
  const pages = Math.max(1, Math.ceil(posts.length / PER_PAGE));
  if (page < 1 || page > pages) return undefined;
  const link = (to: number, words: string) =>
    to < 1 || to > pages ? '' : `<a href="${site.home}${pagePath(path, to)}">${words}</a>`;
  const shown = posts.slice((page - 1) * PER_PAGE, page * PER_PAGE);
  return `${cardsHtml(site, shown)}\n<nav class="pages" aria-label="Pages">${link(page - 1, '← Newer')} ${link(page + 1, 'Older →')}</nav>`;
}

function cardsHtml(site: Site, posts: readonly Post[]): string {
  const cards = posts.map((post) => {
    const link = linkOf(site, post);
    const image = `<img loading="lazy" src="${pictureOf(site, post, '480x300')}" srcset="${srcset(site, post)}" sizes="20rem" width="480" height="300" alt="" />`;
    const said = site.journal.commentsOf(post.id).length;
    return `<li class="card"><a href="${link}" tabindex="-1" aria-hidden="true">${image}</a><div><p class="small">${longDate(post.date)}${said ? ` · ${said} comments` : ''}</p>
<h3><a href="${link}">${escapeHtml(typeset(post.title))}</a></h3><p>${post.password === undefined ? escapeHtml(typeset(post.excerpt)) : 'This one is behind a password.'}</p></div></li>`;
  });
  return `<ul class="cards">\n${cards.join('\n')}\n</ul>`;
}

function picture(site: Site, post: Post): string {
  return `<div class="hero"><img src="${pictureOf(site, post, '1600x1000')}" srcset="${srcset(site, post)}" sizes="(max-width: 60rem) 100vw, 60rem" width="1600" height="1000" alt="The shore at ${post.light}" /></div>`;
}

function srcset(site: Site, post: Post): string {
  return SIZES.map(([size, width]) => `${pictureOf(site, post, size)} ${width}w`).join(', ');
}

function tagsHtml(site: Site, post: Post): string {
  if (post.tags.length === 0) return '';
  const links = post.tags.map((tag) => `<a href="${site.home}/tag/${slugOf(tag)}/" rel="tag">${escapeHtml(tag)}</a>`);
  return `<p class="small">Filed under ${links.join(', ')}</p>\n`;
}

function passwordForm(site: Site, post: Post): string {
  return `<form class="post-password-form narrow comment-form" action="${site.home}/wp-login.php?action=postpass" method="post">
<p>This entry is kept behind a password.</p><label for="pwbox-${post.id}">Password <input name="post_password" id="pwbox-${post.id}" type="password" /></label>
<input type="hidden" name="_wpnonce" value="${nonceOf(site, 'postpass')}" /><input class="button" type="submit" value="Enter" /></form>`;
}

function searchForm(site: Site, words: string): string {
  return `<form class="search narrow" role="search" action="${site.home}/"><label>Search the journal <input type="search" name="s" value="${escapeHtml(words)}" /></label></form>`;
}

function pagePath(path: string, page: number): string {
  return page === 1 ? path : `${path}page/${page}/`;
}
