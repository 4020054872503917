import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { HoldfastConfig } from '../src/config/schema.ts';
import { startWordPress, type WordPress } from '../test/origins/wordpress/wordpress.ts';
import { page } from '../test/support/site.ts';
import { inFolder, MAIN, type Measured, measure, median, row, startNginx } from './support.ts';

/**
 * What fresh comments cost. A real WordPress: the processor time of PHP-FPM and MariaDB for a cycle with one new comment under a page that
 * has 1,000, grafted and with the page asked for again, in turn; and from an approval to the mirror. Then, from a scripted origin, a page of 10,000
 * comments, and what is held of pages of up to 100,000. `BENCH_ONLY=wordpress|ten|hundred` runs one part.
 */
const CYCLES = 10;
const THEMES = ['twentytwentythree', 'twentytwentyone'] as const;
/** Interval of the cycles in the third figure. */
const INTERVAL_S = 60;
const ONLY = process.env['BENCH_ONLY'];

async function project(dir: string, config: Partial<HoldfastConfig>): Promise<string> {
  await mkdir(dir, { recursive: true });
  const whole = {
    site: { name: 'Bench', url: 'https://www.example.org' },
    assets: { every: '1d' },
    destinations: [{ use: 'mirror', dir: 'mirror' }],
    ...config,
  };
  await writeFile(join(dir, 'holdfast.config.json'), JSON.stringify(whole));
  return dir;
}

interface Cycle extends Measured {
  /** Seconds. */
  readonly render: number;
  readonly requests: number;
}

async function publish(dir: string, ...args: readonly string[]): Promise<Cycle> {
  const ran = await measure([process.execPath, '--trace-gc', MAIN, 'publish', '--json', ...args], { cwd: dir });
  const line = ran.stdout.split('\n').find((one) => one.startsWith('{'));
  const report = JSON.parse(line ?? '{}') as { origin: { requests: number } };
  if (ran.exit !== 0) throw new Error(`publish exited ${ran.exit}: ${ran.stdout}`);
  const runs = (await readFile(join(dir, '.holdfast/production/runs.jsonl'), 'utf8')).trim().split('\n');
  const { stages } = JSON.parse(runs.at(-1) ?? '{}') as { stages: { render: number } };
  return { ...ran, render: stages.render, requests: report.origin.requests };
}

/** Processor milliseconds that PHP-FPM and MariaDB have used since they were started. */
async function originTime({ dir }: WordPress): Promise<number> {
  const pidIn = async (name: string) => Number(await readFile(join(dir, 'run', name), 'utf8'));
  const [php, database] = [await pidIn('php.pid'), await pidIn('db.pid')];
  let ticks = 0;
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '') : '';
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isOurs = Number(name) === database || Number(name) === php || Number(fields[1]) === php;
    if (isOurs) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10;
}

/** Median origin milliseconds a cycle each way, and the wall seconds of grafting ones. */
async function cycles(origin: WordPress, grafted: string, again: string) {
  const costs = { grafted: 0, again: 0 };
  const walls: number[] = [];
  const timed = async (dir: string) => {
    const before = await originTime(origin);
    const { seconds } = await publish(dir);
    return { cost: (await originTime(origin)) - before, seconds };
  };
  for (let nth = 0; nth < CYCLES; nth++) {
    await origin.comment(origin.announcement.id, `A comment of the bench, number ${nth}`);
    const ours = await timed(grafted);
    costs.grafted += ours.cost / CYCLES;
    walls.push(ours.seconds);
    costs.again += (await timed(again)).cost / CYCLES;
  }
  return { ...costs, walls };
}

async function wordpress(dir: string): Promise<void> {
  for (const theme of THEMES) {
    const origin = await startWordPress({ theme });
    try {
      const { path } = origin.announcement;
      const reached = { url: origin.url, requestsPerSecond: 0, concurrency: 2, deadline: '60s' };
      const lane = (every: string) => [{ name: 'announcement', paths: [path], every }];
      const grafted = await project(join(dir, `${theme}-grafted`), {
        origin: reached,
        lanes: lane('1d'),
        comments: [{ from: 'wordpress', page: path, every: '1ms', resync: '1d' }],
      });
      const again = await project(join(dir, `${theme}-again`), { origin: reached, lanes: lane('1ms') });
      for (const one of [grafted, again]) await publish(one, '--now');
      const seen = await cycles(origin, grafted, again);
      const ratio = seen.grafted / seen.again;
      const ms = (value: number) => `${value.toFixed(0)} ms`;
      row(
        `${theme}: origin's processor a cycle, grafted and asked for again`,
        `${ms(seen.grafted)}, ${ms(seen.again)}: ${ratio.toFixed(3)}`,
        '≤ 0.1',
      );
      await approval(origin, join(grafted, 'mirror/current'), { theme, grafted });
    } finally {
      await origin.close();
    }
  }
}

