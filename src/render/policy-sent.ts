import { MarkupScanner } from '../model/markup.ts';
import { hashSource, type Policy, readPolicy } from '../model/policy.ts';
import type { Site } from '../model/site.ts';

export interface SentContext {
  readonly site: Site;
  /** The finished page. */
  readonly text: string;
  /** The page as it came, and what became of a script's text in it. */
  readonly before: string;
  rewrite(text: string): string;
}

/** Directives that browsers ignore in a `<meta>` tag (CSP 3, section 3.3), `report-to` too, which needs a header of its own. */
export const NOT_IN_A_PAGE: readonly string[] = ['frame-ancestors', 'report-uri', 'report-to', 'sandbox'];

/** The policies of a Content-Security-Policy header, as far as a page can say them itself; a header with a comma is several. */
export function sentPolicies(header: string, context: SentContext): readonly Policy[] {
  return header.split(',').map((one) => {
    const kept = [...readPolicy(one)].filter(([name]) => !isLeftOut(name, context.site));
    return new Map(kept.map(([name, sources]) => [name, sourcesFor(sources, context)]));
  });
}

/** The header less what changes with every answer: its nonces are of that answer alone. */
export function steady(header: string): string {
  return header.replace(/'nonce-[^'\s;,]*'/gi, "'nonce-'");
}

/** Of a site without TLS nothing could be loaded by it. */
function isLeftOut(name: string, { publicUrl }: Site): boolean {
  return NOT_IN_A_PAGE.includes(name) || (name === 'upgrade-insecure-requests' && publicUrl.protocol === 'http:');
}

function sourcesFor(sources: readonly string[], context: SentContext): readonly string[] {
  const all = sources.flatMap((source) => {
    if (/^'nonce-/i.test(source)) return noncesIn(context.text);
    if (/^'sha\d+-/i.test(source)) return [source, ...rewritten(source, context)];
    return [isOfSite(source, context.site) ? "'self'" : source];
  });
  return [...new Set(all)];
}

/** The header may be of a later answer than the page, which stays while nothing but such tokens changed. */
function noncesIn(text: string): readonly string[] {
  const tags = text.matchAll(/<(?:script|style|link)\b[^>]{0,2000}?\snonce\s*=\s*["']?([\w+/=-]+)/gi);
  return [...new Set([...tags].map(([, nonce]) => `'nonce-${nonce}'`))];
}

/** A script or style whose addresses were made public has another hash. */
function rewritten(source: string, { before, rewrite }: SentContext): readonly string[] {
  const algorithm = /sha\d+/i.exec(source)?.[0].toLowerCase() ?? '';
  if (!['sha256', 'sha384', 'sha512'].includes(algorithm)) return [];
  const scanner = new MarkupScanner(before);
  while (scanner.next()) {
    if (!scanner.holdsText || !/^(?:script|style)$/.test(scanner.name)) continue;
    const text = before.slice(scanner.end, scanner.contentEnd);
    if (hashSource(Buffer.from(text, 'latin1'), algorithm) !== source) continue;
    return [hashSource(Buffer.from(rewrite(text), 'latin1'), algorithm)];
  }
  return [];
}

/** The origin's own host, and whatever else the site was reached by. */
function isOfSite(source: string, site: Site): boolean {
  const host = source
    .replace(/^https?:\/\//i, '')
    .replace(/\/$/, '')
    .toLowerCase();
  return site.hosts.has(host) || host === site.publicUrl.host;
}
