import { createHash } from 'node:crypto';
import type { BlobRef } from '../../../model/capture.ts';
import { HoldfastError } from '../../../model/errors.ts';
import type { Encoding, Manifest, ReleaseFile } from '../../../model/manifest.ts';
import { markerOf } from '../../../model/marker.ts';

/** One folder of a release, as a pure function of the manifest: equal hashes hold the same names and bytes all the way down. */
export interface Folder {
  /** The first 48 hex digits of SHA-256: more would not fit where ext4 keeps a short link, and cost twenty times as much. */
  readonly hash: string;
  readonly files: ReadonlyMap<string, Form>;
  readonly folders: ReadonlyMap<string, Folder>;
}

/** One file on the disk: a file of the release, one of its compressed variants, or the empty marker beside a redirect. */
export interface Form extends BlobRef {
  readonly encoding: Encoding | 'identity' | 'marker';
}

const EMPTY: BlobRef = { sha256: createHash('sha256').digest('hex'), size: 0 };

/** The names that `gzip_static`, `brotli_static` and `precompressed` look for. */
export const SUFFIXES: Readonly<Record<Encoding, string>> = { gzip: '.gz', br: '.br' };
const HASH_DIGITS = 48;
/** The longest name that the usual file systems take. */
const NAME_BYTES = 255;

interface Draft {
  readonly files: Map<string, Form>;
  readonly folders: Map<string, Draft>;
}

/** The folders of a release. Internal files are in none. Throws `address-hostile` or `name-collision`. */
export function treeOf(manifest: Manifest): Folder {
  const root: Draft = { files: new Map(), folders: new Map() };
  const files = manifest.files.filter((file) => file.kind !== 'internal');
  for (const file of files) place(root, file);
  for (const file of files) placeVariants(root, file);
  for (const file of files) placeMarker(root, file);
  return close(root);
}

/** Every folder of a release once, by its hash. */
export function foldersOf(root: Folder): Map<string, Folder> {
  const found = new Map<string, Folder>();
  const visit = (folder: Folder): void => {
    if (found.has(folder.hash)) return;
    found.set(folder.hash, folder);
    for (const child of folder.folders.values()) visit(child);
  };
  visit(root);
  return found;
}

/** The folder that holds `path`, undefined where the tree has none. */
export function folderOf(root: Folder, path: string): Folder | undefined {
  let folder: Folder | undefined = root;
  for (const part of path.split('/').slice(0, -1)) folder = folder?.folders.get(part);
  return folder;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The names and contents of a file, its variants and its marker, as far as the tree has them. */
export function formsOf(folder: Folder, file: ReleaseFile): [string, Form][] {
  const name = nameOf(file.path);
  const candidates = [
    ['identity', name],
    ['gzip', `${name}${SUFFIXES.gzip}`],
    ['br', `${name}${SUFFIXES.br}`],
    ['marker', nameOf(markerOf(file) ?? '')],
  ] as const;
  return candidates.flatMap(([encoding, each]): [string, Form][] => {
    const form = folder.files.get(each);
    return form !== undefined && form.encoding === encoding ? [[each, form]] : [];
  });
}

/** True for a path that stays where it is put: relative, no empty part, no `.` or `..`, no control character. */
export function isSafePath(path: string): boolean {
  return (
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !/[\u0000-\u001f\u007f]/.test(path)
  );
}

function place(root: Draft, file: ReleaseFile): void {
  if (!isSafePath(file.path)) {
    throw new HoldfastError(
      'address-hostile',
      `a manifest names the path ${JSON.stringify(file.path)}, which could leave the release`,
    );
  }
  const draft = folderFor(root, file.path);
  const name = nameOf(file.path);
  if (draft.files.has(name) || draft.folders.has(name)) throw collision(file.path);
  draft.files.set(name, { sha256: file.sha256, size: file.size, encoding: 'identity' });
}

function folderFor(root: Draft, path: string): Draft {
  let draft = root;
  for (const part of path.split('/').slice(0, -1)) {
    if (draft.files.has(part)) throw collision(path);
    let child = draft.folders.get(part);
    if (child === undefined) {
      child = { files: new Map(), folders: new Map() };
      draft.folders.set(part, child);
    }
    draft = child;
  }
  return draft;
}

function collision(path: string): HoldfastError {
  return new HoldfastError('name-collision', `a manifest has two files, or a file and a folder, at ${path}`);
}

/** A variant gives way to a file of the release that has its name, and is left out where its name would be too long. */
function placeVariants(root: Draft, file: ReleaseFile): void {
  if (Object.keys(file.variants).length === 0) return;
  const draft = folderFor(root, file.path);
  for (const encoding of ['gzip', 'br'] as const) {
    const ref = file.variants[encoding];
    const name = `${nameOf(file.path)}${SUFFIXES[encoding]}`;
    if (ref === undefined || draft.files.has(name) || draft.folders.has(name)) continue;
    if (Buffer.byteLength(name) > NAME_BYTES) continue;
    draft.files.set(name, { sha256: ref.sha256, size: ref.size, encoding });
  }
}

/** It gives way to a file of the release, as a variant does. */
function placeMarker(root: Draft, file: ReleaseFile): void {
  const path = markerOf(file);
  if (path === undefined) return;
  const { files, folders } = folderFor(root, path);
  const name = nameOf(path);
  if (!files.has(name) && !folders.has(name)) files.set(name, { ...EMPTY, encoding: 'marker' });
}

function close(draft: Draft): Folder {
  const folders = new Map<string, Folder>();
  for (const [name, child] of draft.folders) folders.set(name, close(child));
  const lines: string[] = [];
  for (const [name, form] of draft.files) lines.push(`${name}\0file ${form.sha256}`);
  for (const [name, folder] of folders) lines.push(`${name}\0folder ${folder.hash}`);
  const hash = createHash('sha256').update(lines.sort().join('\n')).digest('hex').slice(0, HASH_DIGITS);
  return { hash, files: draft.files, folders };
}
