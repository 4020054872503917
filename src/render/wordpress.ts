import type { Address } from '../model/address.ts';
import { decodeAttribute, escapeMarkup, type MarkupScanner } from '../model/markup.ts';
import { type Located, locate, type Site } from '../model/site.ts';
import type { Edit } from './splice.ts';

/** What the neutralising needs to know of the page. */
export interface NeutralContext {
  readonly site: Site;
  readonly address: Address;
  /** The page that calls itself by a query such as `p=12`. */
  shortlink(query: string): Address | undefined;
}

const SHORTLINK = /^(?:p|page_id|attachment_id)=\d+$/;
const REPLY = /(?:^|&)replytocom=/;
/** In an attribute as written: whether it is worth a closer look. */
const LIVE_HINT = /replytocom=|[?&;](?:p|page_id|attachment_id)=\d/;

/** `<link>` relations that lead to WordPress's own interfaces, with what their address must hold for us to be sure. */
const INTERFACES: readonly { readonly rel: string; readonly leadsTo: (located: Located) => boolean }[] = [
  { rel: 'pingback', leadsTo: ({ address }) => address.endsWith('/xmlrpc.php') },
  { rel: 'edituri', leadsTo: ({ address }) => address.endsWith('/xmlrpc.php') },
  { rel: 'wlwmanifest', leadsTo: ({ address }) => address.endsWith('/wlwmanifest.xml') },
  { rel: 'https://api.w.org/', leadsTo: isRest },
  { rel: 'shortlink', leadsTo: ({ query }) => SHORTLINK.test(query) },
];

function isRest({ address, query }: Located): boolean {
  return /\/wp-json(?:\/|$)/.test(address) || /(?:^|&)rest_route=/.test(query);
}

/** What to do to the start tag that `tag` stands on so that it asks for nothing that only a live WordPress answers; undefined for nearly all. */
export function neutralise(tag: MarkupScanner, context: NeutralContext): Edit | undefined {
  if (tag.name === 'a' || tag.name === 'area') return neutraliseAnchor(tag, context);
  return tag.name === 'link' && isInterface(tag, context) ? { start: tag.start, end: tag.end, text: '' } : undefined;
}

function isInterface(tag: MarkupScanner, context: NeutralContext): boolean {
  const rels = words(tag.raw('rel'));
  const isJson = rels.includes('alternate') && /^application\/json$/i.test(tag.raw('type')?.trim() ?? '');
  const known = INTERFACES.find(({ rel }) => rels.includes(rel));
  if (known === undefined && !isJson) return false;
  const located = locateRaw(tag.raw('href'), context);
  return located !== undefined && (known?.leadsTo ?? isRest)(located);
}

function neutraliseAnchor(tag: MarkupScanner, context: NeutralContext): Edit | undefined {
  const index = tag.attribute('href');
  if (index === -1) return undefined;
  const raw = tag.raw('href') ?? '';
  const isReply = words(tag.raw('class')).includes('comment-reply-link');
  if (!isReply && !LIVE_HINT.test(raw)) return undefined;
  const located = raw.trim().startsWith('#')
    ? { address: context.address, query: '', hash: raw }
    : locateRaw(raw, context);
  if (located === undefined || raw === '#respond') return undefined;
  const value = { start: tag.valueStart(index), end: tag.valueEnd(index) };
  if (isReply || REPLY.test(located.query)) return { ...value, text: '#respond' };
  if (!SHORTLINK.test(located.query)) return undefined;
  const address = context.shortlink(located.query);
  if (address === undefined) return { start: tag.nameStart(index), end: tag.attributeEnd(index), text: '' };
  const isAbsolute = /^(?:https?:)?\/\//i.test(raw.trim());
  return { ...value, text: escapeMarkup((isAbsolute ? context.site.publicUrl.origin : '') + address + located.hash) };
}

function locateRaw(raw: string | undefined, { site, address }: NeutralContext): Located | undefined {
  return raw === undefined ? undefined : locate(site, decodeAttribute(raw), address);
}

function words(value: string | undefined): string[] {
  return value === undefined ? [] : value.toLowerCase().split(/[\t\n\f\r ]+/);
}
