import type { Address } from '../model/address.ts';
import { locate, type Site } from '../model/site.ts';
import type { Answering } from './answering.ts';
import { count, type Finding, findingsOf, type Listed } from './finding.ts';

/** A redirect, as the origin has it: `to` is absolute, or an address of the site. */
export interface KnownRedirect {
  readonly address: Address;
  readonly to: string;
}

export interface RedirectWorld {
  readonly site: Site;
  readonly answers: (address: Address) => Answering;
}

/** How following one redirect ends. */
type End = 'well' | 'circle' | 'nowhere' | 'other site';

/** More than a browser's patience for the release is needed by no site; after so many a chain counts as a circle. */
const MOST_HOPS = 20;

/** Circles, chains, and redirects whose target the release lacks. Pure. */
export function checkRedirects(redirects: readonly KnownRedirect[], world: RedirectWorld): readonly Finding[] {
  if (redirects.length === 0) return [];
  const targets = new Map(redirects.map(({ address, to }) => [address, to]));
  const ends = redirects.map((redirect) => ({ ...redirect, ...follow(redirect, targets, world) }));
  const find = findingsOf('redirects');
  const among = (text: string, level: 'warn' | 'fail', hint: string, some: typeof ends): Finding[] =>
    some.length === 0
      ? []
      : [{ ...find(level, `${count(some.length, 'redirect')} ${text}`, hint), list: some.map(listed) }];
  const others = ends.filter(({ end }) => end === 'other site').length;
  const text = `${count(redirects.length, 'redirect')}${others === 0 ? '' : `, ${others} of them to other sites, which are not asked`}`;
  return [
    find('ok', text),
    ...among(
      'in a circle',
      'fail',
      'mend them at the origin; they are no part of a release',
      ends.filter(({ end }) => end === 'circle'),
    ),
    ...among(
      'to what the release lacks',
      'warn',
      'redirect to a page that is there',
      ends.filter(({ end }) => end === 'nowhere'),
    ),
    ...among(
      'over others',
      'warn',
      'a release leads straight to the end; at the origin each step is a request',
      ends.filter(({ end, hops }) => hops > 1 && end !== 'circle'),
    ),
  ];
}

function follow(
  { address, to }: KnownRedirect,
  targets: ReadonlyMap<Address, string>,
  { site, answers }: RedirectWorld,
): { readonly end: End; readonly hops: number } {
  const seen = new Set([address]);
  let next = to;
  for (let hops = 1; hops <= MOST_HOPS; hops++) {
    const located = locate(site, next, '/');
    if (located === undefined) return { end: 'other site', hops };
    if (seen.has(located.address)) return { end: 'circle', hops };
    seen.add(located.address);
    const further = targets.get(located.address);
    if (further === undefined) return { end: answers(located.address).by === 'nobody' ? 'nowhere' : 'well', hops };
    next = further;
  }
  return { end: 'circle', hops: MOST_HOPS };
}

const listed = ({ address, to }: KnownRedirect): Listed => ({ what: `${address} to ${to}`, on: [], pages: 0 });
