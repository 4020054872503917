import type { BlobRef } from './capture.ts';

/** The version of the manifest's own layout. */
export const MANIFEST_FORMAT = 1;

export type FileKind = 'page' | 'asset' | 'holding' | 'feed' | 'redirect' | 'internal';

/** How an origin may say that a page is elsewhere. */
export const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const;
export type RedirectStatus = (typeof REDIRECT_STATUSES)[number];

export type Encoding = 'gzip' | 'br';

/** One file of a release. */
export interface ReleaseFile extends BlobRef {
  /** Relative, `/` between parts, no leading slash, decoded: `2024/café/index.html`. */
  readonly path: string;
  readonly kind: FileKind;
  /** Content-Type as served. */
  readonly type: string;
  /** Further headers as served, lower-case names; `location` on a redirect. */
  readonly headers: Readonly<Record<string, string>>;
  /** On a redirect: the origin's own status. Left out by what was published before it was remembered. */
  readonly status?: RedirectStatus;
  /** The same content compressed, where that is smaller. */
  readonly variants: Readonly<Partial<Record<Encoding, BlobRef>>>;
  /** On an asset that no page refers to any more: since when, and for how many releases. Not part of the identity. */
  readonly carried?: { readonly since: string; readonly releases: number };
  /** On a page that a holding page was put over: what is to be there again after the hold. */
  readonly covers?: Covered;
}

/** A file without its name. */
export type Covered = Pick<ReleaseFile, 'sha256' | 'size' | 'kind' | 'type' | 'headers' | 'variants'>;

/** An immutable, complete list of the files of a release. */
export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  readonly site: string;
  readonly environment: string;
  /** Given once to a site's releases at a destination; a stranger's manifest has another. */
  readonly lineage: string;
  /** `<UTC time>-<first 12 hex of the content's hash>`, e.g. `20270202T090000Z-4f2a9c1d77aa`. */
  readonly id: string;
  readonly parent: string | null;
  /** ISO 8601. */
  readonly created: string;
  /** Sorted by path (code units), each path once. */
  readonly files: readonly ReleaseFile[];
}

/** The file as it is without a hold. */
export function uncovered(file: ReleaseFile): ReleaseFile {
  return file.covers === undefined ? file : { path: file.path, ...file.covers };
}

/** The release as it is without a hold; the same object where nothing is covered. */
export function uncoveredRelease(manifest: Manifest): Manifest {
  const isCovered = manifest.files.some(({ covers }) => covers !== undefined);
  return isCovered ? { ...manifest, files: manifest.files.map(uncovered) } : manifest;
}