/** From a moderator's word to the page that nginx serves: the cycle is measured, and the wait for it is even over the interval. */
async function approval(origin: WordPress, current: string, { theme, grafted }: { theme: string; grafted: string }) {
  const nginx = await startNginx(join(grafted, 'nginx'), `root ${current}; index index.html;`);
  const seconds: number[] = [];
  try {
    for (let nth = 0; nth < CYCLES; nth++) {
      const id = await origin.wp(
        `echo wp_insert_comment(['comment_post_ID' => ${origin.announcement.id}, 'comment_author' => 'Ann', 'comment_content' => 'Held ${nth}', 'comment_approved' => 0]);`,
      );
      await origin.wp(`wp_set_comment_status(${id}, 'approve');`);
      const began = performance.now();
      await publish(grafted);
      const shown = await (await fetch(nginx.url + origin.announcement.path)).text();
      if (!shown.includes(`comment-${id}`)) throw new Error(`comment ${id} is not served`);
      seconds.push((performance.now() - began) / 1000);
    }
  } finally {
    await nginx.stop();
  }
  // Every wait and every cycle are as likely as any other.
  const all = seconds.flatMap((one) => Array.from({ length: 1000 }, (_, n) => one + (INTERVAL_S * (n + 0.5)) / 1000));
  const p95 = all.sort((a, b) => a - b)[Math.floor(all.length * 0.95)] ?? Number.NaN;
  row(
    `${theme}: approved to served, a cycle each ${INTERVAL_S} s (cycle measured, phase reckoned)`,
    `p95 ${p95.toFixed(1)} s, cycle ${median(seconds).toFixed(2)} s`,
    'p95 ≤ 62 s',
  );
}

/** So long a comment is on the seeded WordPress. */
const WORDS =
  '<p>The tide turns twice a day, and the pools are never the same after it; <em>that</em> is all I know.</p>';

const said = (id: number) => ({
  id,
  parent: id % 3 === 0 ? id - 1 : 0,
  author: `Reader ${id % 97}`,
  date: 1_780_000_000 + id,
  html: `${WORDS}\n<p>Number ${id}, said twice: ${WORDS.slice(3, -4)}</p>`,
});

async function serve<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const POST = page('A post', '<h2 class="n">2 comments</h2><ol class="comment-list"></ol>');

function answerPage(url: string | undefined, response: ServerResponse): void {
  response.writeHead(url === '/post/' ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' });
  response.end(url === '/post/' ? POST : 'nothing');
}

/** An origin with one post, whose comments are a JSON list. */
const listing =
  (comments: () => readonly object[]): RequestListener =>
  (request, response) => {
    if (request.url !== '/comments.json') return answerPage(request.url, response);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(comments()));
  };

const threadOf = (url: string, laneEvery: string, more: object = {}): Partial<HoldfastConfig> => ({
  origin: { url, requestsPerSecond: 0, maxPage: '200MB', deadline: '60s' },
  lanes: [{ name: 'lane', paths: ['/post/'], every: laneEvery }],
  comments: [
    { from: 'json', url: '/comments.json', page: '/post/', every: '1ms', into: '.comment-list', counts: '.n', ...more },
  ],
});

async function ten(dir: string): Promise<void> {
  const comments = Array.from({ length: 10_000 }, (_, n) => said(n + 1));
  for (const [lane, every] of Object.entries({ hot: '1m', slow: '1d' }))
    await serve(
      listing(() => comments),
      async (url) => {
        const folder = await project(join(dir, `ten-${lane}`), threadOf(url, every));
        await publish(folder, '--now');
        const runs: Cycle[] = [];
        for (let nth = 0; nth < 5; nth++) {
          comments.push(said(comments.length + 1));
          runs.push(await publish(folder));
        }
        row(
          `page of 10,000 comments in a ${lane} lane, grafted and compressed, in a new process`,
          `${median(runs.map(({ render }) => render)).toFixed(2)} s of a run of ${median(runs.map(({ seconds }) => seconds)).toFixed(2)} s`,
          '≤ 2 s',
        );
      },
    );
}

