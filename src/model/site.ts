import { type Address, normalizePath } from './address.ts';
import { HoldfastError, isHoldfastError } from './errors.ts';

/** The site's names: where visitors see it, where we look at it, and what else its own links say. */
export interface Site {
  readonly name: string;
  readonly publicUrl: URL;
  readonly originUrl: URL;
  /** `host` or `host:port`, lower-case, without default ports: public, origin, its Host header, aliases. */
  readonly hosts: ReadonlySet<string>;
}

export interface SiteOptions {
  readonly name: string;
  /** The public address. */
  readonly url: string;
  /** The origin's address. */
  readonly origin: string;
  /** The Host header the origin wants. */
  readonly host?: string;
  readonly aliases: readonly string[];
}

/** An address of the site that a link names. */
export interface Located {
  readonly address: Address;
  /** Without its '?'; '' for none. */
  readonly query: string;
  /** With its '#'; '' for none. */
  readonly hash: string;
}

/** A site by its names; throws 'config-invalid' for a host that is none. */
export function createSite(options: SiteOptions): Site {
  const publicUrl = new URL(options.url);
  const originUrl = new URL(options.origin);
  const others = options.host === undefined ? options.aliases : [options.host, ...options.aliases];
  const hosts = new Set([publicUrl.host, originUrl.host, ...others.map(hostOf)]);
  return { name: options.name, publicUrl, originUrl, hosts };
}

function hostOf(host: string): string {
  const url = `${host.endsWith(':443') ? 'https' : 'http'}://${host}`;
  if (!URL.canParse(url)) {
    throw new HoldfastError('config-invalid', `${JSON.stringify(host)} is not a host name`, {
      hint: 'write a host with or without a port, such as www.example.org or 10.0.0.5:8080',
    });
  }
  return new URL(url).host;
}

/** Scheme and authority, path, query, hash of the links that nearly all links are; the rest take the long way. */
const COMMON =
  /^(?:(https?:)?\/\/([a-z0-9.-]+)(:[1-9]\d{0,4})?(?=[/?#]|$))?([\w\-.~!$&'()*+,;=:@%/|^]*)(\?[^#'"<>\\\s\u0000-\u001f\u007f-\uffff]*)?(#[^"<>`\\\s\u0000-\u001f\u007f-\uffff]*)?$/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const WEB_SCHEME = /^https?:/i;
/** Parts that name a folder above or the same, also when encoded; a browser resolves them. */
const DOTS = /\/(?:\.|%2e)/i;
/** What a browser takes for an IPv4 address, which it may know by another spelling. */
const NUMERIC_HOST = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/;
/** No link of use is longer, and each is looked at in whole. */
const MAX_HREF = 8192;

/**
 * Where on the site `href`, written on the page at `base`, leads, as a browser resolves it; `undefined` for another
 * host, another scheme, what is no URL, and hostile paths. HTML entities are the caller's.
 */
export function locate(site: Site, href: string, base: Address): Located | undefined {
  if (href.length > MAX_HREF) return undefined;
  if (SCHEME.test(href) && !WEB_SCHEME.test(href)) return undefined;
  const parts = COMMON.exec(href);
  if (parts === null) return locateByUrl(site, href, base);
  const [, scheme = '', host, port = '', path = '', query = '', hash = ''] = parts;
  if (host !== undefined) {
    const own = ownHost(site, scheme, host.toLowerCase(), port);
    if (!own) return NUMERIC_HOST.test(host.toLowerCase()) ? locateByUrl(site, href, base) : undefined;
  } else if (path.startsWith('//') || (path.includes(':') && !path.startsWith('/'))) {
    return locateByUrl(site, href, base);
  }
  const whole = host !== undefined ? path || '/' : from(base, path);
  if (DOTS.test(whole)) return locateByUrl(site, href, base);
  return located(whole, query.slice(1), hash);
}

function ownHost(site: Site, scheme: string, host: string, port: string): boolean {
  const wellKnown =
    port === '' || (port === ':80' && !/^https/i.test(scheme)) || (port === ':443' && !/^http:/i.test(scheme));
  return site.hosts.has(wellKnown ? host : host + port);
}

function from(base: Address, path: string): string {
  if (path === '') return base;
  return path.startsWith('/') ? path : base.slice(0, base.lastIndexOf('/') + 1) + path;
}

function locateByUrl(site: Site, href: string, base: Address): Located | undefined {
  // The page may have come by either scheme, and what a link leaves out is the page's.
  for (const scheme of ['https', 'http']) {
    const start = `${scheme}://${site.publicUrl.host}`;
    if (!URL.canParse(href, start + base)) continue;
    const url = new URL(href, start + base);
    const ours = (url.protocol === 'http:' || url.protocol === 'https:') && site.hosts.has(url.host);
    if (ours) return located(url.pathname, url.search.slice(1), url.hash);
  }
  return undefined;
}

function located(path: string, query: string, hash: string): Located | undefined {
  if (path.includes('//')) return undefined;
  try {
    return { address: normalizePath(path), query, hash: hash === '#' ? '' : hash };
  } catch (error) {
    if (isHoldfastError(error, 'address-hostile')) return undefined;
    throw error;
  }
}
