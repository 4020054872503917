import type { Address } from '../../model/address.ts';
import { HoldfastError, isHoldfastError } from '../../model/errors.ts';
import { createSite, locate, type Site } from '../../model/site.ts';
import type { ResolveName } from '../../origin/client.ts';
import { titleOf } from '../../snapshot/title.ts';
import { type FrontFacts, readFront } from './front.ts';
import { type Approach, createScout, type Scout } from './scout.ts';
import { lookAtWordPress, type WordPressFacts } from './wordpress.ts';

/** What is known of a site before its configuration is written. */
export interface Sight {
  readonly kind: 'wordpress' | 'other' | 'unseen';
  readonly name: string;
  readonly language: string;
  readonly publicUrl: string;
  readonly origin: Approach;
  /** Hosts that the site's own links name, besides the public one and the origin's. */
  readonly aliases: readonly string[];
  readonly hot: readonly Address[];
  readonly sitemap?: Address;
  /** True where pages are to be found by following links. */
  readonly crawl: boolean;
  /** What the person should know, a sentence each. */
  readonly notes: readonly string[];
}

export interface Wish {
  readonly origin: string;
  readonly url?: string;
  readonly name?: string;
  /** Asks the name service; default: the system's resolver. */
  readonly lookup?: ResolveName;
}

/** What can be written without a look: the front page each minute, the rest by following links. */
export function unseen({ origin, url, name }: Wish): Sight {
  const publicUrl = url ?? origin;
  const notes = sameAddress(publicUrl, origin);
  const base = { publicUrl, origin: { url: origin }, aliases: [], hot: ['/'], crawl: true, notes };
  return { kind: 'unseen', name: name ?? new URL(publicUrl).hostname, language: 'en', ...base };
}

/** Looks at an origin with at most ten requests. Throws what the origin's client throws where it cannot be reached. */
export async function lookAtOrigin(wish: Wish, signal: AbortSignal): Promise<Sight> {
  const door = await findDoor(wish, signal);
  try {
    return await describe(wish, door);
  } finally {
    await door.scout.close();
  }
}

/** A way in that answered with the front page. */
interface Door {
  readonly scout: Scout;
  readonly approach: Approach;
  readonly front: { readonly type: string; readonly bytes: Buffer };
  readonly notes: readonly string[];
}

/** An origin that knows itself by another name, or only by https, redirects: then it is asked by that name. */
const MOST_TRIES = 4;

async function findDoor({ origin, lookup }: Wish, signal: AbortSignal): Promise<Door> {
  const notes: string[] = [];
  let approach: Approach = { url: origin };
  for (let tries = 1; ; tries++) {
    const scout = createScout(
      { approach, siteUrl: `http://${approach.host ?? new URL(approach.url).host}`, lookup },
      signal,
    );
    const reply = await scout.ask('/');
    if (reply.kind === 'body') return { scout, approach, front: reply, notes };
    if (reply.kind === 'redirect' && isWithin(reply.to, approach)) {
      const followed = await scout.ask('/', { follow: true });
      if (followed.kind === 'body') return { scout, approach, front: followed, notes };
    }
    await scout.close();
    const next = tries < MOST_TRIES ? anotherWay(approach, reply) : undefined;
    if (next === undefined) throw noWayIn(approach, reply);
    notes.push(next.note);
    approach = next.approach;
  }
}

type Reply = Awaited<ReturnType<Scout['ask']>>;

const isWithin = (to: URL, approach: Approach): boolean =>
  to.host === (approach.host ?? new URL(approach.url).host) && to.pathname !== '/';

function anotherWay(approach: Approach, reply: Reply): { approach: Approach; note: string } | undefined {
  if (reply.kind === 'none' && isHoldfastError(reply.error, 'origin-private') && approach.allowPrivate !== true) {
    const note = "the origin's name leads to a private address, which the configuration now allows";
    return { approach: { ...approach, allowPrivate: true }, note };
  }
  if (reply.kind !== 'redirect') return undefined;
  const asked = new URL(approach.url);
  const name = approach.host ?? asked.host;
  if (reply.to.host !== name) {
    return { approach: { ...approach, host: reply.to.host }, note: `the origin wants to be asked as ${reply.to.host}` };
  }
  if (reply.to.protocol !== 'https:' || asked.protocol === 'https:') return undefined;
  if (approach.host === undefined) {
    return {
      approach: { ...approach, url: reply.to.origin },
      note: `the origin answers by https only: ${reply.to.origin}`,
    };
  }
  if (approach.headers !== undefined) return undefined;
  const headers = { 'x-forwarded-proto': 'https' };
  return { approach: { ...approach, headers }, note: 'the origin wants to be told that visitors come by https' };
}

