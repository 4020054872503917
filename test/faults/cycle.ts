import type { BlobRef } from '../../src/model/capture.ts';
import { createMirror } from '../../src/publish/destinations/mirror.ts';
import { goLive } from '../../src/publish/golive.ts';
import { readLive } from '../../src/publish/live.ts';
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

/** One publish to the mirror in `dir`, as the pipeline does it; earlier releases are not kept. Throws as the pipeline would see it. */
export async function publishTo(dir: string, release: Release): Promise<void> {
  const signal = new AbortController().signal;
  const mirror = createMirror({ name: 'www', dir });
  const live = await readLive(mirror, signal);
  const put = changedFiles(release.manifest, live.isCertain ? live.manifest : undefined);
  const openBlob = (ref: BlobRef) => release.openBlob(ref);
  await goLive(
    mirror,
    { release: release.manifest, live, put, removed: 0, retain: 0, withdrawn: [], openBlob, now: new Date(0) },
    signal,
  );
}
