import { createHash } from 'node:crypto';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { foldersOf, SUFFIXES, treeOf } from '../../src/publish/destinations/layout/tree.ts';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { type Release, read } from '../conformance/releases.ts';

const signal = new AbortController().signal;

/** Asserts that visitors get exactly one of these releases, whole, and nothing else; which one, undefined where nothing is live. */
export async function servedWhole(
  dir: string,
  releases: readonly Release[],
  when: string,
): Promise<Release | undefined> {
  const target = await readlink(join(dir, 'current')).catch(() => undefined);
  const served = releases.find(({ manifest }) => target === `trees/${treeOf(manifest).hash}`);
  assert.is(target === undefined, served === undefined, `${when}: current points to ${target}`);
  if (served === undefined) return undefined;
  const expected = expectedFiles(served);
  assert.equal((await namesBelow(join(dir, 'current'))).sort(), [...expected.keys()].sort(), when);
  for (const [path, sha256] of expected) {
    const bytes = await readFile(join(dir, 'current', path));
    assert.is(createHash('sha256').update(bytes).digest('hex'), sha256, `${when}: ${path}`);
  }
  return served;
}

/** Asserts that the record, if there is one, names a release that is stored. */
export async function recordHolds(dir: string, when: string): Promise<void> {
  const mirror = createMirror({ name: 'www', dir });
  const state = await mirror.control.read(signal);
  if (state === undefined) return;
  assert.ok(
    await read(mirror, `_holdfast/releases/${state.record.live}.json`),
    `${when}: the record names a release that is not stored`,
  );
}

/** Asserts that the release is live, recorded, and all that there is. */
export async function isAllThereIs(dir: string, release: Release, when: string): Promise<void> {
  assert.is((await servedWhole(dir, [release], when))?.manifest.id, release.manifest.id, when);
  const state = await createMirror({ name: 'www', dir }).control.read(signal);
  assert.is(state?.settled, true, when);
  assert.is(state?.record.live, release.manifest.id, when);
  const listing = async (path: string) => (await readdir(join(dir, path))).sort();
  assert.equal(await listing('.'), ['_holdfast', 'current', 'trees'], when);
  assert.equal(await listing('_holdfast'), ['control.json', 'releases'], when);
  assert.equal(await listing('_holdfast/releases'), [`${release.manifest.id}.json`], when);
  assert.equal(await listing('trees'), [...foldersOf(treeOf(release.manifest)).keys()].sort(), when);
}

function expectedFiles({ manifest }: Release): Map<string, string> {
  const expected = new Map<string, string>();
  for (const { path, sha256, variants } of manifest.files) {
    expected.set(path, sha256);
    for (const encoding of ['gzip', 'br'] as const) {
      const ref = variants[encoding];
      if (ref !== undefined) expected.set(`${path}${SUFFIXES[encoding]}`, ref.sha256);
    }
  }
  return expected;
}

async function namesBelow(folder: string, prefix = ''): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const isFolder = (await stat(path)).isDirectory();
    names.push(...(isFolder ? await namesBelow(path, `${prefix}${name}/`) : [`${prefix}${name}`]));
  }
  return names;
}
