import picomatch from 'picomatch';
import type { Address } from './address.ts';

/** Matches an address against globs; `/a/**` takes `/a/` and all below, with percent-encoding undone. One expression, since each page is held against it many times a run. */
export function pathMatcher(patterns: readonly string[]): (address: Address) => boolean {
  if (patterns.length === 0) return () => false;
  const union = new RegExp(patterns.map((pattern) => `(?:${sourceOf(decoded(pattern))})`).join('|'));
  return (address) => union.test(decoded(address).slice(1));
}

/** Without the leading slash, which picomatch would want in front of whatever `**` stands for. */
function sourceOf(pattern: string): string {
  const options = { dot: true, nonegate: true, strictSlashes: false };
  return pattern === '/' ? '^$' : picomatch.makeRe(pattern.slice(1), options).source;
}

function decoded(address: string): string {
  if (!address.includes('%')) return address;
  try {
    return decodeURI(address);
  } catch {
    return address;
  }
}
