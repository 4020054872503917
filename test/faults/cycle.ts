import type { BlobRef } from '../../src/model/capture.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { Manifest, ReleaseFile } from '../../src/model/manifest.ts';
import type { Destination } from '../../src/publish/destination.ts';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { type GoLive, goLive } from '../../src/publish/golive.ts';
import { LEASE_TIMING, type LeaseTiming, takeLease } from '../../src/publish/lease.ts';
import { type Live, liveOf } from '../../src/publish/live.ts';
import { prune } from '../../src/publish/prune.ts';
import { changedFiles, type Release, releaseOf } from '../conformance/releases.ts';

const same = { 'robots.txt': 'same', 'about/index.html': { body: 'about us '.repeat(20), isCompressed: true } };

/** What is live before: eight files in six folders. */
export const OLD = releaseOf(1, {
  ...same,
  'index.html': { body: 'the old front page', isCompressed: true },
  'news/index.html': 'old news',
  'news/2024/index.html': 'news of 2024',
  'gone/index.html': 'soon gone',
  'assets/old.css': 'body{}',
});

/** What is published then: one page and one asset new, a page and a folder gone, the rest carried along. */
export const NEW = releaseOf(2, {
  ...same,
  'index.html': { body: 'the new front page', isCompressed: true },
  'news/index.html': 'new news',
  'news/2024/index.html': 'news of 2024',
  'news/2025/index.html': 'news of 2025',
  'assets/old.css': 'body{}',
  'assets/new.css': 'html{}',
});

/** What another machine publishes in between. */
export const THIRD = releaseOf(3, {
  ...same,
  'index.html': { body: 'the third front page', isCompressed: true },
  'news/index.html': 'third news',
  'gone/index.html': 'soon gone',
  'assets/old.css': 'body{}',
  'assets/third.css': 'main{}',
});

/** And after that, with none of what is new in the two before it. */
export const FOURTH = releaseOf(4, {
  ...same,
  'index.html': { body: 'the fourth front page', isCompressed: true },
  'assets/old.css': 'body{}',
});

export const OWNER = { site: 'www.example.org', environment: 'test' };
const signal = new AbortController().signal;

/** One publish to the mirror in `dir`; see `publishWith`. */
export function publishTo(dir: string, release: Release): Promise<void> {
  return publishWith(createMirror({ name: 'www', dir }), release);
}

/** Who publishes, where that matters. */
export interface Publisher {
  readonly holder?: string;
  readonly timing?: LeaseTiming;
  /** Holds the release at the last step. */
  readonly gate?: () => Promise<void>;
}

/** One publish, as the pipeline does it; earlier releases are not kept. Throws as the pipeline would see it. */
export async function publishWith(
  destination: Destination,
  release: Release,
  { holder = 'machine', timing = LEASE_TIMING, gate }: Publisher = {},
): Promise<void> {
  const lease = await takeLease(destination, { owner: OWNER, holder, clock: systemClock, timing }, signal);
  try {
    const live = await liveOf(lease.manifests, lease.state, signal);
    const put = filesToPut(release.manifest, live);
    if (release.manifest.id !== live.manifest?.id || put.length > 0)
      await goLive(lease, { ...wishOf(release, live, put), ...(gate === undefined ? {} : { gate }) }, signal);
    const failed = await prune(lease, { isWithdrawn: () => false, all: destination.atomic }, signal);
    if (failed !== undefined) process.stderr.write(`prune: ${failed}\n`);
  } finally {
    await lease.release();
  }
}

function filesToPut(next: Manifest, live: Live): readonly ReleaseFile[] {
  const { unsure } = live;
  if (unsure === 'all') return next.files;
  const changed = new Set(changedFiles(next, live.manifest));
  return next.files.filter((file) => changed.has(file) || unsure.has(file.path));
}

function wishOf(release: Release, live: Live, put: readonly ReleaseFile[]): GoLive {
  const bytes = { openBlob: (ref: BlobRef) => release.openBlob(ref) };
  const now = new Date(NEW.manifest.created);
  return {
    release: release.manifest,
    live,
    put,
    removed: 0,
    retain: { count: 0, age: 0 },
    withdrawn: [],
    bytes,
    now,
  };
}
