import { type Address, addressOfFile } from '../model/address.ts';
import type { BlobRef } from '../model/capture.ts';
import type { Blobs } from '../store/blobs.ts';
import { readJson, writeAtomic } from '../store/files.ts';
import { type ComposedPage, type ComposeOptions, compose, composeKey } from './compose.ts';

/** The composed pages of the last build, so that Eleventy starts only when a template, the words or the data changed. */
export interface ComposedCache {
  /** Addresses composed at the last build: these are never asked of the origin. */
  addresses(): Promise<ReadonlySet<Address>>;
  /** Throws `template-broken`. */
  pages(options: ComposeOptions): Promise<readonly ComposedPage[]>;
}

interface Stored {
  readonly key: string;
  readonly pages: readonly (Omit<ComposedPage, 'html'> & { readonly body: BlobRef })[];
}

/** `file` is where the list is kept; the bytes lie in the blob store. */
export function openComposed(file: string, blobs: Blobs): ComposedCache {
  const build = async (options: ComposeOptions, key: string): Promise<readonly ComposedPage[]> => {
    const pages = await compose(options);
    const stored = await Promise.all(
      pages.map(async ({ html, ...rest }) => ({ ...rest, body: await blobs.put(html) })),
    );
    await writeAtomic(file, JSON.stringify({ key, pages: stored } satisfies Stored));
    return pages;
  };
  return {
    addresses: async () => new Set((await readJson<Stored>(file))?.pages.map(({ path }) => addressOfFile(path)) ?? []),
    pages: async (options) => {
      const key = await composeKey(options);
      const stored = await readJson<Stored>(file);
      if (stored?.key !== key) return build(options, key);
      try {
        return await Promise.all(
          stored.pages.map(async ({ body, ...rest }) => ({ ...rest, html: await blobs.read(body.sha256) })),
        );
      } catch {
        return build(options, key);
      }
    },
  };
}

/** The hashes of the bytes the last build needs. */
export async function composedBodies(file: string): Promise<readonly string[]> {
  return (await readJson<Stored>(file))?.pages.map(({ body }) => body.sha256) ?? [];
}