/** WordPress's interface, as far as it is asked: the newest first, a hundred at a time. */
const rest =
  (count: number): RequestListener =>
  (request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    if (!url.pathname.startsWith('/wp-json/')) return answerPage(request.url, response);
    const offset = Number(url.searchParams.get('offset') ?? 0);
    const rows = Array.from({ length: Math.max(0, Math.min(100, count - offset)) }, (_, n) => {
      const { id, parent, author, date, html } = said(count - offset - n);
      const date_gmt = new Date(date * 1000).toISOString().slice(0, 19);
      return { id, post: 1, parent, author_name: author, author_url: '', date_gmt, content: { rendered: html } };
    });
    response.writeHead(200, { 'content-type': 'application/json', 'x-wp-total': String(count) });
    response.end(JSON.stringify(rows.map((one) => ({ ...one, status: 'approved' }))));
  };

const WORDPRESS = { from: 'wordpress', post: 1, into: '.comment-list', url: undefined };

/** Of a run, or the most of several. */
interface Held {
  /** Peak resident memory, MB: what V8 has not collected yet is in it. */
  readonly peak: number;
  /** The most that was on the heap right after a full collection, MB. */
  readonly live: number;
}

/** Publishes until the thread is shown, and once more with a comment that is new. */
async function held(dir: string, listener: RequestListener, more: object, add: () => void): Promise<Held> {
  return serve(listener, async (url) => {
    const folder = await project(dir, threadOf(url, '1d', more));
    const seen: Held[] = [];
    const once = async (...args: readonly string[]) => seen.push(heldIn(await publish(folder, ...args)));
    await once('--now');
    // One look reads for fifteen seconds at most.
    for (let times = 0; times < 10 && !(await isShown(folder)); times++) await once();
    add();
    await once();
    return {
      peak: Math.max(...seen.map(({ peak }) => peak)),
      live: Math.max(...seen.map(({ live }) => live)),
    };
  });
}

function heldIn({ stdout, peakMb }: Cycle): Held {
  const after = (kind: string) =>
    [...stdout.matchAll(new RegExp(`${kind}.*? -> ([\\d.]+) \\(`, 'g'))].map(([, mb]) => Number(mb));
  const full = after('Mark-Compact');
  // A short run has none: then a little that is no longer in use is counted too.
  return { peak: peakMb, live: Math.max(...(full.length > 0 ? full : after('Scavenge'))) };
}

/** What a comment weighs as its JSON and in its page, bytes. */
async function weights(dir: string, count: number): Promise<{ readonly json: number; readonly html: number }> {
  const json = JSON.stringify(Array.from({ length: count }, (_, n) => said(n + 1))).length / count;
  const html = (await stat(join(dir, 'mirror/current/post/index.html'))).size / count;
  return { json, html };
}

async function hundred(dir: string): Promise<void> {
  const measured = new Map<number, Held>();
  const list: object[] = [];
  const add = () => list.push(said(list.length + 1));
  for (const count of [100, 10_000, 50_000, 100_000]) {
    while (list.length < count) add();
    measured.set(
      count,
      await held(
        join(dir, `one-${count}`),
        listing(() => list),
        {},
        add,
      ),
    );
  }
  const paged = { perPage: 500, order: 'newest' };
  const inPages = await held(
    join(dir, 'paged'),
    listing(() => list),
    paged,
    add,
  );
  const rows = await held(join(dir, 'rows'), rest(100_000), { ...WORDPRESS, ...paged }, () => undefined);
  const { json, html } = await weights(join(dir, 'one-100000'), 100_000);
  const base = measured.get(100);
  const told = ({ peak, live }: Held, count: number) => {
    const each = ((live - (base?.live ?? Number.NaN)) * 2 ** 20) / count;
    return `${live.toFixed(0)} MB on the heap (${each.toFixed(0)} bytes a comment beyond those of 100), ${peak.toFixed(0)} MB peak`;
  };
  row('a comment as JSON, and in its page', `${json.toFixed(0)} and ${html.toFixed(0)} bytes`);
  for (const [count, one] of measured)
    row(`${count} comments of one JSON list on one page`, told(one, count), count === 100_000 ? 'not twice' : '');
  row('100,000 comments of one JSON list, 500 a page', told(inPages, 100_000));
  row('100,000 comments of a WordPress, 500 a page', told(rows, 100_000));
}

async function isShown(folder: string): Promise<boolean> {
  const html = await readFile(join(folder, 'mirror/current/post/index.html'), 'utf8');
  return html.includes('id="comment-');
}

await inFolder(async (dir) => {
  console.log('\n| what | measured | asked for |\n|---|---|---|');
  const parts = { wordpress, ten, hundred };
  for (const [name, part] of Object.entries(parts)) if (ONLY === undefined || ONLY === name) await part(dir);
});
