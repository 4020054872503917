import { type Addresses, createAddresses, GROUPS, type Unique } from './addresses.ts';
import { type Classed, KINDS, type Kind, kindOf, PAGE_KINDS } from './kinds.ts';
import { createMinutes, type Step } from './minutes.ts';
import type { LoggedRequest } from './request.ts';
import type { Salt } from './sketch.ts';
import { createTopList, type Ranked, type TopList } from './toplist.ts';

/** Requests of one kind, with the holding page's or pixel's name, and from how many addresses they came. */
export interface KindCount extends Classed, Unique {
  readonly requests: number;
  readonly bytes: number;
}

/** A missing page and the pages that link to it, as browsers said. */
export interface MissingPage extends Ranked {
  readonly links: readonly Ranked[];
}

/** What the requests of the logs come to. */
export interface Counted {
  readonly requests: number;
  /** Static, dynamic, holding and 404 together: people who asked for a page. */
  readonly pages: Unique & { readonly requests: number };
  /** In the order of `KINDS`, the largest first within one. */
  readonly kinds: readonly KindCount[];
  /** Seconds of a step. */
  readonly stepSeconds: number;
  readonly steps: readonly Step[];
  readonly topPages: readonly Ranked[];
  readonly topMissing: readonly MissingPage[];
}

/** Counts requests one by one; memory does not grow with their number. */
export interface Tally {
  add(request: LoggedRequest): void;
  counted(): Counted;
}

/** Lines of a list of top pages. */
const TOP = 20;
const LINKS = 5;

/** A tally for one run; `salt` is drawn anew for each. */
export function createTally(salt: Salt): Tally {
  const addresses = createAddresses(salt);
  const groups = createGroups(addresses);
  const minutes = createMinutes();
  const [pages, missing, links] = [createTopList(), createTopList(), createTopList()];
  let requests = 0;
  return {
    add(request) {
      const classed = kindOf(request);
      requests += 1;
      groups.add(classed, request);
      minutes.add(request.at, classed.kind);
      if (!PAGE_KINDS.has(classed.kind)) return;
      if (classed.kind !== '404') return pages.add(request.path);
      missing.add(request.path);
      const from = linkOf(request.referrer);
      if (from !== '') links.add(`${request.path} ${from}`);
    },
    counted: () => ({
      requests,
      ...groups.counted(),
      stepSeconds: minutes.seconds(),
      steps: minutes.steps(),
      topPages: pages.top(TOP),
      topMissing: withLinks(missing.top(TOP), links),
    }),
  };
}

/** Without query and fragment, where people's names and searches stand. */
const linkOf = (referrer: string): string => /^[^?#\s]*/.exec(referrer)?.[0] ?? '';

/** A path holds no space, so the first one parts it from the page that links to it. */
function withLinks(missing: readonly Ranked[], links: TopList): readonly MissingPage[] {
  const all = links.top(Number.POSITIVE_INFINITY);
  return missing.map((page) => {
    const start = `${page.key} `;
    const own = all.filter(({ key }) => key.startsWith(start)).slice(0, LINKS);
    return { ...page, links: own.map((link) => ({ ...link, key: link.key.slice(start.length) })) };
  });
}

interface Groups {
  add(classed: Classed, request: LoggedRequest): void;
  counted(): Pick<Counted, 'pages' | 'kinds'>;
}

interface Group {
  readonly classed: Classed;
  readonly index: number;
  requests: number;
  bytes: number;
}

/** Anybody can make up names, so there is room for a few; the rest of a kind counts as unnamed. The first group is all page requests. */
const NAMES_OF = new Map<Kind, number>([
  ['holding', 8],
  ['pixel', GROUPS - KINDS.length - 1 - 8],
]);

function createGroups(addresses: Addresses): Groups {
  const groups = new Map<string, Group>();
  const room = new Map(NAMES_OF);
  let pages = 0;
  const open = (classed: Classed): Group => {
    const left = room.get(classed.kind) ?? 0;
    if (classed.name !== '' && left === 0) return groupOf({ kind: classed.kind, name: '' });
    if (classed.name !== '') room.set(classed.kind, left - 1);
    const group = { classed, index: groups.size + 1, requests: 0, bytes: 0 };
    groups.set(keyOf(classed), group);
    return group;
  };
  const groupOf = (classed: Classed): Group => groups.get(keyOf(classed)) ?? open(classed);
  return {
    add(classed, { address, bytes }) {
      const group = groupOf(classed);
      group.requests += 1;
      group.bytes += bytes;
      const isPage = PAGE_KINDS.has(classed.kind);
      if (isPage) pages += 1;
      if (address !== '') addresses.add(address, (1 << group.index) | (isPage ? 1 : 0));
    },
    counted: () => ({
      pages: { requests: pages, ...addresses.unique(0) },
      kinds: [...groups.values()]
        .sort((a, b) => KINDS.indexOf(a.classed.kind) - KINDS.indexOf(b.classed.kind) || b.requests - a.requests)
        .map(({ classed, requests, bytes, index }) => ({ ...classed, requests, bytes, ...addresses.unique(index) })),
    }),
  };
}

const keyOf = ({ kind, name }: Classed): string => (name === '' ? kind : `${kind} ${name}`);
