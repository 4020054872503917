import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type ErrorCode, isHoldfastError } from '../../src/model/errors.ts';
import type { Destination } from '../../src/publish/destination.ts';
import { foldersOf, treeOf } from '../../src/publish/destinations/layout/tree.ts';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import type { Release } from '../conformance/releases.ts';
import { suite } from '../support/suite.ts';

/** The folder of the test that runs, and the mirror in it, which is not made yet. */
export interface Place {
  outer: string;
  dir: string;
  mirror: Destination;
}

/** A suite whose every test has a place of its own; it is removed afterwards. */
export function mirrorSuite(name: string) {
  const test = suite(name);
  const place = {} as Place;
  test.before.each(async () => {
    place.outer = await mkdtemp(join(tmpdir(), 'holdfast-mirror-'));
    place.dir = join(place.outer, 'www');
    place.mirror = createMirror({ name: 'www', dir: place.dir });
  });
  test.after.each(() => rm(place.outer, { recursive: true }));
  return { test, place };
}

/** The message of the error with this code that `work` must fail with. */
export async function failure(work: Promise<unknown>, code: ErrorCode): Promise<string> {
  const error = await work.then(
    () => assert.unreachable(`should have failed: ${code}`),
    (reason: unknown) => reason,
  );
  assert.ok(isHoldfastError(error, code), String(error));
  return error.message;
}

/** Which file or folder a path leads to. */
export async function inode(path: string): Promise<number> {
  return (await stat(path)).ino;
}

/** The names in `trees`. */
export async function treesOf({ dir }: Place): Promise<string[]> {
  return (await readdir(join(dir, 'trees'))).sort();
}

/** The folders that these releases consist of. */
export function hashesOf(...releases: Release[]): string[] {
  return [...new Set(releases.flatMap(({ manifest }) => [...foldersOf(treeOf(manifest)).keys()]))].sort();
}
