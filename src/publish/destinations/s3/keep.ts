import type { ReleaseFile } from '../../../model/manifest.ts';
import { WHOLE_BYTES } from './bytes.ts';
import { encodingOf, formOf, holds } from './form.ts';
import type { StoredEncoding } from './keys.ts';
import type { Shared } from './shared.ts';
import type { Seen } from './store.ts';

/** What is at a public name that is about to be overwritten. */
export interface Before {
  /** Its ETag, where that can be a condition: with it nothing else is overwritten than what was kept. */
  readonly etag: string | undefined;
  /** The file of the live release that it is; undefined where it is something else. */
  readonly file: ReleaseFile | undefined;
}

/** Keeps what is live before something else takes its name. */
export interface Keeper {
  /** Copies what is at a file's name to where it is kept, within the store. */
  keep(path: string, signal: AbortSignal): Promise<Before>;
  /** Says that the ETag of a copy was not its source's, so that none is a condition from now on: keys of the store's own encrypt each differently. */
  distrustCopies(): void;
}

export interface KeeperOptions {
  readonly live: ReadonlyMap<string, ReleaseFile>;
  readonly isUnsure: (path: string) => boolean;
}

const NOTHING: Before = { etag: undefined, file: undefined };

/** Keeps files of a live release: one copy each, and a look before it where it may not be what the release says. */
export function createKeeper(shared: Shared, { live, isUnsure }: KeeperOptions): Keeper {
  const { store, keys, isIdentity } = shared;
  let areCopiesTrue = true;
  /** Paths asked for before: a put that failed may have been carried out. */
  const asked = new Set<string>();
  return {
    async keep(path, signal) {
      const file = live.get(path);
      if (file === undefined) return NOTHING;
      const key = keys.file(path);
      const isDoubtful = isUnsure(path) || asked.has(path);
      asked.add(path);
      const seen = isDoubtful ? await store.head(key, signal) : undefined;
      if (isDoubtful && !holds(seen, file)) return { etag: seen?.etag, file: undefined };
      const { encoding, ref } = formOf(file, isIdentity);
      const kept = keys.kept(file.sha256, seen === undefined ? encoding : encodingOf(seen));
      const copied = await store.copy(kept, { key }, signal);
      if (copied === undefined) return NOTHING;
      // What was sent in parts has an ETag of its own kind, which its copy has not.
      const isSame = areCopiesTrue && ref.size <= WHOLE_BYTES;
      return { etag: seen?.etag ?? (isSame ? copied : undefined), file };
    },
    distrustCopies() {
      areCopiesTrue = false;
    },
  };
}

/** Where to look for a file that is kept: first in the form it would be stored in now; the rules may have been others then. */
export function keptForms({ isIdentity }: Shared, file: ReleaseFile): readonly StoredEncoding[] {
  if (file.variants.gzip === undefined) return ['identity'];
  return isIdentity(file.path) ? ['identity', 'gzip'] : ['gzip', 'identity'];
}

/** A file among what is kept: where, and what is known of it. */
export async function findKept(
  shared: Shared,
  file: ReleaseFile,
  signal: AbortSignal,
): Promise<{ readonly key: string; readonly seen: Seen } | undefined> {
  for (const encoding of keptForms(shared, file)) {
    const key = shared.keys.kept(file.sha256, encoding);
    const seen = await shared.store.head(key, signal);
    if (seen !== undefined && holds(seen, file)) return { key, seen };
  }
  return undefined;
}

/** True where the object is the same one as before. */
export function isUnchanged(seen: Seen | undefined, { etag, file }: Before): boolean {
  return seen !== undefined && (file === undefined ? seen.etag === etag : holds(seen, file));
}
