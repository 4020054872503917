import type { BlobRef } from '../../src/model/capture.ts';
import { systemClock } from '../../src/model/clock.ts';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { goLive } from '../../src/publish/golive.ts';
import { takeLease } from '../../src/publish/lease.ts';
import { isCertain, liveOf } from '../../src/publish/live.ts';
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

const OWNER = { site: 'www.example.org', environment: 'test' };

/** One publish to the mirror in `dir`, as the pipeline does it; earlier releases are not kept. Throws as the pipeline would see it. */
export async function publishTo(dir: string, release: Release): Promise<void> {
  const signal = new AbortController().signal;
  const mirror = createMirror({ name: 'www', dir });
  const lease = await takeLease(mirror, { owner: OWNER, holder: 'machine', clock: systemClock }, signal);
  try {
    const live = await liveOf(lease.manifests, lease.state, signal);
    const put = changedFiles(release.manifest, isCertain(live) ? live.manifest : undefined);
    const bytes = { openBlob: (ref: BlobRef) => release.openBlob(ref) };
    const retain = { count: 0, age: 0 };
    const now = new Date(NEW.manifest.created);
    await goLive(
      lease,
      { release: release.manifest, live, put, removed: 0, retain, withdrawn: [], bytes, now },
      signal,
    );
    const failed = await prune(lease, { isWithdrawn: () => false, all: true }, signal);
    if (failed !== undefined) process.stderr.write(`prune: ${failed}\n`);
  } finally {
    await lease.release();
  }
}
