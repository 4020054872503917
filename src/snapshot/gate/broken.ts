import { hasArticleMarks } from './article.ts';
import type { Page } from './page.ts';
import { hasPlainPhpError } from './php.ts';
import { type Phrase, phraseInHeading, phraseInText } from './phrases.ts';
import type { PhraseKind } from './wording/wording.ts';

/** What a page is that is no page, and how it shows. */
export interface Breakage {
  readonly kind: PhraseKind;
  /** One clause, such as `says "bad gateway" in its title`. */
  readonly text: string;
}

/** Letters of its own (no white space) under which a page may be a phrase it holds. */
interface Limits {
  /** For a phrase in the title or a heading. */
  readonly heading: number;
  /** For a phrase anywhere in the text. */
  readonly text: number;
}

/** A page that stands alone, as servers and plugins send it: some 130 and 70 words. */
const ALONE: Limits = { heading: 750, text: 400 };
/** A page in the site's theme: an application that fails there says two sentences, a guide says more. */
const IN_THEME: Limits = { heading: 300, text: 200 };
/** Letters of navigation and the like from which a page has a theme around it. */
const THEME_LETTERS = 100;
/** A page that shows a date, an author or comments is an article while it has so much to say: some 17 words. */
const ARTICLE_LETTERS = 100;

/** Titles that only failing software writes, whole. */
const SOFTWARE_TITLES: readonly { readonly kind: PhraseKind; readonly title: RegExp }[] = [
  { kind: 'gateway', title: /^[\w.-]+\.[a-z]{2,} \| 5\d\d: / },
  { kind: 'gateway', title: /^error: the re(?:quested url could not be retrieved|quest could not be satisfied)$/ },
  { kind: 'program', title: /^http status [45]\d\d\b/ },
  { kind: 'program', title: /^iis [\d.]+ detailed error\b/ },
  { kind: 'program', title: /^[\w.]+(?:error|exception) at \// },
  { kind: 'program', title: /^action controller: exception caught$/ },
  { kind: 'program', title: /^server error in '\/.*' application/ },
  { kind: 'hosting', title: /^apache2 (?:debian|ubuntu) default page: it works$/ },
  { kind: 'hosting', title: /^index of \/$/ },
  { kind: 'hosting', title: /^(?:php [\d.]+\S* - )?phpinfo\(\)$/ },
  {
    kind: 'hosting',
    title: /^(?:apache |nginx )?(?:http server )?test page (?:for the (?:apache|nginx|http)|powered by)\b/,
  },
];

/** Body ids and classes by which software marks a page that stands in for all others. */
const SOFTWARE_BODIES: Readonly<Record<string, PhraseKind>> = {
  'error-page': 'program',
  'elementor-maintenance-mode': 'maintenance',
  'under-construction-page': 'maintenance',
};

/** Markup that only failing software makes, as it stands in the page (in an article about it `<` would be `&lt;`). */
const SOFTWARE_MARKUP: readonly { readonly kind: PhraseKind; readonly hint: string; readonly markup: RegExp }[] = [
  {
    kind: 'program',
    hint: 'xdebug-error',
    markup: /<table class='xdebug-error xe-(?:fatal|parse|uncaught|compile)[\w-]*'/,
  },
  { kind: 'program', hint: 'Whoops container', markup: /<div class="Whoops container">/ },
  { kind: 'gateway', hint: 'cf-error-details', markup: /<div id="cf-error-details"/ },
  {
    kind: 'maintenance',
    hint: 'UnderConstructionPage',
    markup: /<meta name="generator" content="[^"]*UnderConstructionPage/,
  },
];

/**
 * Tells whether a page is an error, maintenance, gateway, login or other stand-in page, by this rule:
 *
 * 1. Markup, titles and messages that only failing software makes (WordPress's `error-page`, PHP's fatal errors,
 *    Cloudflare's error box) always count, but for those shown in code or quotes.
 * 2. A phrase of the list counts in the title or the first headings of a page that says little itself (under 750
 *    letters, or 300 in a theme, without navigation, header, footer, sidebars and what is hidden), and anywhere in
 *    the text of one that says very little (400, or 200); code and quotes count as text but are not searched.
 * 3. A page that shows a date, an author or comments is an article, and no phrase counts in it while it has at least
 *    100 letters of its own.
 */
export function breakageOf(page: Page): Breakage | undefined {
  return bySoftware(page) ?? byTitle(page) ?? byPhrase(page);
}

function bySoftware(page: Page): Breakage | undefined {
  if (page.phpError !== undefined) return { kind: 'program', text: `holds a PHP message: ${page.phpError}` };
  if (hasPlainPhpError(page.source)) return { kind: 'program', text: 'holds a PHP message: fatal error' };
  const body = byBody(page);
  if (body !== undefined) return body;
  if (diedInScript(page.source)) return { kind: 'program', text: 'breaks off in a script and ends in an error page' };
  const found = SOFTWARE_MARKUP.find(({ hint, markup }) => page.source.includes(hint) && markup.test(page.source));
  return found === undefined ? undefined : { kind: found.kind, text: `holds an error box (${found.hint})` };
}

function byBody(page: Page): Breakage | undefined {
  const names = page.bodies.flatMap(({ id, classes }) => [id, ...classes]);
  const mark = names.find((name) => Object.hasOwn(SOFTWARE_BODIES, name));
  const kind = mark === undefined ? undefined : SOFTWARE_BODIES[mark];
  if (mark === undefined || kind === undefined) return undefined;
  // WordPress says everything by this page, also that one may not come in.
  const phrase = phraseInHeading(page.title()) ?? phraseInText(page.own());
  const said = phrase === undefined ? '' : `: "${phrase.words}"`;
  return { kind: phrase?.kind ?? kind, text: `is a stand-in page (<body> ${mark})${said}` };
}

/** WordPress appends its error page where a page broke off; within a script that is no tag, but it is the end. */
function diedInScript(text: string): boolean {
  const at = text.indexOf('<body id="error-page">');
  if (at === -1) return false;
  const opened = text.lastIndexOf('<script', text.lastIndexOf('<html', at));
  return opened !== -1 && text.indexOf('</script', opened) === -1;
}

function byTitle(page: Page): Breakage | undefined {
  const title = page.title();
  const found = SOFTWARE_TITLES.find((software) => software.title.test(title));
  if (found === undefined || hasArticleMarks(page.source)) return undefined;
  return { kind: found.kind, text: `is titled "${title}"` };
}

function byPhrase(page: Page): Breakage | undefined {
  const found = phraseOf(page, page.lettersAround < THEME_LETTERS ? ALONE : IN_THEME);
  if (found === undefined) return undefined;
  if (page.letters >= ARTICLE_LETTERS && hasArticleMarks(page.source)) return undefined;
  return { kind: found.phrase.kind, text: `says "${found.phrase.words}" in its ${found.where}` };
}

function phraseOf(page: Page, limits: Limits): { phrase: Phrase; where: string } | undefined {
  if (page.letters >= limits.heading) return undefined;
  const inTitle = phraseInHeading(page.title());
  if (inTitle !== undefined) return { phrase: inTitle, where: 'title' };
  for (const heading of page.headings()) {
    const phrase = phraseInHeading(heading);
    if (phrase !== undefined) return { phrase, where: 'heading' };
  }
  const inText = page.letters < limits.text ? phraseInText(page.own()) : undefined;
  return inText === undefined ? undefined : { phrase: inText, where: 'text' };
}
