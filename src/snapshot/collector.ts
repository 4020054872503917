import type { Address } from '../model/address.ts';
import type { AssetReference } from '../model/capture.ts';
import { type Located, locate, type Site } from '../model/site.ts';

/** What a link may end in and still not be a page: images and downloads as sites link to them. */
const FILE_EXTENSION =
  /\.(?:jpe?g|png|gif|webp|avif|svgz?|ico|bmp|tiff?|heic|pdf|zip|gz|tgz|bz2|xz|7z|rar|tar|dmg|exe|msi|apk|iso|deb|rpm|epub|mobi|docx?|xlsx?|pptx?|od[tsp]|rtf|csv|tsv|txt|xml|xsl|rss|atom|json|ics|vcf|gpx|kml|geojson|mp[34]|m4[av]|aac|ogg|og[av]|opus|wav|flac|webm|mov|avi|mkv|mpe?g|wmv|vtt|srt|css|m?js|wasm|map|woff2?|ttf|otf|eot|webmanifest|swf|psd|ai|eps)$/i;

/** Made by a program from its query: another query, another answer, so no file could stand for it. */
const PROGRAM = /(?:\/|\.(?:php\d?|cgi|pl|aspx?|ashx|jsp))$/i;

/** What only a live WordPress answers; to look at these would be no use and costs the origin. */
const LIVE_ONLY =
  /\/(?:xmlrpc\.php|wp-(?:login|signup|activate|cron|trackback|comments-post|mail)\.php|wp-admin(?:\/.*)?|wp-json(?:\/.*)?)$/;

const NUMERIC_QUERY = /^(?:p|page_id|attachment_id)=\d+$/;

/** The query by which WordPress names one page, such as `p=12`; undefined for any other query. */
export function shortlinkOf(located: Located): string | undefined {
  return NUMERIC_QUERY.test(located.query) ? located.query : undefined;
}

/** Gathers what one page or stylesheet refers to: each address once, in order of first appearance. */
export class Collector {
  readonly #site: Site;
  #base: Address;
  /** Where a `<base>` names another site: relative addresses are that site's. */
  #elsewhere: string | undefined;
  readonly #assets = new Map<Address, string>();
  readonly #links = new Set<Address>();
  readonly #shortlinks = new Set<string>();
  readonly #queried = new Map<string, Located>();

  constructor(base: Address, site: Site) {
    this.#base = base;
    this.#site = site;
  }

  get assets(): AssetReference[] {
    return Array.from(this.#assets, ([address, version]) => ({ address, version }));
  }

  get links(): Address[] {
    return [...this.#links];
  }

  get shortlinks(): string[] {
    return [...this.#shortlinks];
  }

  /** Links with a query, which no look follows: each once. */
  get queried(): Located[] {
    return [...this.#queried.values()];
  }

  /** What later relative addresses are relative to. */
  rebase(href: string): void {
    const located = this.locate(href);
    if (located !== undefined) this.#base = located.address;
    // One that is no address at all is none to a browser either.
    else if (/^\s*(?:https?:)?\/\//i.test(href) && URL.canParse(href, this.#site.publicUrl.href))
      this.#elsewhere = new URL(href, this.#site.publicUrl).href;
  }

  /** Undefined: not on this site, or nothing but a fragment. */
  locate(href: string): Located | undefined {
    const written = href.trim();
    if (written === '' || written.startsWith('#')) return undefined;
    if (/^(?:data|blob|javascript):/i.test(written)) return undefined;
    if (this.#elsewhere === undefined) return locate(this.#site, written, this.#base);
    return URL.canParse(written, this.#elsewhere)
      ? locate(this.#site, new URL(written, this.#elsewhere).href, this.#base)
      : undefined;
  }

  asset(href: string): void {
    const located = this.locate(href);
    if (located !== undefined) this.#keepAsset(located);
  }

  /** An attribute that some scripts use for addresses and others for something else: believed where it looks like a file. */
  likelyAsset(href: string): void {
    const located = this.locate(href);
    if (located !== undefined && FILE_EXTENSION.test(located.address)) this.#keepAsset(located);
  }

  /** A page, a file to download, or a page by its number. */
  link(href: string): void {
    const located = this.locate(href);
    if (located === undefined) return;
    const { address, query } = located;
    if (FILE_EXTENSION.test(address) && !LIVE_ONLY.test(address)) this.#keepAsset(located);
    else if (query === '') this.#keepLink(address);
    else if (NUMERIC_QUERY.test(query)) this.#shortlinks.add(query);
    else if (!LIVE_ONLY.test(address)) this.#queried.set(`${address}?${query}`, located);
  }

  /** A page shown within the page, or one to be fetched ahead. */
  page(href: string): void {
    const located = this.locate(href);
    if (located?.query === '') this.#keepLink(located.address);
  }

  #keepLink(address: Address): void {
    if (!LIVE_ONLY.test(address)) this.#links.add(address);
  }

  #keepAsset({ address, query }: Located): void {
    if (address === this.#base || address === '/' || LIVE_ONLY.test(address)) return;
    if (query !== '' && PROGRAM.test(address)) return;
    this.#assets.set(address, query);
  }
}
