import * as assert from 'uvu/assert';
import { type ErrorCode, isHoldfastError } from '../../src/model/errors.ts';
import type { Encoding } from '../../src/model/manifest.ts';
import type { Destination } from '../../src/publish/destination.ts';
import { type Release, read } from './releases.ts';

/** A fresh, empty destination of one driver, and what a test needs to see of it. */
export interface Subject {
  readonly destination: Destination;
  /** The compressed forms that are stored beside a file. */
  readonly encodings: readonly Encoding[];
  /** A file as a web server finds it, where files are served as they lie there: quicker than to ask the driver, who is asked where this is left out. */
  file?(path: string): Promise<Buffer | undefined>;
  /** A compressed variant as a web server would find it beside the file. */
  variant(path: string, encoding: Encoding): Promise<Buffer | undefined>;
  /** Everything that is stored, with what shows that it was written again; equal texts mean that nothing was written. */
  inventory(): Promise<string>;
  close(): Promise<void>;
}

/** One promise of the port, as a sentence, and what shows it; some are of destinations that switch at once, some of those that do not. */
export type Case = readonly [
  promise: string,
  show: (subject: Subject) => Promise<void>,
  only?: 'where it switches at once' | 'where each put shows',
];

/** A signal that is never aborted. */
export const signal = new AbortController().signal;

/** So many visitors read at once. */
const READERS = 6;

/** Asserts that a visitor gets every file of the release, and none of the paths in `absent`. */
export async function assertShows(
  { destination, file = (path) => read(destination, path) }: Pick<Subject, 'destination' | 'file'>,
  release: Release,
  absent: readonly string[] = [],
): Promise<void> {
  const paths = [...release.contents][Symbol.iterator]();
  const reader = async () => {
    for (const [path, content] of paths) {
      const seen = await file(path);
      assert.ok(seen?.equals(content), `${path}: ${seen === undefined ? 'not there' : 'other bytes'}`);
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  for (const path of absent) assert.is(await file(path), undefined, path);
}

/** Asserts that `work` fails with one of these codes. */
export async function assertFails(work: Promise<unknown>, ...codes: ErrorCode[]): Promise<void> {
  const error = await work.then(
    () => assert.unreachable(`should have failed: ${codes}`),
    (failure: unknown) => failure,
  );
  assert.ok(isHoldfastError(error, ...codes), String(error));
}
