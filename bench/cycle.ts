import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchOnThreads } from './fetching.ts';
import { writePage, writeSite } from './site.ts';
import { inFolder, MAIN, type Measured, measure, median, row, startNginx } from './support.ts';

/**
 * A look at 2,000 pages against `wget --mirror`, HTTrack, and node-fetch with nothing around it, then the second and the changed
 * cycle; with `--large` 20,000 pages too. Everything in one run on one machine, the runs of each pair in turn.
 */
const PAGES = 2000;
const LARGE = 20_000;
const ROUNDS = 3;

interface Stages {
  readonly look: number;
  readonly render: number;
  readonly publish: number;
}

/** A project of a user that publishes the site at `url`. */
async function project(dir: string, url: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const config = {
    site: { name: 'Bench', url: 'https://www.example.org' },
    origin: { url, requestsPerSecond: 0, concurrency: 8 },
    lanes: [{ name: 'all', sitemap: '/sitemap.xml', every: '1h', limit: 50_000 }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
  };
  await writeFile(join(dir, 'holdfast.config.json'), JSON.stringify(config));
}

async function publish(dir: string): Promise<Measured & { stages: Stages }> {
  const ran = await measure([process.execPath, MAIN, 'publish', '--now', '--json'], { cwd: dir });
  if (ran.exit !== 0) throw new Error(`publish exited ${ran.exit}: ${ran.stdout}`);
  const runs = (await readFile(join(dir, '.holdfast/production/runs.jsonl'), 'utf8')).trim().split('\n');
  return { ...ran, stages: (JSON.parse(runs.at(-1) ?? '{}') as { stages: Stages }).stages };
}

interface Round {
  readonly wget: number;
  /** Seconds that node-fetch alone takes, on one thread and on two, and Node's own client on one. */
  readonly alone: readonly [one: number, two: number, own: number];
  readonly first: Measured & { stages: Stages };
  readonly second: Measured & { stages: Stages };
  readonly changed: Measured & { stages: Stages };
}

async function round(dir: string, www: string, url: string, count: number): Promise<Round> {
  await project(dir, url);
  const wget = await measure(['wget', '-q', '--mirror', '-P', join(dir, 'wget'), `${url}/`]);
  const pages = Array.from({ length: count }, (_, index) => `${url}/p/${index}/`);
  const alone = [
    await fetchOnThreads('node-fetch', pages, 1),
    await fetchOnThreads('node-fetch', pages, 2),
    await fetchOnThreads('node:http', pages, 1),
  ] as const;
  const first = await publish(dir);
  const second = await publish(dir);
  for (let index = 0; index < count / 100; index++)
    await writePage(www, index * 100, count, `edited ${performance.now()}`);
  const changed = await publish(dir);
  return { wget: wget.seconds, alone, first, second, changed };
}

const perSecond = (seconds: number, count = PAGES) => `${Math.round(count / seconds)} pages/s`;
const s = (seconds: number) => `${seconds.toFixed(2)} s`;

await inFolder(async (dir) => {
  const www = join(dir, 'www');
  await writeSite(www, PAGES);
  const nginx = await startNginx(dir, `root ${www}; etag on;`);
  const rounds: Round[] = [];
  try {
    for (let index = 0; index < ROUNDS; index++)
      rounds.push(await round(join(dir, `round-${index}`), www, nginx.url, PAGES));
    const httrack = await measure(
      [
        'httrack',
        '-q',
        '-O',
        join(dir, 'httrack'),
        `${nginx.url}/`,
        '--disable-security-limits',
        '--max-rate=0',
        '--connection-per-second=0',
        '-c64',
        '-s0',
        '-I0',
      ],
      { limitSeconds: 120 },
    );
    const of = (pick: (one: Round) => number) => median(rounds.map(pick));
    const [wget, look, whole] = [
      of((one) => one.wget),
      of((one) => one.first.stages.look),
      of((one) => one.first.seconds),
    ];
    console.log(
      `\n${PAGES} pages of 20 KB, ETags, nginx; medians of ${ROUNDS} rounds\n\n| what | measured | asked for |\n|---|---|---|`,
    );
    row('wget --mirror', `${s(wget)}, ${perSecond(wget)}`);
    row('HTTrack, limits off, 64 connections, once', `${s(httrack.seconds)}, ${perSecond(httrack.seconds)}`);
    row('look at all pages (fetch, gate, store)', `${s(look)}, ${perSecond(look)}`);
    row('first cycle, whole process, to live', `${s(whole)}, ${perSecond(whole)}`);
    const [one, two, own] = [of(({ alone }) => alone[0]), of(({ alone }) => alone[1]), of(({ alone }) => alone[2])];
    row('node-fetch alone, one thread', `${s(one)}, ${perSecond(one)}, ${(wget / one).toFixed(2)} times wget`);
    row('node-fetch alone, two threads', `${s(two)}, ${perSecond(two)}, ${(wget / two).toFixed(2)} times wget`);
    row('node:http alone, one thread', `${s(own)}, ${perSecond(own)}, ${(wget / own).toFixed(2)} times wget`);
    row('look against node-fetch alone', `${(one / look).toFixed(2)} times`);
    row('look against wget', `${(wget / look).toFixed(2)} times`, '≥ 2');
    row('look against HTTrack', `${(httrack.seconds / look).toFixed(2)} times`, '≥ 2');
    row('second, unchanged cycle', s(of((one) => one.second.seconds)));
    row('first against second', `${of((one) => one.first.seconds / one.second.seconds).toFixed(1)} times`, '≥ 10');
    row('1 % changed', s(of((one) => one.changed.seconds)));
    row(
      '1 % changed against unchanged',
      `${of((one) => one.changed.seconds / one.second.seconds).toFixed(2)} times`,
      '≤ 2',
    );
    row('peak memory of the first cycle', `${of((one) => one.first.peakMb).toFixed(0)} MB`);
  } finally {
    await nginx.stop();
  }
  if (!process.argv.includes('--large')) return;
  const large = join(dir, 'large');
  await writeSite(large, LARGE);
  const other = await startNginx(join(dir, 'large-nginx'), `root ${large}; etag on;`);
  try {
    await project(join(dir, 'project'), other.url);
    const first = await publish(join(dir, 'project'));
    const second = await publish(join(dir, 'project'));
    const small = median(rounds.map((one) => one.first.seconds));
    row(`${LARGE} pages, first cycle`, `${s(first.seconds)}, ${first.peakMb.toFixed(0)} MB`, '≤ 400 MB');
    row(`${LARGE} against ${PAGES} pages`, `${(first.seconds / small).toFixed(1)} times the time`, '≤ 11');
    row(`${LARGE} pages, unchanged`, `${s(second.seconds)}, ${second.peakMb.toFixed(0)} MB`);
  } finally {
    await other.stop();
  }
});
