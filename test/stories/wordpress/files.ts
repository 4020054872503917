import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Manifest, ReleaseFile } from '../../../src/model/manifest.ts';
import type { Project } from '../../support/project.ts';

/** Every real file below a folder, by its path in it; links are not followed. */
export async function filesIn(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(dir, join(entry.parentPath, entry.name)));
}

/** Paths below `dir` whose content, unpacked where it is compressed, has one of the words; each with what was found. */
export async function findWords(dir: string, words: RegExp): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of await filesIn(dir)) {
    const text = unpacked(path, await readFile(join(dir, path))).toString('latin1');
    const [word] = words.exec(text) ?? [];
    if (word !== undefined) found.push(`${path}: ${word}`);
  }
  return found;
}

function unpacked(path: string, bytes: Buffer): Buffer {
  if (path.endsWith('.gz')) return gunzipSync(bytes);
  return path.endsWith('.br') ? brotliDecompressSync(bytes) : bytes;
}

/** The manifest of the release that visitors get. */
export async function liveManifest({ dir }: Project): Promise<Manifest> {
  const at = (path: string) => readFile(join(dir, 'mirror/_holdfast', path), 'utf8');
  const { live } = JSON.parse(await at('control.json')) as { live: string };
  return JSON.parse(await at(`releases/${live}.json`)) as Manifest;
}

/** Paths of a release that are not in the earlier one, or differ there in anything that visitors get; sorted. */
export function changedPaths(earlier: Manifest, later: Manifest): readonly string[] {
  const contentOf = ({ carried: _carried, ...file }: ReleaseFile) => JSON.stringify(file);
  const before = new Map(earlier.files.map((file) => [file.path, contentOf(file)]));
  return later.files
    .filter((file) => before.get(file.path) !== contentOf(file))
    .map(({ path }) => path)
    .sort();
}

/** The files that the trees of a mirror are made of, as the disk knows them: shared and linked ones count once. */
export async function inodesOf({ dir }: Project): Promise<ReadonlyMap<number, string>> {
  const trees = join(dir, 'mirror/trees');
  const inodes = new Map<number, string>();
  for (const path of await filesIn(trees)) inodes.set((await lstat(join(trees, path))).ino, path);
  return inodes;
}
