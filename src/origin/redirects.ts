import type { OriginConfig } from '../config/schema.ts';

/** Statuses whose Location says where the page is. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where an answer sends us, as an absolute URL; undefined where it is no redirect, or not to a URL. */
export function redirectTarget(status: number, location: string | undefined, from: string): string | undefined {
  if (location === undefined || !REDIRECTS.has(status)) return undefined;
  // Node reads headers as Latin-1, servers that do not escape write UTF-8.
  const written = Buffer.from(location, 'latin1').toString('utf8');
  return URL.canParse(written, from) ? new URL(written, from).href : undefined;
}

/**
 * Says where on the origin a URL is to be asked for; undefined for any other site. The origin's own scheme, host and port
 * count, and the public host, the Host header and the aliases, whose pages are all at the origin.
 */
export function createWithin(config: OriginConfig, siteUrl: string): (url: string) => string | undefined {
  const { origin } = new URL(config.url);
  const named = [new URL(siteUrl).host, ...config.aliases, ...(config.host === undefined ? [] : [config.host])];
  const hosts = new Set(named.map((host) => host.toLowerCase()));
  return (text) => {
    const url = new URL(text);
    const ours = url.origin === origin || (/^https?:$/.test(url.protocol) && hosts.has(url.host));
    return ours ? `${origin}${url.pathname}${url.search}` : undefined;
  };
}
