import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Address } from '../model/address.ts';
import { HoldfastError, isHoldfastError } from '../model/errors.ts';
import { decodeEntities } from '../model/markup.ts';
import { locate } from '../model/site.ts';
import { type LookContext, warn } from './context.ts';
import type { Lane } from './lanes.ts';
import { lookAtPage } from './look.ts';

/** The protocol's own limits (sitemaps.org): 50,000 addresses a file, 50 MB unpacked, an index no deeper than one level; we allow two. */
const MAX_SITEMAP_BYTES = 50_000_000;
const MAX_INDEX_DEPTH = 3;
const MAX_SITEMAPS = 1000;

const unzip = promisify(gunzip);

/**
 * The pages that the lane's sitemap lists. The sitemaps themselves are captured as pages of the lane, so that they are
 * published too and an unchanged one costs a 304. One that cannot be read is a warning; throws `discovery-failed` when none could.
 */
export async function pagesOfSitemap(
  context: LookContext,
  lane: Lane,
  signal: AbortSignal,
): Promise<readonly Address[]> {
  const pages = new Set<Address>();
  const seen = new Set<Address>();
  const failures: HoldfastError[] = [];
  let level: readonly Address[] = await sitemapsOf(context, lane, signal);
  for (let depth = 0; level.length > 0 && depth < MAX_INDEX_DEPTH; depth++) {
    const next: Address[] = [];
    for (const address of level.filter((candidate) => !seen.has(candidate)).slice(0, MAX_SITEMAPS)) {
      seen.add(address);
      const listed = await readSitemap(context, lane, address, signal).catch(failedIn(failures));
      if (listed === undefined) continue;
      for (const page of listed.pages) pages.add(page);
      next.push(...listed.sitemaps);
    }
    level = next;
  }
  const [first] = failures;
  if (first !== undefined && pages.size === 0) throw first;
  for (const { message } of failures) warn(context.tally, 'discovery-failed', lane.name, message);
  return [...pages];
}

/** Keeps a failed discovery for later; throws everything else on. */
function failedIn(failures: HoldfastError[]): (error: unknown) => undefined {
  return (error) => {
    if (!isHoldfastError(error, 'discovery-failed')) throw error;
    failures.push(error);
  };
}

async function sitemapsOf(context: LookContext, lane: Lane, signal: AbortSignal): Promise<readonly Address[]> {
  const { sitemap } = lane.config;
  if (typeof sitemap === 'string') return [sitemap];
  const answer = await context.origin.look({ address: '/robots.txt', accept: 'page', signal });
  const text = answer.kind === 'body' ? answer.bytes.toString('utf8') : '';
  const named = [...text.matchAll(/^\s*sitemap\s*:\s*(\S+)/gim)].flatMap(
    ([, href = '']) => locate(context.site, href, '/')?.address ?? [],
  );
  return named.length > 0 ? named : ['/sitemap.xml'];
}

interface Listed {
  readonly pages: readonly Address[];
  readonly sitemaps: readonly Address[];
}

async function readSitemap(context: LookContext, lane: Lane, address: Address, signal: AbortSignal): Promise<Listed> {
  const { records, tally, blobs } = context;
  const { outcome } = await lookAtPage(context, { lane, address }, signal);
  const entry = records.pages.get(address);
  // A sitemap that moved is one more sitemap to read.
  if (entry?.redirect?.to.startsWith('/')) return { pages: [], sitemaps: [entry.redirect.to] };
  const unreadable = (why: string) =>
    new HoldfastError('discovery-failed', `lane ${lane.name}: the sitemap ${address} could not be read: ${why}`, {
      hint: 'correct `sitemap` in the lane, or use `crawl`',
    });
  if (entry?.good === undefined) throw unreadable(entry?.trouble?.text ?? 'it redirects to another site');
  if (outcome === 'kept') warn(tally, 'sitemap-kept', address, `the sitemap is read as it was: ${entry.trouble?.text}`);
  try {
    const text = await unpacked(await blobs.read(entry.good.body.sha256), unreadable);
    return parseSitemap(context, text, address);
  } catch (error) {
    if (!isHoldfastError(error, 'blob-damaged', 'blob-missing')) throw error;
    const { good: _damaged, ...rest } = entry;
    records.pages.set(address, rest);
    return readSitemap(context, lane, address, signal);
  }
}

async function unpacked(bytes: Buffer, unreadable: (why: string) => HoldfastError): Promise<string> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) return bytes.toString('utf8');
  const plain = await unzip(bytes, { maxOutputLength: MAX_SITEMAP_BYTES }).catch((error: Error) => {
    throw unreadable(`its gzip file cannot be unpacked (${error.message})`);
  });
  return plain.toString('utf8');
}

/** Addresses of a urlset or index; other hosts, and pages under a query string, are left out. */
function parseSitemap({ site }: LookContext, text: string, base: Address): Listed {
  const found = [...text.matchAll(/<(?:\w+:)?loc>\s*(?:<!\[CDATA\[)?([^<\]]+)/gi)];
  const addresses = found.flatMap(([, href = '']) => {
    const located = locate(site, decodeEntities(href.trim()), base);
    return located === undefined || located.query !== '' ? [] : [located.address];
  });
  return /<(?:\w+:)?sitemapindex/i.test(text) ? { pages: [], sitemaps: addresses } : { pages: addresses, sitemaps: [] };
}
