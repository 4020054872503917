import type { HeaderRule } from '../config/schema.ts';
import { type Address, addressOfFile } from '../model/address.ts';
import { pathMatcher } from '../model/globs.ts';
import type { FileKind, ReleaseFile } from '../model/manifest.ts';
import { isFingerprinted } from './fingerprint.ts';

/**
 * Browsers ask each time, caches once a minute. While a cache asks, and for a day while the site is away, it shows what it has:
 * as long as assets of old pages are kept (`CARRY_MS`).
 */
export const PAGE_CACHING = 'max-age=0, s-maxage=60, stale-while-revalidate=300, stale-if-error=86400';
/** For files whose name changes with their content. */
export const FINGERPRINTED_CACHING = 'public, max-age=31536000, immutable';
/** For files that may be replaced under their name. A browser cannot be purged, so it asks after minutes; a cache can. */
export const ASSET_CACHING = 'max-age=300, s-maxage=3600, stale-while-revalidate=300, stale-if-error=86400';
/** For what must be asked for each time: a holding page that a cache kept would be shown after the trouble is over. */
export const NO_CACHING = 'no-store';

/** A rule of the configuration, ready to be held against files. */
export interface CompiledRule {
  readonly matches: (address: Address) => boolean;
  /** Lower-case names. */
  readonly set: Readonly<Record<string, string>>;
}

/** The rules of `headers`, in their order. */
export function compileRules(rules: readonly HeaderRule[]): readonly CompiledRule[] {
  return rules.map((rule) => ({ matches: pathMatcher([rule.for]), set: lowerCase(rule.set) }));
}

const lowerCase = (set: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(set).map(([name, value]) => [name.toLowerCase(), value]));

/**
 * The file with every header it is to be served with: the default caching of its kind, over it the first rule that matches its
 * address, over that what the file cannot do without (a redirect's `location`, the pixel's and a holding page's `no-store`).
 */
export function withHeaders(file: ReleaseFile, rules: readonly CompiledRule[]): ReleaseFile {
  const address = addressOfFile(file.path);
  const rule = rules.find(({ matches }) => matches(address));
  const needed = NEVER_CACHED.has(file.kind) ? { 'cache-control': NO_CACHING } : {};
  return { ...file, headers: { 'cache-control': cachingOf(file), ...rule?.set, ...needed, ...file.headers } };
}

const NEVER_CACHED: ReadonlySet<FileKind> = new Set(['holding', 'internal']);

function cachingOf({ kind, path }: ReleaseFile): string {
  if (kind !== 'asset') return PAGE_CACHING;
  return isFingerprinted(path) ? FINGERPRINTED_CACHING : ASSET_CACHING;
}
