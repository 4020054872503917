/**
 * Run by blob-packs.test.ts with a folder: puts `pageOf(0)`, `pageOf(1)`, … into the blob store there until it is killed,
 * and tells each number on a line of standard output once its put has resolved.
 */
import { writeSync } from 'node:fs';
import { openBlobs } from '../../src/store/blobs.ts';
import { pageOf } from './pages.ts';

const blobs = openBlobs(process.argv[2] ?? '', { packBytes: 1_000_000 });
for (let n = 0; ; n++) {
  await blobs.put(pageOf(n));
  writeSync(1, `${n}\n`);
}
