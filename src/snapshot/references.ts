import { TextDecoder } from 'node:util';
import type { Address } from '../model/address.ts';
import type { References } from '../model/capture.ts';
import { decodeAttribute } from '../model/entities.ts';
import { MarkupScanner } from '../model/markup.ts';
import type { Located, Site } from '../model/site.ts';
import { Collector, shortlinkOf } from './collector.ts';
import { addressesInSrcset } from './srcset.ts';
import { addressesInCss } from './stylesheet.ts';

const HIGH_BYTE = /[\x80-\xff]/;
/** Where a page may name its charset, in bytes (the HTML standard asks for the first 1,024). */
const CHARSET_WITHIN = 4096;

const META_IMAGES = new Set([
  'og:image',
  'og:image:url',
  'og:image:secure_url',
  'twitter:image',
  'twitter:image:src',
  'msapplication-tileimage',
]);

const ASSET_RELS = new Set(
  'stylesheet icon apple-touch-icon apple-touch-icon-precomposed mask-icon manifest preload modulepreload'.split(' '),
);
/** `prefetch` names pages as well as files: which, its address tells. */
const LINK_RELS = new Set(['next', 'prev', 'prefetch']);

const LAZY_IMAGES = new Set(['img', 'source', 'video', 'audio', 'embed', 'input']);

/** What a page refers to on its own site. `page` is its bytes in any charset, or these as Latin-1; `base` is its address. */
export function referencesInHtml(page: Buffer | string, base: Address, site: Site): References {
  const text = typeof page === 'string' ? page : page.toString('latin1');
  const reader = new PageReader(text, new Collector(base, site));
  return reader.read();
}

/** The same, and links with a query, for who asks where every link leads. */
export function everyLinkInHtml(
  page: Buffer,
  base: Address,
  site: Site,
): { readonly references: References; readonly queried: readonly Located[] } {
  const found = new Collector(base, site);
  const references = new PageReader(page.toString('latin1'), found).read();
  return { references, queried: found.queried };
}

/** What a stylesheet refers to; its links are none. `text` is decoded, `base` is the stylesheet's own address. */
export function referencesInCss(text: string, base: Address, site: Site): References {
  const collector = new Collector(base, site);
  for (const address of addressesInCss(text)) collector.asset(address);
  return { assets: collector.assets, links: [], shortlinks: [] };
}

class PageReader {
  readonly #text: string;
  readonly #tag: MarkupScanner;
  readonly #found: Collector;
  #shortlink: string | undefined;
  #based = false;
  #decoder: TextDecoder | undefined;

  constructor(text: string, found: Collector) {
    this.#text = text;
    this.#tag = new MarkupScanner(text);
    this.#found = found;
  }

  read(): References {
    while (this.#tag.next()) if (!this.#tag.closing) this.#readTag();
    const { assets, links, shortlinks } = this.#found;
    const shortlink = this.#shortlink;
    return { assets, links, shortlinks, ...(shortlink === undefined ? {} : { shortlink }) };
  }

  #readTag(): void {
    const tag = this.#tag;
    switch (tag.name) {
      case 'a':
      case 'area':
        this.#each('href', (href) => this.#found.link(href));
        break;
      case 'link':
        this.#readLink();
        break;
      case 'script':
        this.#asset('src');
        this.#readScript();
        break;
      case 'img':
      case 'source':
      case 'video':
      case 'audio':
      case 'track':
      case 'embed':
        this.#readMedia();
        break;
      case 'input':
        if (/^\s*image\s*$/i.test(tag.raw('type') ?? '')) this.#readMedia();
        break;
      case 'object':
        this.#asset('data');
        break;
      case 'image':
      case 'use':
      case 'feimage':
        this.#asset('href');
        this.#asset('xlink:href');
        break;
      case 'iframe':
      case 'frame':
        this.#each('src', (src) => this.#found.page(src));
        break;
      case 'meta':
        this.#readMeta();
        break;
      case 'base':
        this.#readBase();
        break;
      case 'style':
        this.#readCss(this.#bytesToText(this.#text.slice(tag.end, tag.contentEnd)));
        break;
      case 'body':
      case 'table':
      case 'td':
        this.#asset('background');
        break;
    }
    const style = tag.raw('style');
    if (style?.includes('(')) this.#readCss(this.#decode(style));
  }

