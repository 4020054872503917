import { createHash } from 'node:crypto';
import { type Address, addressOfFile } from '../model/address.ts';
import type { BlobRef } from '../model/capture.ts';
import type { Blobs } from '../store/blobs.ts';
import { readJson, writeAtomic } from '../store/files.ts';
import { type ComposedPage, type ComposeOptions, compose, composeKey } from './compose.ts';

/** A composed page, whose bytes are read where they are needed: an unchanged run needs none of them. */
export interface StoredPage extends Omit<ComposedPage, 'html'> {
  readonly body: BlobRef;
  /** Composes anew where the disk has lost the bytes; throws `template-broken` then. */
  html(): Promise<Buffer>;
}

/** The composed pages of the last build, so that Eleventy starts only when a template, the words or the data changed. */
export interface ComposedCache {
  /** Addresses composed at the last build: these are never asked of the origin. */
  addresses(): Promise<ReadonlySet<Address>>;
  /** The very same list as long as nothing changed that they are made of. Throws `template-broken`. */
  pages(options: ComposeOptions): Promise<readonly StoredPage[]>;
}

interface Stored {
  readonly key: string;
  readonly pages: readonly Omit<StoredPage, 'html'>[];
}

/** `file` is where the list is kept; the bytes lie in the blob store. */
export function openComposed(file: string, blobs: Blobs): ComposedCache {
  const build = async (options: ComposeOptions, key: string): Promise<Stored> => {
    const composed = await compose(options);
    const pages = await Promise.all(
      composed.map(async ({ html, ...rest }) => ({ ...rest, body: await blobs.put(html) })),
    );
    await writeAtomic(file, JSON.stringify({ key, pages } satisfies Stored));
    return { key, pages };
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
  let last: { readonly key: string; readonly pages: readonly StoredPage[] } | undefined;
  // Of whoever asked last: a list outlives the run it was made in.
  let signal = new AbortController().signal;
  return {
    addresses: async () => new Set((await readJson<Stored>(file))?.pages.map(({ path }) => addressOfFile(path)) ?? []),
    pages: async (options) => {
      const key = await composeKey(options);
      signal = options.signal;
      if (last?.key === key) return last.pages;
      const stored = await readJson<Stored>(file);
      last = { key, pages: opened(options, stored?.key === key ? stored : await build(options, key)) };
      return last.pages;
    },
  };
}

/** A page that was composed just now and is kept nowhere. */
export function storedPage({ html, ...page }: ComposedPage): StoredPage {
  const sha256 = createHash('sha256').update(html).digest('hex');
  return { ...page, body: { sha256, size: html.length }, html: async () => html };
}

/** The hashes of the bytes the last build needs. */
export async function composedBodies(file: string): Promise<readonly string[]> {
  return (await readJson<Stored>(file))?.pages.map(({ body }) => body.sha256) ?? [];
}