function noWayIn(approach: Approach, reply: Reply): HoldfastError {
  const hint = 'correct --origin, or write a plain configuration with --offline';
  if (reply.kind === 'none')
    return new HoldfastError(reply.error.code, reply.error.message, { hint, cause: reply.error });
  const said =
    reply.kind === 'redirect' ? `redirects to ${reply.to.href}` : `answers ${'status' in reply ? reply.status : 200}`;
  return new HoldfastError('origin-unreachable', `${approach.url}/ ${said}`, { hint });
}

async function describe(wish: Wish, { scout, approach, front, notes }: Door): Promise<Sight> {
  const facts = readFront(front.bytes.toString('utf8'));
  const listed = await sitemapLines(scout);
  const canonical = originOf(facts.canonical, approach.url);
  const first = siteOf(wish, approach, [canonical]);
  const wordpress = await lookAtWordPress(scout, first, facts);
  const publicUrl = wish.url ?? canonical ?? originOf(wordpress?.home, approach.url) ?? inferred(approach);
  const site = siteOf({ ...wish, url: publicUrl }, approach, [canonical, wordpress?.home, wordpress?.url]);
  const usual = wordpress === undefined ? '/sitemap.xml' : '/wp-sitemap.xml';
  const sitemap = await findSitemap(scout, site, { listed, usual });
  const known = new Set([new URL(publicUrl).host, new URL(approach.url).host, approach.host]);
  return {
    kind: wordpress === undefined ? 'other' : 'wordpress',
    name: wish.name ?? nameOf(facts, wordpress, front) ?? new URL(publicUrl).hostname,
    language: languageOf(facts),
    publicUrl,
    origin: approach,
    aliases: [...site.hosts].filter((host) => !known.has(host)),
    hot: hotPages(site, facts, wordpress),
    ...(sitemap === undefined ? {} : { sitemap }),
    crawl: sitemap === undefined || wordpress !== undefined,
    notes: [...notes, ...(wordpress?.notes ?? []), ...sameAddress(publicUrl, approach.url)],
  };
}

/** Where the origin wants to be asked by another name, that name is the public one. */
function inferred({ url, host, headers }: Approach): string {
  if (host === undefined) return new URL(url).origin;
  return `${headers === undefined ? new URL(url).protocol : 'https:'}//${host}`;
}

function originOf(href: string | undefined, base: string): string | undefined {
  if (href === undefined || !URL.canParse(href, base)) return undefined;
  const { origin, protocol } = new URL(href, base);
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined;
}

function siteOf(wish: Wish, approach: Approach, others: readonly (string | undefined)[]): Site {
  const hosts = others.flatMap((other) => originOf(other, approach.url) ?? []).map((origin) => new URL(origin).host);
  const host = approach.host === undefined ? {} : { host: approach.host };
  return createSite({ name: '', url: wish.url ?? approach.url, origin: approach.url, aliases: hosts, ...host });
}

async function sitemapLines(scout: Scout): Promise<readonly string[]> {
  const reply = await scout.ask('/robots.txt', { follow: true });
  if (reply.kind !== 'body' || /html/i.test(reply.type)) return [];
  return [...reply.bytes.toString('utf8').matchAll(/^\s*sitemap\s*:\s*(\S+)/gim)].map(([, href = '']) => href);
}

/** What robots.txt names, else the usual place; only where a sitemap really answers. */
async function findSitemap(
  scout: Scout,
  site: Site,
  { listed, usual }: { listed: readonly string[]; usual: Address },
): Promise<Address | undefined> {
  const named = listed.map((href) => locate(site, href, '/')).find((found) => found?.query === '');
  const address = named?.address ?? usual;
  const reply = await scout.ask(address, { follow: true });
  if (reply.kind !== 'body') return undefined;
  const isZipped = reply.bytes[0] === 0x1f && reply.bytes[1] === 0x8b;
  const start = reply.bytes.subarray(0, START_BYTES).toString('latin1');
  return isZipped || /<(?:\w+:)?(?:urlset|sitemapindex)[\s>]/.test(start) ? address : undefined;
}

/** A sitemap says what it is within its first lines. */
const START_BYTES = 4096;

function hotPages(site: Site, facts: FrontFacts, wordpress: WordPressFacts | undefined): readonly Address[] {
  const hrefs = ['/', wordpress?.newest, wordpress === undefined ? facts.feed : wordpress.feed];
  const located = hrefs.flatMap((href) => (href === undefined ? [] : (locate(site, href, '/') ?? [])));
  return [...new Set(located.filter(({ query }) => query === '').map(({ address }) => address))];
}

function nameOf(facts: FrontFacts, wordpress: WordPressFacts | undefined, front: Door['front']): string | undefined {
  const name = wordpress?.name ?? facts.siteName ?? titleOf(front.bytes, front.type);
  return name === '' ? undefined : name;
}

function languageOf({ language = '' }: FrontFacts): string {
  return /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(language) ? language : 'en';
}

function sameAddress(publicUrl: string, origin: string): string[] {
  if (new URL(publicUrl).host !== new URL(origin).host) return [];
  return [
    "the public address is the origin's own: before a mirror answers there, give `origin.url` an address that stays the origin's",
  ];
}
