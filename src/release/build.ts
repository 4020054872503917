import { createHash } from 'node:crypto';
import { type Address, addressOfFile } from '../model/address.ts';
import { HoldfastError } from '../model/errors.ts';
import { MANIFEST_FORMAT, type Manifest, type ReleaseFile, uncovered } from '../model/manifest.ts';
import { carry } from './carry.ts';

/** Hex digits of the content's hash in a release's name: 48 bits tell a site's releases apart for as long as it lives. */
const ID_DIGITS = 12;

export interface BuildOptions {
  readonly site: string;
  readonly environment: string;
  readonly lineage: string;
  readonly files: readonly ReleaseFile[];
  /** How many of them are pages of the origin: what is composed here is no site. */
  readonly pages: number;
  /** True for an address that was taken down, which is not carried over either. */
  readonly isWithdrawn: (address: Address) => boolean;
  /** What is live now, whose assets stay for a while. */
  readonly live: Manifest | undefined;
  readonly now: Date;
}

/**
 * The manifest of a release: `files` and the assets carried over from the live one, sorted by path.
 * Where the content is that of the live release, the live manifest itself. Throws `nothing-to-release` without a single page.
 */
export function buildRelease(options: BuildOptions): Manifest {
  const { site, environment, lineage, files, pages, isWithdrawn, live, now } = options;
  if (pages === 0) {
    throw new HoldfastError(
      'nothing-to-release',
      'no page has a good capture, and an empty release is never published',
      {
        hint: 'see what the looks failed with: holdfast check',
        visitors: live === undefined ? 'nothing is live yet' : 'visitors get the release that was live before',
      },
    );
  }
  const carried = carry(files, live, now).filter(({ path }) => !isWithdrawn(addressOfFile(path)));
  const all = [...files, ...carried].sort(byPath);
  if (live !== undefined && isSameApartFromCarried(all, live.files, isWithdrawn)) return live;
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

/** SHA-256 over all that visitors can get, now and after a hold; holds no times, so the same content has the same identity whenever it is built. */
export function identityOf(files: readonly ReleaseFile[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${fingerprint(file)}\n`);
  return hash.digest('hex');
}

/** True for two files of the same name exactly when visitors get the same from both. */
export function isSameFile(one: ReleaseFile, other: ReleaseFile): boolean {
  return (
    one.sha256 === other.sha256 &&
    one.kind === other.kind &&
    one.type === other.type &&
    one.status === other.status &&
    one.variants.gzip?.sha256 === other.variants.gzip?.sha256 &&
    one.variants.br?.sha256 === other.variants.br?.sha256 &&
    haveSame(one.headers, other.headers)
  );
}

function haveSame(one: ReleaseFile['headers'], other: ReleaseFile['headers']): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/** One line that is equal for two files exactly when they have one name and visitors get the same from both. */
function fingerprint(file: ReleaseFile): string {
  const { path, kind, sha256, type, headers, status, variants, covers } = file;
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  const under = covers === undefined ? [] : [fingerprint(uncovered(file))];
  const forms = [variants.gzip?.sha256 ?? '', variants.br?.sha256 ?? ''];
  const moved = status === undefined ? [] : [status];
  return JSON.stringify([path, kind, sha256, type, sorted, ...forms, ...moved, ...under]);
}

/** An asset that only ran out of its time is no reason for a release of its own. */
function isSameApartFromCarried(
  next: readonly ReleaseFile[],
  live: readonly ReleaseFile[],
  isWithdrawn: (address: Address) => boolean,
): boolean {
  const current = next.filter((file) => file.carried === undefined);
  const before = new Map(live.map((file) => [file.path, file]));
  const isThere = (file: ReleaseFile) => {
    const other = before.get(file.path);
    return other !== undefined && isSameFile(other, file) && isSameFile(uncovered(other), uncovered(file));
  };
  const needed = new Set(current.map((file) => file.path));
  const mayGo = (file: ReleaseFile) => file.carried === undefined || isWithdrawn(addressOfFile(file.path));
  return current.every(isThere) && live.every((file) => needed.has(file.path) || !mayGo(file));
}

function byPath(a: ReleaseFile, b: ReleaseFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** `20270202T090000Z` */
function stamp(now: Date): string {
  return `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}
