import { createHash } from 'node:crypto';
import { type Address, addressOfFile } from '../model/address.ts';
import type { BlobRef } from '../model/capture.ts';
import type { Blobs } from '../store/blobs.ts';
import { readJson, writeAtomic } from '../store/files.ts';
import { type ComposedPage, type ComposeOptions, type Composition, compose, composeKey } from './compose.ts';
import { isInTurn, type Span, standing } from './embargo.ts';

/** A composed page, whose bytes are read where they are needed: an unchanged run needs none of them. */
export interface StoredPage extends Omit<ComposedPage, 'html'> {
  readonly body: BlobRef;
  /** Composes anew where the disk has lost the bytes; throws `template-broken` then. */
  html(): Promise<Buffer>;
}

/** The composed pages of the last builds, so that Eleventy starts only when a template, the words, the data or the turn of an embargo changed. */
export interface ComposedCache {
  /** Addresses composed for this instant, as far as that was done: these are never asked of the origin. */
  addresses(at: number): Promise<ReadonlySet<Address>>;
  /** Those of pages that are not composed for it, being under embargo or taken down by then: they are none of the origin's either. */
  hidden(at: number): Promise<ReadonlySet<Address>>;
  /** For the instant that `options` name; the very same list as long as nothing changed that they are made of. Throws `template-broken`. */
  pages(options: ComposeOptions): Promise<readonly StoredPage[]>;
}

interface Stored extends Omit<Composition, 'pages'> {
  readonly key: string;
  readonly pages: readonly Omit<StoredPage, 'html'>[];
}

/** Newest first. One of now, one of an instant that is prepared, one to spare. */
interface Builds {
  readonly builds?: readonly Stored[];
}

const MOST_BUILDS = 3;

/** `file` is where the list is kept; the bytes lie in the blob store. */
export function openComposed(file: string, blobs: Blobs): ComposedCache {
  const build = async (options: ComposeOptions, key: string): Promise<Stored> => {
    const { pages: composed, ...turn } = await compose(options);
    const pages = await Promise.all(
      composed.map(async ({ html, ...rest }) => ({ ...rest, body: await blobs.put(html) })),
    );
    const made = { ...turn, key, pages };
    const others = (await readBuilds(file)).filter((other) => other.key === key && !isInTurn(other, options.at));
    await writeAtomic(file, JSON.stringify({ builds: [made, ...others].slice(0, MOST_BUILDS) } satisfies Builds));
    return made;
  };
  const opened = (options: ComposeOptions, { key, pages }: Stored): readonly StoredPage[] => {
    let again: Promise<Stored> | undefined;
    const composedAnew = async (path: string): Promise<Buffer> => {
      again ??= build({ ...options, signal }, key).finally(() => {
        again = undefined;
      });
      const body = (await again).pages.find((page) => page.path === path)?.body;
      return blobs.read(body?.sha256 ?? '');
    };
    return pages.map((page) => ({
      ...page,
      html: () => blobs.read(page.body.sha256).catch(() => composedAnew(page.path)),
    }));
  };
  let lists: readonly (Pick<Stored, 'key' | 'since' | 'until'> & { readonly pages: readonly StoredPage[] })[] = [];
  // Of whoever asked last: a list outlives the run it was made in.
  let signal = new AbortController().signal;
  return {
    addresses: async (at) => new Set((await buildFor(file, at))?.pages.map(({ path }) => addressOfFile(path))),
    hidden: async (at) => new Set((await buildFor(file, at))?.hidden.map(({ output }) => addressOfFile(output))),
    pages: async (options) => {
      const key = await composeKey(options);
      signal = options.signal;
      const fits = (one: Pick<Stored, 'key' | 'since' | 'until'>): boolean =>
        one.key === key && isInTurn(one, options.at);
      const known = lists.find(fits);
      if (known !== undefined) return known.pages;
      const stored = (await readBuilds(file)).find(fits) ?? (await build(options, key));
      const list = { ...stored, pages: opened(options, stored) };
      lists = [list, ...lists.filter((one) => one.key === key)].slice(0, MOST_BUILDS);
      return list.pages;
    },
  };
}

async function readBuilds(file: string): Promise<readonly Stored[]> {
  return (await readJson<Builds>(file))?.builds ?? [];
}

/** The newest build that holds for an instant; where none does, the newest. */
async function buildFor(file: string, at: number): Promise<Stored | undefined> {
  const builds = await readBuilds(file);
  return builds.find((one) => isInTurn(one, at)) ?? builds[0];
}

/** What is known of embargoes from the last build for this instant. */
export interface Embargoes {
  /** When what is composed changes next by itself, milliseconds since 1970; null where it never does. */
  readonly next: number | null;
  /** Pages and files that no visitor gets yet. */
  readonly waiting: number;
}

/** By the list that `openComposed` keeps in `file`. */
export async function embargoesIn(file: string, at: number): Promise<Embargoes> {
  const { until = null, hidden = [] } = (await buildFor(file, at)) ?? {};
  const isWaiting = (span: Span): boolean => standing(span, at) === 'embargoed';
  return { next: until !== null && until > at ? until : null, waiting: hidden.filter(isWaiting).length };
}

/** A page that was composed just now and is kept nowhere. */
export function storedPage({ html, ...page }: ComposedPage): StoredPage {
  const sha256 = createHash('sha256').update(html).digest('hex');
  return { ...page, body: { sha256, size: html.length }, html: async () => html };
}

/** The hashes of the bytes the last builds need. */
export async function composedBodies(file: string): Promise<readonly string[]> {
  return (await readBuilds(file)).flatMap(({ pages }) => pages.map(({ body }) => body.sha256));
}
