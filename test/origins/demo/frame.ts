import { type Post, pathOf } from './journal.ts';
import { escapeHtml, phpJson, typeset } from './markup.ts';
import {
  announcementOf,
  categoriesOf,
  datesOf,
  GENERATOR,
  linkOf,
  NAME,
  nonceOf,
  pictureOf,
  type Site,
  TAGLINE,
  THEME,
} from './site.ts';

/** What a page puts into the frame around it. */
export interface Framed {
  readonly title: string;
  /** Path and query this page is known by; none for pages nobody should keep. */
  readonly canonical?: string;
  readonly description?: string;
  readonly post?: Post;
  readonly main: string;
  readonly bodyClass: string;
}

/** A whole HTML page with what a live WordPress puts into each. */
export function frame(site: Site, page: Framed): string {
  const title = page.title === '' ? `${NAME} – ${TAGLINE}` : `${typeset(page.title)} – ${NAME}`;
  return `<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="UTF-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>${escapeHtml(title)}</title>
${headLinks(site, page, title)}
<link rel="stylesheet" id="tidemark-style-css" href="${site.home}${THEME}/style.css?ver=1.3" media="all" />
<script id="tidemark-settings">
var tidemarkSettings = ${phpJson({ home: `${site.home}/`, root: `${site.home}/wp-json/`, nonce: nonceOf(site, 'rest') })};
</script>
<style id="tidemark-inline-css">
.comments { --rule: url("${site.home}${THEME}/images/swell.svg?ver=1.3"); }
</style>
</head>
<body class="${page.bodyClass}">
<a class="skip" href="#main">Skip to the text</a>
${masthead(site, page)}
<main id="main">
${page.main}
</main>
${footer(site)}
<script src="${site.home}${THEME}/reply.js?ver=1.3" id="comment-reply-js" defer></script>
</body>
</html>
`;
}

function headLinks(site: Site, page: Framed, title: string): string {
  const lines = [
    `<meta name="generator" content="${GENERATOR}" />`,
    `<link rel="icon" href="${site.home}${THEME}/images/logo.svg" type="image/svg+xml" />`,
    `<link rel="alternate" type="application/rss+xml" title="${NAME}" href="${site.home}/feed/" />`,
    `<link rel="https://api.w.org/" href="${site.home}/wp-json/" />`,
    `<link rel="EditURI" type="application/rsd+xml" title="RSD" href="${site.home}/xmlrpc.php?rsd" />`,
    `<link rel="pingback" href="${site.home}/xmlrpc.php" />`,
    page.description === undefined ? '' : `<meta name="description" content="${escapeHtml(page.description)}" />`,
    page.canonical === undefined
      ? '<meta name="robots" content="noindex, follow" />'
      : `<link rel="canonical" href="${site.home}${page.canonical}" />`,
    page.post ? postLinks(site, page.post, title) : '',
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function postLinks(site: Site, post: Post, title: string): string {
  const link = linkOf(site, post);
  const embed = `${site.home}/wp-json/oembed/1.0/embed?url=${encodeURIComponent(link)}`;
  const linked = {
    '@context': 'https://schema.org',
    '@type': 'Article',
    headline: post.title,
    url: link,
    image: pictureOf(site, post, '1600x1000'),
  };
  return `<link rel="shortlink" href="${site.home}/?p=${post.id}" />
<link rel="alternate" type="application/json+oembed" href="${escapeHtml(embed)}" />
<link rel="alternate" type="text/xml+oembed" href="${escapeHtml(`${embed}&format=xml`)}" />
<link rel="alternate" type="application/rss+xml" title="${escapeHtml(title)} Comments" href="${link}feed/" />
<meta property="og:title" content="${escapeHtml(title)}" />
<meta property="og:url" content="${link}" />
<meta property="og:image" content="${pictureOf(site, post, '1600x1000')}" />
<script type="application/ld+json">${phpJson(linked)}</script>`;
}

function masthead(site: Site, page: Framed): string {
  const announcement = announcementOf(site);
  const places: readonly (readonly [path: string, name: string])[] = [
    ['/', 'Journal'],
    ...(announcement ? [[pathOf(announcement), 'The count'] as const] : []),
    ['/tide-table/', 'Tides'],
    ['/about/', 'About'],
  ];
  const links = places.map(
    ([path, name]) =>
      `<a href="${site.home}${path}"${page.canonical === path ? ' aria-current="page"' : ''}>${name}</a>`,
  );
  return `<header class="masthead"><div class="wrap">
<a class="brand" href="${site.home}/"><img src="${site.home}${THEME}/images/logo.svg?ver=1.3" alt="" width="40" height="40" />${NAME}</a>
<nav aria-label="Main">${links.join(' ')}</nav>
</div></header>
<div class="swell" aria-hidden="true"></div>`;
}

function footer(site: Site): string {
  const link = (path: string, name: string) => `<li><a href="${site.home}${path}">${escapeHtml(name)}</a></li>`;
  const years = datesOf(site).filter((listing) => listing.path.length === '/2025/'.length);
  return `<footer class="foot"><div class="wrap small">
<div><h2>${NAME}</h2><p>${TAGLINE}. Written at Penhallow, where it is usually raining on one side of the point.</p></div>
<div><h2>Read by kind</h2><ul>${categoriesOf(site)
    .map((one) => link(one.path, one.title))
    .join('')}</ul></div>
<div><h2>Read by year</h2><ul>${years.map((one) => link(one.path, one.title)).join('')}${link('/feed/', 'Feed')}</ul></div>
</div></footer>`;
}
