import { spawn } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startWordPress, type WordPress } from '../test/origins/wordpress/wordpress.ts';
import { freePort, inFolder, type Load, MAIN, measure, row, startNginx, wrk } from './support.ts';

/**
 * A real WordPress of 206 posts, one with 1,000 comments: the whole of it copied, against `wget --mirror`; then its
 * announcement under 64 connections from the mirror, from a bare nginx, and from WordPress, while a comment a second is
 * posted and a cycle runs every 10 seconds.
 */
const SECONDS = 20;
const CONNECTIONS = 64;
const CYCLE_MS = 10_000;
const COMMENT_MS = 1000;
/** At the top every queue is full, and the 99th percentile says how long the queues are; below it, how long a visitor waits. */
const BELOW = 0.7;

async function writeProject(dir: string, origin: WordPress, site: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const config = {
    site: { name: 'Bench', url: site },
    origin: { url: origin.url, requestsPerSecond: 0, concurrency: 2 },
    lanes: [
      { name: 'hot', paths: ['/', origin.announcement.path, '/feed/'], every: '10s' },
      { name: 'archive', sitemap: '/wp-sitemap.xml', crawl: { from: ['/'] }, every: '1h' },
    ],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
  };
  await writeFile(join(dir, 'holdfast.config.json'), JSON.stringify(config));
}

/** Comments and cycles in the background until `stop`; what became of them. */
function background(
  origin: WordPress,
  project: string,
): { stop(): Promise<{ comments: number; refused: number; slowest: number; cycles: number; failed: number }> } {
  const seen = { comments: 0, refused: 0, slowest: 0, cycles: 0, failed: 0 };
  let isOver = false;
  const commenting = (async () => {
    while (!isOver) {
      const began = performance.now();
      const { status } = await origin.comment(
        origin.announcement.id,
        `A comment of the bench, number ${seen.comments} ${began}`,
      );
      seen.slowest = Math.max(seen.slowest, performance.now() - began);
      seen.comments++;
      if (status !== 302) seen.refused++;
      await wait(Math.max(0, COMMENT_MS - (performance.now() - began)));
    }
  })();
  const cycling = (async () => {
    while (!isOver) {
      const began = performance.now();
      const exit = await new Promise((resolve) =>
        spawn(process.execPath, [MAIN, 'publish'], { cwd: project, stdio: 'ignore' }).on('close', resolve),
      );
      seen.cycles++;
      if (exit !== 0) seen.failed++;
      for (; !isOver && performance.now() - began < CYCLE_MS; ) await wait(100);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await Promise.all([commenting, cycling]);
      return seen;
    },
  };
}

await inFolder(async (dir) => {
  const origin = await startWordPress();
  const port = await freePort();
  const project = join(dir, 'project');
  try {
    await writeProject(project, origin, `http://127.0.0.1:${port}`);
    await measure(['curl', '-s', '-o', '/dev/null', origin.url + origin.announcement.path]);
    const ours = await measure([process.execPath, MAIN, 'publish', '--now', '--json'], { cwd: project });
    const theirs = await measure(
      ['wget', '-q', '--mirror', '--reject-regex', 'replytocom', '-P', join(dir, 'wget'), `${origin.url}/`],
      { limitSeconds: 280 },
    );
    const { pages, origin: asked } = JSON.parse(ours.stdout.trim().split('\n').at(-1) ?? '{}') as {
      pages: { captured: number };
      origin: { requests: number };
    };
    console.log('\n| what | measured | asked for |\n|---|---|---|');
    row('wget --mirror, ?replytocom= rejected', `${theirs.seconds.toFixed(1)} s`);
    row(
      'first cycle, to live, concurrency 2',
      `${ours.seconds.toFixed(1)} s, exit ${ours.exit}, ${pages.captured} pages, ${asked.requests} requests`,
    );
    row('ours against wget', `${(ours.seconds / theirs.seconds).toFixed(2)} times the time`, '≤ 0.5');

    const page = origin.announcement.path;
    const plain = join(dir, 'plain');
    await cp(join(project, 'mirror/current', decodeURI(page)), join(plain, decodeURI(page)), {
      recursive: true,
      dereference: true,
    });
    await rm(join(plain, decodeURI(page), 'index.html.br'), { force: true });
    const cache = 'open_file_cache max=10000; open_file_cache_valid 1s;';
    const mirror = await startNginx(
      join(dir, 'mirror-nginx'),
      `root ${project}/mirror/current; index index.html; gzip_static on; ${cache}`,
    );
    const bare = await startNginx(join(dir, 'bare-nginx'), `root ${plain}; index index.html; gzip_static on;`);
    const load = background(origin, project);
    await wait(2000);
    const options = { seconds: SECONDS, connections: CONNECTIONS, gzip: true };
    const shown = await wrk(mirror.url + page, options);
    const other = await wrk(bare.url + page, options);
    const below = { ...options, held: BELOW * Math.min(shown.perSecond, other.perSecond) };
    const calm = await wrk(mirror.url + page, below);
    const otherCalm = await wrk(bare.url + page, below);
    const seen = await load.stop();
    const original = await wrk(origin.url + page, { ...options, seconds: 15 });
    await Promise.all([mirror.stop(), bare.stop()]);
    row(
      'announcement from the mirror',
      `${shown.perSecond.toFixed(0)} pages/s, p99 ${shown.p99.toFixed(1)} ms ${shown.errors}`,
      'p99 ≤ 20 ms',
    );
    row('the same from a bare nginx', `${other.perSecond.toFixed(0)} pages/s, p99 ${other.p99.toFixed(1)} ms`);
    const rate = (seen: Load) => `${seen.perSecond.toFixed(0)} pages/s, p99 ${seen.p99.toFixed(1)} ms ${seen.errors}`;
    row(`mirror, held to ${BELOW * 100} % of that`, rate(calm), 'p99 ≤ 20 ms');
    row('bare nginx, held to the same', rate(otherCalm));
    row('mirror against bare', `${(shown.perSecond / other.perSecond).toFixed(2)} times`, '≥ 0.9');
    row(
      'the same from WordPress',
      `${original.perSecond.toFixed(1)} pages/s, p99 ${(original.p99 / 1000).toFixed(1)} s ${original.errors}`,
    );
    row(
      'meanwhile',
      `${seen.comments} comments, ${seen.refused} refused, slowest ${(seen.slowest / 1000).toFixed(1)} s; ${seen.cycles} cycles, ${seen.failed} not done`,
      'none refused',
    );
  } finally {
    await origin.close();
  }
});
