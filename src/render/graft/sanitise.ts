import { createRequire } from 'node:module';
import type SanitizeHtml from 'sanitize-html';
import { ALLOWED, inertFault } from './inert.ts';

const require = createRequire(import.meta.url);
/** Loaded with the first comment that needs it: it takes 40 ms, and a quiet run shows none anew. */
const library = (): typeof SanitizeHtml => require('sanitize-html') as typeof SanitizeHtml;

/** What a comment holds that nobody has to look into twice: text, and these without attributes. */
const PLAIN_TAG = /<\/?(?:p|strong|b|em|i|code|blockquote|q|cite|del|s)>|<br ?\/?>/g;
/** Deeper markup is no text a person wrote. */
const NESTING = 20;

const options = (tags: readonly string[]): SanitizeHtml.IOptions => ({
  allowedTags: [...tags],
  allowedAttributes: { a: ['href', 'rel'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  disallowedTagsMode: 'discard',
  nestingLimit: NESTING,
  transformTags: {
    a: (tagName, { href }) => {
      const address = plainAddress(href);
      return { tagName, attribs: address === undefined ? {} : { href: address, rel: 'ugc nofollow noopener' } };
    },
  },
});

const whole = options([...ALLOWED]);
/** A list item outside of a list would end the list that the thread is. */
const withoutLists = options([...ALLOWED].filter((tag) => !['li', 'ul', 'ol'].includes(tag)));

/**
 * A comment's HTML as it may stand in a page: a few harmless elements, links to the web and to mail that search engines do not follow.
 * The last step before the page; its result is parsed again by another parser, and what does not pass there is shown as plain text.
 */
export function sanitise(written: string): string {
  const html = written.replaceAll('\0', '');
  if (isPlain(html)) return html;
  const sanitize = library();
  for (const rules of [whole, withoutLists]) {
    const clean = sanitize(html, rules);
    if (inertFault(clean) === undefined) return clean;
  }
  return sanitize(html, options([]));
}

/** True for what the library would give back as it is. */
function isPlain(html: string): boolean {
  return !/[<>]/.test(html.replace(PLAIN_TAG, '')) && inertFault(html) === undefined;
}

/** The address as a browser would resolve it, written out; undefined for what leads anywhere but to the web or to mail. */
function plainAddress(href: string | undefined): string | undefined {
  if (href === undefined || !URL.canParse(href)) return undefined;
  const url = new URL(href);
  return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : undefined;
}
