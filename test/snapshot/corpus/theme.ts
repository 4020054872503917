/** What a page of the corpus is made of; the theme gives it head, navigation, sidebar and footer as real sites have them. */
export interface Parts {
  readonly title: string;
  readonly main: string;
  readonly lang?: string;
  readonly site?: string;
  readonly bodyClass?: string;
  /** Further widgets of the sidebar. */
  readonly sidebar?: string;
  readonly head?: string;
}

export type Theme = (parts: Parts) => string;

export const LOGIN_WIDGET = `<div class="widget widget_login"><h2 class="widget-title">Members</h2>
<form name="loginform" action="https://www.example.org/wp-login.php" method="post"><p><label>Username <input type="text" name="log" value=""></label></p>
<p><label>Password <input type="password" name="pwd" value=""></label></p><p><input type="submit" value="Log In"> <a href="/wp-login.php?action=lostpassword">Lost your password?</a></p></form></div>`;

export const SEARCH_FORM =
  '<form role="search" method="get" class="search-form" action="/"><label>Search for: <input type="search" name="s" value=""></label><input type="submit" value="Search"></form>';

export const NEWSLETTER = `<section class="newsletter"><h3>Stay in touch</h3><p>One letter a month, no advertising.</p>
<form action="/subscribe" method="post"><input type="email" name="email" value="" placeholder="you@example.org"><button>Subscribe</button></form></section>`;

const WIDGETS = `<div class="widget"><h2>Recent Posts</h2><ul><li><a href="/spring-walk/">A walk in spring</a></li><li><a href="/harbour/">The harbour at six in the morning</a></li>
<li><a href="/status/">Site under maintenance on Sunday night</a></li><li><a href="/bread/">Bread without a machine</a></li></ul></div>
<div class="widget"><h2>Categories</h2><ul><li><a href="/category/notes/">Notes</a> (12)</li><li><a href="/category/errors/">Database error notes</a> (3)</li></ul></div>`;

const LINKS = ['Home', 'About us', 'Our work', 'Journal', 'Shop', 'Log in', 'Contact'].map(
  (text) => `<li><a href="/${text}/">${text}</a></li>`,
);

function head({ title, site = 'Harbour Notes', lang = 'en', head: more = '' }: Parts): string {
  return `<!DOCTYPE html>
<html lang="${lang}">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${site}</title>
<link rel="alternate" type="application/rss+xml" title="${site} » Feed" href="/feed/">
<script>window._wpemojiSettings = {"baseUrl":"https:\\/\\/s.w.org\\/images\\/core\\/emoji\\/14.0.0\\/72x72\\/","ext":".png"};</script>
<style id="global-styles-inline-css">body{--wp--preset--color--black:#000;--wp--preset--color--white:#fff}.admin-bar{top:32px}.logged-in .edit-link{display:block}</style>
<link rel="stylesheet" href="/wp-includes/css/dist/block-library/style.min.css?ver=6.1.1" media="all">
${more}</head>`;
}

/** HTML5 landmarks, as block themes write them. */
export const landmarks: Theme = (parts) => `${head(parts)}
<body class="wp-embed-responsive ${parts.bodyClass ?? 'page'}">
<a class="skip-link" href="#main">Skip to content</a>
<header class="wp-block-template-part"><p class="site-title"><a href="/">${parts.site ?? 'Harbour Notes'}</a></p><nav aria-label="Primary"><ul>${LINKS.join('\n')}</ul></nav></header>
<main id="main">
${parts.main}
</main>
<aside>${SEARCH_FORM}${WIDGETS}${parts.sidebar ?? ''}</aside>
<footer><p>© 2027 ${parts.site ?? 'Harbour Notes'}. Made in a small room by the sea. <a href="/imprint/">Imprint</a> <a href="/privacy/">Privacy</a></p></footer>
<script src="/wp-includes/js/wp-embed.min.js?ver=6.1.1"></script>
</body>
</html>
`;

/** Nothing but divs with ids and classes, as themes of 2010 write them; the site's name is the first heading. */
export const divs: Theme = (parts) => `${head(parts)}
<body class="${parts.bodyClass ?? 'page'} has-sidebar">
<div id="page" class="hfeed site">
<div id="masthead" class="site-header"><h1 class="site-title"><a href="/">${parts.site ?? 'Harbour Notes'}</a></h1><div id="site-navigation" class="main-navigation"><ul class="nav-menu">${LINKS.join('')}</ul></div></div>
<div id="main" class="content-sidebar wrapper">
<div id="primary"><div id="content" role="main">
${parts.main}
</div></div>
<div id="secondary" class="sidebar widget-area">${SEARCH_FORM}${WIDGETS}${parts.sidebar ?? ''}</div>
</div>
<div id="colophon" class="footer"><div class="site-info">Proudly powered by WordPress. All text by its writers.</div></div>
</div>
</body>
</html>
`;

/** A table, as sites of 2002 still are, in upper case. */
export const tables: Theme = (parts) => `<HTML>
<HEAD><META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=utf-8"><TITLE>${parts.title}</TITLE>${parts.head ?? ''}</HEAD>
<BODY BGCOLOR="#FFFFFF">
<TABLE WIDTH="780"><TR><TD CLASS="menu">${LINKS.join('')}${parts.sidebar ?? ''}</TD><TD>
${parts.main}
</TD></TR></TABLE>
<!-- pad: ${'.'.repeat(200)} -->
</BODY>
</HTML>
`;

/** A whole page of its own, with no theme around it. */
export function bare(title: string, body: string, bodyTag = '<body>'): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex, follow">
<title>${title}</title>
<style>html{background:#f1f1f1}body{background:#fff;border:1px solid #ccd0d4;color:#444;font-family:-apple-system,"Segoe UI",Roboto,sans-serif;margin:2em auto;padding:1em 2em;max-width:700px;box-shadow:0 1px 1px rgba(0,0,0,.04)}
h1{border-bottom:1px solid #dadada;clear:both;color:#666;font-size:24px;margin:30px 0 0;padding:0 0 7px}a{color:#0073aa}</style>
</head>
${bodyTag}
${body}
</body>
</html>
`;
}

/** A post with its date, its author and, where asked for, comments. */
export function post(title: string, body: string, comments = ''): string {
  return `<article id="post-7" class="post type-post hentry"><header class="entry-header"><h1 class="entry-title">${title}</h1>
<div class="entry-meta"><time class="entry-date" datetime="2027-03-01T09:00:00+00:00">1 March 2027</time> by <a rel="author" href="/author/ann/">Ann</a></div></header>
<div class="entry-content">${body}</div></article>${comments}`;
}

/** Comments and an empty comment form, as WordPress shows them to somebody it does not know. */
export const COMMENTS = `<div id="comments" class="comments-area"><h2 class="comments-title">2 thoughts</h2><ol class="comment-list">
<li class="comment"><b class="fn">Jo</b> says: <p>Same here last night, for an hour.</p></li><li class="comment"><b class="fn">Kim</b> says: <p>Thank you for writing this up.</p></li></ol>
<div id="respond" class="comment-respond"><h3>Leave a Reply</h3><form action="/wp-comments-post.php" method="post" id="commentform" class="comment-form">
<p><textarea name="comment"></textarea></p><p><input id="author" name="author" type="text" value="" size="30"></p><p><input id="email" name="email" type="email" value=""></p>
<p><input name="submit" type="submit" value="Post Comment"><input type="hidden" name="comment_post_ID" value="7"></p></form></div></div>`;
