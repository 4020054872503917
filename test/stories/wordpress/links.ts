import { Parser } from 'htmlparser2';

/** Relations of a `<link>` that a browser fetches by itself; feeds and oEmbed descriptions are for other programs. */
const FETCHED = /\b(?:stylesheet|icon|apple-touch-icon|manifest|preload|modulepreload)\b/;

/** Addresses as written. */
export interface Leads {
  /** Where a visitor or a search engine may go from here. */
  readonly links: readonly string[];
  /** What a browser fetches to show the page. */
  readonly shown: readonly string[];
}

/** Reads a page, or a sitemap; other XML leads nowhere. */
export function leadsOf(text: string, type: string): Leads {
  if (!type.startsWith('text/html')) {
    return { links: [...text.matchAll(/<loc>([^<]*)</g)].map(([, address = '']) => address), shown: [] };
  }
  const links: string[] = [];
  const shown: string[] = [];
  const parser = new Parser({
    onopentag: (name, { href, src, srcset, poster, rel = '' }) => {
      if ((name === 'a' || name === 'area') && href !== undefined) links.push(href);
      if (name === 'link' && href !== undefined && FETCHED.test(rel)) shown.push(href);
      for (const address of [src, poster]) if (address !== undefined) shown.push(address);
      for (const candidate of srcset?.split(/,\s/) ?? []) shown.push(candidate.trim().split(/\s/)[0] ?? '');
    },
  });
  parser.end(text);
  return { links, shown };
}

/** Where an address leads on the site at `base`, without its fragment; undefined for other hosts and schemes. */
export function onSite(address: string, base: string): URL | undefined {
  if (!URL.canParse(address, base)) return undefined;
  const url = new URL(address, base);
  url.hash = '';
  return url.host === new URL(base).host ? url : undefined;
}
