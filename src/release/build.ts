import { createHash } from 'node:crypto';
import { HoldfastError } from '../model/errors.ts';
import { MANIFEST_FORMAT, type Manifest, type ReleaseFile } from '../model/manifest.ts';
import { carry } from './carry.ts';

/** Hex digits of the content's hash in a release's name: 48 bits tell a site's releases apart for as long as it lives. */
const ID_DIGITS = 12;

export interface BuildOptions {
  readonly site: string;
  readonly environment: string;
  readonly lineage: string;
  readonly files: readonly ReleaseFile[];
  /** What is live now, whose assets stay for a while. */
  readonly live: Manifest | undefined;
  readonly now: Date;
}

/**
 * The manifest of a release: `files` and the assets carried over from the live one, sorted by path.
 * Where the content is that of the live release, the live manifest itself. Throws `nothing-to-release` without a single page.
 */
export function buildRelease({ site, environment, lineage, files, live, now }: BuildOptions): Manifest {
  if (!files.some((file) => file.kind === 'page')) {
    throw new HoldfastError(
      'nothing-to-release',
      'no page has a good capture, and an empty release is never published',
      {
        hint: 'see what the looks failed with: holdfast check',
        visitors: live === undefined ? 'nothing is live yet' : 'visitors get the release that was live before',
      },
    );
  }
  const all = [...files, ...carry(files, live, now)].sort(byPath);
  if (live !== undefined && isSameApartFromCarried(all, live.files)) return live;
  const content = identityOf(all);
  return {
    format: MANIFEST_FORMAT,
    site,
    environment,
    lineage,
    id: `${stamp(now)}-${content.slice(0, ID_DIGITS)}`,
    parent: live?.id ?? null,
    created: now.toISOString(),
    files: all,
  };
}

/** SHA-256 over all that visitors can get; holds no times, so the same content has the same identity whenever it is built. */
export function identityOf(files: readonly ReleaseFile[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${fingerprint(file)}\n`);
  return hash.digest('hex');
}

/** One line that is equal for two files of the same name exactly when visitors get the same from both. */
export function fingerprint({ path, kind, sha256, type, headers, variants }: ReleaseFile): string {
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([path, kind, sha256, type, sorted, variants.gzip?.sha256 ?? '', variants.br?.sha256 ?? '']);
}

/** An asset that only ran out of its time is no reason for a release of its own. */
function isSameApartFromCarried(next: readonly ReleaseFile[], live: readonly ReleaseFile[]): boolean {
  const current = next.filter((file) => file.carried === undefined);
  const before = new Map(live.map((file) => [file.path, file]));
  const isThere = (file: ReleaseFile) => {
    const other = before.get(file.path);
    return other !== undefined && fingerprint(other) === fingerprint(file);
  };
  const needed = new Set(current.map((file) => file.path));
  return current.every(isThere) && live.every((file) => needed.has(file.path) || file.carried !== undefined);
}

function byPath(a: ReleaseFile, b: ReleaseFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** `20270202T090000Z` */
function stamp(now: Date): string {
  return `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}
