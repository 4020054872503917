import type { Address } from '../model/address.ts';
import type { Located, Site } from '../model/site.ts';
import { everyLinkInHtml, referencesInCss } from '../snapshot/references.ts';
import type { Answers } from './answering.ts';
import { count, type Finding, findingsOf, type Listed } from './finding.ts';

/** What links are held against. */
export interface LinkWorld {
  readonly site: Site;
  readonly answers: Answers;
  /** True for a file that the configuration leaves to somebody else (`assets.exclude`). */
  readonly isLeft: (address: Address) => boolean;
  /** Why a release lacks a page, in a few words. */
  readonly why: (address: Address) => string;
}

/** A file of the release with its bytes. */
export interface LinkingFile {
  readonly address: Address;
  readonly type: string;
  readonly bytes: Buffer;
}

/** Follows the links of one file after the other, and tells at the end which lead nowhere. */
export interface LinkReader {
  read(file: LinkingFile): void;
  findings(): readonly Finding[];
}

/** Pages named beside a link that leads nowhere; the rest is a number. */
const PAGES_NAMED = 20;
/** So many are listed; who has more has one reason for most of them. */
const MOST_LISTED = 1000;
/** From this part of all links on it is no slip of an editor: something moved. */
const MANY = 0.05;

type Kind = 'page' | 'file';

interface Dead {
  readonly kind: Kind;
  readonly on: Address[];
  pages: number;
  /** The page that was read last of those: it may hold several links there, with one query and another. */
  last: Address | undefined;
}

/** A reader of a release's links. What it holds in memory is the addresses that are linked, not the pages. */
export function createLinkReader(world: LinkWorld): LinkReader {
  const { site, answers, isLeft } = world;
  const seen = new Set<Address>();
  const elsewhere = new Set<Address>();
  const dead = new Map<Address, Dead>();
  /** Links with a query that a file answers, which is the same with any query and without. */
  const overlooked = new Set<string>();
  let files = 0;
  const follow = (target: Target, kind: Kind, from: Address): void => {
    const { address, query = '' } = target;
    seen.add(address);
    const { by } = answers(address, query);
    if (by === 'file') {
      if (query !== '') overlooked.add(`${address}?${query}`);
      return;
    }
    if (by === 'origin' || (kind === 'file' && isLeft(address))) {
      elsewhere.add(address);
      return;
    }
    const found = dead.get(address) ?? { kind, on: [], pages: 0, last: undefined };
    if (found.last === from) return;
    found.last = from;
    found.pages += 1;
    if (found.on.length < PAGES_NAMED) found.on.push(from);
    dead.set(address, found);
  };
  return {
    read(file) {
      files += 1;
      const { links, assets } = targetsIn(file, site);
      for (const target of links) follow(target, 'page', file.address);
      for (const { address } of assets) follow({ address }, 'file', file.address);
    },
    findings: () =>
      told({ files, seen: seen.size, elsewhere: elsewhere.size, overlooked: overlooked.size, dead }, world),
  };
}

type Target = Pick<Located, 'address'> & Partial<Pick<Located, 'query'>>;

function targetsIn(
  { address, type, bytes }: LinkingFile,
  site: Site,
): { readonly links: readonly Target[]; readonly assets: readonly Target[] } {
  if (!/html/i.test(type)) return { links: [], assets: referencesInCss(bytes.toString('utf8'), address, site).assets };
  const { references, queried } = everyLinkInHtml(bytes, address, site);
  return { links: [...references.links.map((link) => ({ address: link })), ...queried], assets: references.assets };
}

interface Told {
  readonly files: number;
  readonly seen: number;
  readonly elsewhere: number;
  readonly overlooked: number;
  readonly dead: ReadonlyMap<Address, Dead>;
}

function told({ files, seen, elsewhere, overlooked, dead }: Told, world: LinkWorld): readonly Finding[] {
  const find = findingsOf('links');
  const all = [...dead].sort(([, one], [, other]) => other.pages - one.pages);
  const left = elsewhere === 0 ? '' : `, ${elsewhere.toLocaleString('en')} of them to what the origin or others answer`;
  const lines: Finding[] = [find('ok', `${count(files, 'file')} with ${count(seen, 'address')} linked${left}`)];
  if (overlooked > 0)
    lines.push(
      find('ok', `${count(overlooked, 'link')} with a query: the page is there, and is the same with any`, QUERIES),
    );
  const level = dead.size > seen * MANY ? 'fail' : 'warn';
  for (const kind of ['page', 'file'] as const) {
    const some = all.filter(([, found]) => found.kind === kind);
    if (some.length === 0) continue;
    const list = some.slice(0, MOST_LISTED).map(([target, found]) => listed(target, found, world));
    lines.push({ ...find(level, textOf(kind, some), HINTS[kind]), list });
  }
  return lines;
}

const QUERIES = 'where the origin is to answer one, say so by `query` of a rule in edge.dynamic';
const HINTS: Readonly<Record<Kind, string>> = {
  page: 'mend the links, redirect the old addresses at the origin, or let the origin answer them (edge.dynamic)',
  file: 'pages show without them: put them back at the origin, or take them out of its pages',
};

function textOf(kind: Kind, some: readonly (readonly [Address, Dead])[]): string {
  const pages = some.reduce((sum, [, found]) => sum + found.pages, 0);
  const what = kind === 'page' ? 'page' : 'image or other file';
  const noun = some.length === 1 ? what : kind === 'page' ? 'pages' : 'images or other files';
  return `${some.length.toLocaleString('en')} ${noun} linked that the release lacks (${count(pages, 'link')})`;
}

function listed(target: Address, { kind, on, pages }: Dead, { why }: LinkWorld): Listed {
  return { what: kind === 'page' ? `${target} (${why(target)})` : target, on, pages };
}
