import { readFile } from 'node:fs/promises';
import { systemClock } from '../src/model/clock.ts';
import type { ReleaseFile } from '../src/model/manifest.ts';
import { createS3, type S3Options } from '../src/publish/destinations/s3.ts';
import { goLive } from '../src/publish/golive.ts';
import { takeLease } from '../src/publish/lease.ts';
import { isCertain, liveOf } from '../src/publish/live.ts';
import { prune } from '../src/publish/prune.ts';
import { buildRelease } from '../src/release/build.ts';
import { difference } from '../src/release/difference.ts';
import { openBlobs } from '../src/store/blobs.ts';

/** What `publish-once <spec.json>` is told. */
export interface Spec {
  readonly s3: S3Options;
  /** A file with the release's files as JSON. */
  readonly files: string;
  readonly blobs: string;
}

/** What it prints: seconds from the lease to its release, without the start of the process. */
export interface Once {
  readonly seconds: number;
  readonly requests: number;
  readonly put: number;
}

const signal = new AbortController().signal;
const { s3, files, blobs } = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as Spec;
const listed = JSON.parse(await readFile(files, 'utf8')) as ReleaseFile[];
const store = openBlobs(blobs);
const owner = { site: 'www.example.org', environment: 'production' };

const began = performance.now();
const destination = createS3(s3);
const lease = await takeLease(destination, { owner, holder: 'bench', clock: systemClock }, signal);
const live = await liveOf(lease.manifests, lease.state, signal);
const now = new Date();
const release = buildRelease({
  ...owner,
  lineage: lease.state.record.lineage,
  files: listed,
  pages: listed.length,
  isWithdrawn: () => false,
  live: live.manifest,
  now,
});
let put = 0;
if (release !== live.manifest || !isCertain(live)) {
  const change = difference(release, live.unsure === 'all' ? undefined : live.manifest);
  put = change.put.length;
  await goLive(
    lease,
    {
      release,
      live,
      put: change.put.map(({ file }) => file),
      removed: change.remove.length,
      retain: { count: 5, age: 0 },
      withdrawn: [],
      bytes: { openBlob: store.open },
      now,
    },
    signal,
  );
}
const failed = await prune(lease, { isWithdrawn: () => false }, signal);
if (failed !== undefined) throw new Error(failed);
await lease.release();
const result: Once = { seconds: (performance.now() - began) / 1000, requests: destination.requests, put };
console.log(JSON.stringify(result));
