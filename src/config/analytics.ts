import * as z from 'zod';
import { MarkupScanner } from '../model/markup.ts';
import { doc, httpUrl } from './fields.ts';

const scriptUrl = z.url({ protocol: /^https?$/, error: 'is not an http(s) address' });

/** Where a service is: it may lie in a folder. */
const serviceUrl = z
  .string()
  .refine(isService, { error: 'is not an http(s) address without query or password' })
  .meta({ type: 'address' });

function isService(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === '';
}

const plausible = z.strictObject({
  use: doc(z.literal('plausible'), 'Plausible, by its script'),
  domain: doc(
    z
      .string()
      .regex(/^[A-Za-z0-9.,:/_-]+$/, { error: 'is not a site name as Plausible has them, such as example.org' }),
    "The site's name at Plausible",
  ),
  script: doc(scriptUrl.default('https://plausible.io/js/script.pageview-props.js'), 'Where the script is loaded from'),
});

const matomo = z.strictObject({
  use: doc(z.literal('matomo'), 'Matomo, by its script, and by its image where there are no scripts'),
  url: doc(serviceUrl, 'Where Matomo is, its folder included'),
  site: doc(z.int().min(1), "The site's number at Matomo"),
  dimension: doc(z.int().min(1), "Number of a custom dimension of scope action, made for it: it takes the page's kind"),
  script: doc(scriptUrl.optional(), 'Where the script is loaded from; by default `matomo.js` of `url`'),
});

const goatcounter = z.strictObject({
  use: doc(z.literal('goatcounter'), 'GoatCounter, by its script, and by its image where there are no scripts'),
  url: doc(serviceUrl, "Where the site's counter is, such as `https://example.goatcounter.com`"),
  script: doc(scriptUrl.default('https://gc.zgo.at/count.js'), 'Where the script is loaded from'),
});

const umami = z.strictObject({
  use: doc(z.literal('umami'), "Umami, by its script; the page's kind is the tag"),
  website: doc(
    z
      .string()
      .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, { error: 'is not the id of a website at Umami: a UUID' }),
    "The website's id",
  ),
  script: doc(scriptUrl.default('https://cloud.umami.is/script.js'), 'Where the script is loaded from'),
  host: doc(serviceUrl.optional(), 'Where it reports to, if not where the script comes from'),
});

const ga4 = z.strictObject({
  use: doc(z.literal('ga4'), "Google Analytics 4, by gtag; the page's kind is the event parameter `kind`"),
  id: doc(
    z.string().regex(/^G-[A-Z0-9]{4,20}$/, { error: 'is not a measurement id, such as G-XXXXXXXXXX' }),
    'The measurement id',
  ),
});

const pixel = z.strictObject({
  use: doc(z.literal('pixel'), 'A one-pixel file of the release, counted in any access log, without a script'),
});

/** Elements that have no end tag. */
const VOID = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'wbr']);

/** Markup that leaves nothing open, so that the page around it stays what it is. */
function isWhole(markup: string): boolean {
  const scanner = new MarkupScanner(markup);
  const open: string[] = [];
  while (scanner.next()) {
    if (scanner.closing) {
      if (open.pop() !== scanner.name) return false;
    } else if (!VOID.has(scanner.name)) open.push(scanner.name);
  }
  return open.length === 0 && scanner.complete === markup.length;
}

const markup = z
  .string()
  .regex(/^[\t\n\r\x20-\x7e]*$/, { error: 'is not ASCII: write other characters as references, such as &#233;' })
  .refine(isWhole, { error: 'leaves an element, a comment or a script open' })
  .default('');

const custom = z
  .strictObject({
    use: doc(z.literal('custom'), 'Any other service, by markup that is put in as it is written'),
    name: doc(
      z
        .string()
        .regex(/^[\x20-\x7e]{1,40}$/, { error: 'is not a name in ASCII, 40 characters at most' })
        .default('markup'),
      'What messages call it',
    ),
    head: doc(
      markup,
      'Markup for the end of the head; `{{kind}}`, `{{holding}}` and `{{path}}` stand for the page, percent-encoded',
    ),
    body: doc(markup, 'Markup for the end of the body, with the same placeholders'),
    marker: doc(
      z
        .string()
        .min(4)
        .regex(/^[^{}]*$/, { error: 'holds a brace, which may be part of a placeholder' }),
      'Text that tells its presence: of one tag or script of this markup, with the id',
    ),
    origins: doc(z.array(httpUrl).default([]), 'Origins it loads from and reports to, for a Content-Security-Policy'),
  })
  .superRefine(({ head, body, marker }, context) => {
    const count = elementsWith(`${head}${body}`.replace(/\{\{(kind|holding|path)\}\}/g, '{'), marker);
    if (count === 1) return;
    const message = `is text of ${count} elements of \`head\` and \`body\`: it tells exactly one`;
    context.addIssue({ code: 'custom', path: ['marker'], input: marker, message });
  });

function elementsWith(html: string, marker: string): number {
  const scanner = new MarkupScanner(html);
  let count = 0;
  while (scanner.next()) {
    if (scanner.closing) continue;
    const { name, start, end, contentEnd } = scanner;
    const parts = [html.slice(start, end), name === 'script' ? html.slice(end, contentEnd) : ''];
    if (parts.some((part) => part.includes(marker))) count++;
  }
  return count;
}

/** What counts the visitors. */
export const analytics = z
  .array(z.discriminatedUnion('use', [plausible, matomo, goatcounter, umami, ga4, pixel, custom]))
  .default([]);
