import { MarkupScanner } from '../../model/markup.ts';
import type { Page } from './page.ts';

/** Cookies that only somebody who logged in, or who commented, is given. */
const PERSONAL_COOKIE = /^(?:wordpress_logged_in|wordpress_sec|comment_author)_/;
/** What servers give to everybody who comes. */
const SESSION_COOKIE = /sess|^(?:sid|phpbb3?_\w+|connect\.sid|csrftoken|XSRF-TOKEN|_csrf|wp_woocommerce)/i;

/** Links that WordPress and phpBB give to nobody but who is logged in; the plain address may stand in any guide. */
const LOGOUT = /\?action=logout\b.*_wpnonce=|[?;&]mode=logout\b.*\bsid=/;

/** What marks a tag that is only there for one visitor, and what to look for before any tag is looked at. */
const MARKS: readonly { readonly hint: string; readonly text: string; readonly on: (tag: MarkupScanner) => boolean }[] =
  [
    { hint: 'wpadminbar', text: 'the admin bar (wpadminbar)', on: (tag) => tag.raw('id') === 'wpadminbar' },
    { hint: 'logged-in-as', text: '"logged in as" in its comment form', on: (tag) => hasClass(tag, 'logged-in-as') },
    {
      hint: 'awaiting-moderation',
      text: 'a comment that waits for moderation, which only its author sees',
      on: (tag) => hasClass(tag, 'comment-awaiting-moderation'),
    },
    {
      hint: '=logout',
      text: 'a link to log out',
      on: (tag) => tag.name === 'a' && LOGOUT.test(tag.raw('href') ?? ''),
    },
  ];

/** What in the page belongs to one visitor, in words; undefined for a page that is everybody's. */
export function personalContent(page: Page): string | undefined {
  if (page.bodies.some(({ classes }) => classes.includes('logged-in'))) return 'a body of class logged-in';
  if (page.prefilled !== undefined) return `a commenter's ${page.prefilled}, filled in`;
  const possible = MARKS.filter(({ hint }) => page.source.includes(hint));
  if (possible.length === 0) return undefined;
  const scanner = new MarkupScanner(page.source);
  while (scanner.next()) {
    const mark = scanner.closing ? undefined : possible.find(({ on }) => on(scanner));
    if (mark !== undefined) return mark.text;
  }
  return undefined;
}

/** The names of cookies that make an answer personal, and a remark for each other one. */
export function readCookies(setCookies: readonly string[]): {
  personal: string | undefined;
  warnings: readonly string[];
} {
  const names = setCookies.map((cookie) => (cookie.split('=', 1)[0] ?? '').trim());
  const warnings = new Set(names.map((name) => `${SESSION_COOKIE.test(name) ? 'session-cookie' : 'cookie'}: ${name}`));
  return { personal: names.find((name) => PERSONAL_COOKIE.test(name)), warnings: [...warnings] };
}

function hasClass(tag: MarkupScanner, name: string): boolean {
  return tag.raw('class')?.split(/\s+/).includes(name) ?? false;
}
