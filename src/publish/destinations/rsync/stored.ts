import { text } from 'node:stream/consumers';
import { MANIFEST_FORMAT, type Manifest } from '../../../model/manifest.ts';
import { isReleaseId } from '../layout/paths.ts';
import { treeOf } from '../layout/tree.ts';
import type { Open } from './open.ts';

/** What is known of the manifests stored there. They never change, and weigh megabytes. */
export interface Stored {
  /** The hash of a release's root folder; undefined where its manifest is absent or cannot be read. */
  rootOf(id: string, signal: AbortSignal): Promise<string | undefined>;
  /** What `rootOf` had to read of a path, once: who asks whether all is settled reads the live manifest next. */
  taken(path: string): string | undefined;
  /** Tells the hash of a release that was just stored. */
  learn(id: string, hash: string): void;
}

/** Knows nothing yet; reads by `open`. */
export function createStored(open: Open): Stored {
  const hashes = new Map<string, string>();
  let read: { readonly path: string; readonly content: string } | undefined;
  return {
    async rootOf(id, signal) {
      const known = hashes.get(id);
      if (known !== undefined || !isReleaseId(id)) return known;
      const path = `_holdfast/releases/${id}.json`;
      const stream = await open(path, signal);
      if (stream === undefined) return undefined;
      read = { path, content: await text(stream) };
      const hash = hashIn(read.content);
      if (hash !== undefined) hashes.set(id, hash);
      return hash;
    },
    taken(path) {
      const content = read?.path === path ? read.content : undefined;
      if (content !== undefined) read = undefined;
      return content;
    },
    learn: (id, hash) => void hashes.set(id, hash),
  };
}

function hashIn(content: string): string | undefined {
  try {
    const manifest = JSON.parse(content) as Manifest;
    return manifest.format === MANIFEST_FORMAT ? treeOf(manifest).hash : undefined;
  } catch {
    return undefined;
  }
}