  #readMedia(): void {
    this.#asset('src');
    this.#asset('poster');
    this.#srcset('srcset');
    if (!LAZY_IMAGES.has(this.#tag.name)) return;
    for (const name of ['data-src', 'data-lazy-src']) this.#each(name, (href) => this.#found.likelyAsset(href));
    for (const name of ['data-srcset', 'data-lazy-srcset']) {
      this.#each(name, (value) => {
        for (const address of addressesInSrcset(value)) this.#found.likelyAsset(address);
      });
    }
  }

  #readLink(): void {
    const rels = words(this.#tag.raw('rel'));
    if (rels.some((rel) => ASSET_RELS.has(rel))) {
      this.#asset('href');
      this.#srcset('imagesrcset');
    } else if (rels.some((rel) => LINK_RELS.has(rel))) this.#each('href', (href) => this.#found.link(href));
    else if (rels.includes('shortlink')) this.#each('href', (href) => this.#readShortlink(href));
  }

  #readShortlink(href: string): void {
    const located = this.#found.locate(href);
    if (located !== undefined) this.#shortlink = shortlinkOf(located) ?? this.#shortlink;
  }

  #readMeta(): void {
    const name = this.#tag.raw('property') ?? this.#tag.raw('name');
    if (name !== undefined && META_IMAGES.has(name.toLowerCase())) this.#asset('content');
  }

  #readBase(): void {
    if (this.#based) return;
    this.#each('href', (href) => {
      this.#based = true;
      this.#found.rebase(href);
    });
  }

  /** Two kinds of inline script name files to load: an import map, and WordPress's emoji settings. */
  #readScript(): void {
    const tag = this.#tag;
    if (tag.contentEnd === tag.end) return;
    const isMap = words(tag.raw('type')).includes('importmap');
    const text = this.#text.slice(tag.end, tag.contentEnd);
    if (!isMap && !text.includes('concatemoji') && !text.includes('"wpemoji"')) return;
    const entries = isMap ? /:\s*("(?:[^"\\]|\\.)*")/g : /"(?:concatemoji|wpemoji|twemoji)":\s*("(?:[^"\\]|\\.)*")/g;
    for (const [, value = ''] of text.matchAll(entries)) this.#readJsonAddress(value);
  }

  #readJsonAddress(json: string): void {
    try {
      this.#found.likelyAsset(JSON.parse(this.#bytesToText(json)) as string);
    } catch {
      // not JSON after all: it names nothing
    }
  }

  #readCss(text: string): void {
    for (const address of addressesInCss(text)) this.#found.asset(address);
  }

  #asset(name: string): void {
    this.#each(name, (href) => this.#found.asset(href));
  }

  #srcset(name: string): void {
    this.#each(name, (value) => {
      for (const address of addressesInSrcset(value)) this.#found.asset(address);
    });
  }

  #each(name: string, use: (value: string) => void): void {
    const raw = this.#tag.raw(name);
    if (raw !== undefined) use(this.#decode(raw));
  }

  #decode(raw: string): string {
    return decodeAttribute(this.#bytesToText(raw));
  }

  /** Text of what was read as latin1. Bytes that mean nothing in the page's charset are percent-encoded as they are. */
  #bytesToText(raw: string): string {
    if (!HIGH_BYTE.test(raw)) return raw;
    const bytes = Buffer.from(raw, 'latin1');
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      this.#decoder ??= declaredDecoder(this.#text);
    }
    if (this.#decoder !== undefined) return this.#decoder.decode(bytes);
    return raw.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
  }
}

/** Browsers send the path of a link as UTF-8 whatever the page's charset is, so its charset has to be known. */
function declaredDecoder(text: string): TextDecoder | undefined {
  const [, label = ''] = /<meta\b[^>]*\bcharset\s*=\s*["']?\s*([\w-]+)/i.exec(text.slice(0, CHARSET_WITHIN)) ?? [];
  try {
    return label === '' || /^utf-?8$/i.test(label) ? undefined : new TextDecoder(label);
  } catch {
    return undefined;
  }
}

function words(value: string | undefined): string[] {
  return value === undefined ? [] : value.toLowerCase().split(/[\t\n\f\r ]+/);
}
