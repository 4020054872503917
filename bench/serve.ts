import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSite } from './site.ts';
import { inFolder, MAIN, measure, median, row, startNginx, wrk } from './support.ts';

/** nginx serving a mirror against a bare nginx that serves the same bytes from a plain folder; in turn, several times. */
const PAGES = 200;
const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 64;

await inFolder(async (dir) => {
  const www = join(dir, 'www');
  await writeSite(www, PAGES);
  const origin = await startNginx(dir, `root ${www};`);
  const project = join(dir, 'project');
  await mkdir(project);
  const config = {
    site: { name: 'Bench', url: 'https://www.example.org' },
    origin: { url: origin.url, requestsPerSecond: 0, concurrency: 8 },
    lanes: [{ name: 'all', sitemap: '/sitemap.xml', every: '1h' }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
  };
  await writeFile(join(project, 'holdfast.config.json'), JSON.stringify(config));
  const ran = await measure([process.execPath, MAIN, 'publish', '--now'], { cwd: project });
  if (ran.exit !== 0) throw new Error(`publish exited ${ran.exit}`);
  await origin.stop();
  const plain = join(dir, 'plain');
  await cp(join(project, 'mirror/current/p/7'), join(plain, 'p/7'), { recursive: true, dereference: true });
  for (const form of ['.gz', '.br']) await rm(join(plain, `p/7/index.html${form}`), { force: true });
  const size = (await readFile(join(plain, 'p/7/index.html'))).length;

  const cache = 'open_file_cache max=10000; open_file_cache_valid 1s; open_file_cache_errors on;';
  const mirror = await startNginx(
    join(dir, 'mirror-nginx'),
    `root ${project}/mirror/current; index index.html index.xml; gzip_static on; ${cache}`,
  );
  const bare = await startNginx(join(dir, 'bare-nginx'), `root ${plain}; index index.html;`);
  const path = '/p/7/';
  const pairs: { mirror: number; bare: number }[] = [];
  for (let index = 0; index < ROUNDS; index++) {
    const ours = await wrk(mirror.url + path, { seconds: SECONDS, connections: CONNECTIONS });
    const theirs = await wrk(bare.url + path, { seconds: SECONDS, connections: CONNECTIONS });
    if (ours.errors !== '' || theirs.errors !== '') throw new Error(`${ours.errors} ${theirs.errors}`);
    pairs.push({ mirror: ours.perSecond, bare: theirs.perSecond });
  }
  const gzipped = await wrk(mirror.url + path, { seconds: SECONDS, connections: CONNECTIONS, gzip: true });
  await Promise.all([mirror.stop(), bare.stop()]);
  console.log(
    `\nA page of ${size} bytes, ${CONNECTIONS} connections, medians of ${ROUNDS} pairs\n\n| what | measured | asked for |\n|---|---|---|`,
  );
  row('nginx on the mirror', `${median(pairs.map((pair) => pair.mirror)).toFixed(0)} pages/s`);
  row('bare nginx on a plain folder', `${median(pairs.map((pair) => pair.bare)).toFixed(0)} pages/s`);
  row('mirror against bare', `${median(pairs.map((pair) => pair.mirror / pair.bare)).toFixed(2)} times`, '≥ 1.2');
  row(
    'nginx on the mirror, gzip accepted',
    `${gzipped.perSecond.toFixed(0)} pages/s, p99 ${gzipped.p99.toFixed(1)} ms`,
  );
});
