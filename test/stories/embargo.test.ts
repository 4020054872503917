// takes: 90 s
// time limit: 600 s
// waits: for its instants
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type * as Load from '../../src/config/load.ts';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import type * as Reports from '../../src/cycle/report.ts';
import type * as Places from '../../src/cycle/workplace.ts';
import type { Clock } from '../../src/model/clock.ts';
import { ENDING_PATH } from '../../src/model/ending.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import type * as Pipeline from '../../src/pipeline.ts';
import { PAGE_CACHING } from '../../src/release/headers.ts';
import type { Facts } from '../../src/run/facts.ts';
import { openPlace } from '../publish/bucket.ts';
import { write } from '../render/project.ts';
import { builtPath, importBuilt } from '../support/built.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { startResident } from '../support/resident.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const { loadConfig } = await importBuilt<typeof Load>('config/load');
const { publishIn } = await importBuilt<typeof Pipeline>('pipeline');
const { openWorkplace } = await importBuilt<typeof Places>('cycle/workplace');
const { newReport } = await importBuilt<typeof Reports>('cycle/report');

const test = suite('what is under embargo, and what goes live at a second', { needs: ['ceph'] });

let site: ScriptedSite;
let project: Project;

const PAGES = 20;
const CANARY = /canary-[a-z]+|geheimwort/i;
const config = (more: Partial<HoldfastConfig> = {}): HoldfastConfig =>
  smallConfig(site.url, {
    destinations: [
      { use: 'mirror', dir: 'mirror' },
      { use: 'mirror', name: 'second', dir: 'second' },
    ],
    ...more,
  });
/** A second that is far enough: on a busy machine all that is to be ready before it takes longer. */
const soon = (began: number): number =>
  Math.ceil((Date.now() + Math.max(8000, 8 * (Date.now() - began))) / 1000) * 1000;
/** Waits until something is so; fails with `told` after a minute. */
async function until(isSo: () => boolean | Promise<boolean>, told: () => string): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`a minute went by: ${told()}`);
    await wait(20);
  }
}
/** A test's own machine may be busy: a bench measures the second itself, and a cycle that only came next would be later than this. */
const LATEST_MS = 5000;
const iso = (at: number): string => new Date(at).toISOString();
/** Pages that are there and change at an instant, and one that is new by then, with a picture. */
const words = (at: number): Record<string, string> => ({
  ...Object.fromEntries(
    Array.from({ length: PAGES }, (_, n) => [
      [`content/news/p${n}.md`, `---\npermalink: /p${n}/\nunpublishAt: ${iso(at)}\n---\nOpen words ${n}`],
      [`content/news/next${n}.md`, `---\npermalink: /p${n}/\npublishAt: ${iso(at)}\n---\nCanary-words ${n}`],
    ]).flat() as [string, string][],
  ),
  'content/canary-name/canary-name.json': JSON.stringify({ publishAt: iso(at), canary: 'geheimwort' }),
  'content/canary-name/index.md': '---\ntitle: Canary-title\n---\nGeheimwort',
  // Such a file is large enough to lie in a bucket before its time.
  'content/canary-name/canary-picture.png': `Canary-bytes ${'x'.repeat(100_000)}`,
});

test.before.each(async () => {
  site = await startSite({ '/': page('Home', '<p>Edition 1</p>') });
  project = await openProject(config());
});

test.after.each(async () => {
  await site.close();
  await project.close();
});

/** Every file below a folder, links not followed, with its path: what a server that was set up wrongly could serve. */
async function allBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) return path;
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    return `${path}\n${path.endsWith('.gz') ? gunzipSync(bytes) : bytes}`;
  });
  return (await Promise.all(texts)).join('\n');
}

const mirrors = async (): Promise<string> =>
  (await Promise.all(['mirror', 'second'].map((name) => allBelow(join(project.dir, name))))).join('\n');

test('a page under embargo is in nothing that leaves: mirror, share, output, status; the count of it is told', async () => {
  const at = Date.now() + 3_600_000;
  await write(project.dir, words(at));
  const said: string[] = [];
  for (const args of [['publish', '--now', '--json'], ['preview', '--share'], ['status']]) {
    const ran = await project.run(args);
    assert.is(ran.exit, 0, ran.stderr);
    said.push(ran.stdout, ran.stderr);
  }
  const status = JSON.parse((await project.run(['status', '--json'])).stdout) as Facts;
  assert.is(status.ahead.embargoed, PAGES + 2);
  assert.is(status.ahead.next?.at, iso(at));
  assert.equal(
    status.ahead.next?.ready?.map(({ destination, changes, puts }) => [destination, changes, puts]),
    [
      ['mirror', PAGES, PAGES + 2],
      ['second', PAGES, PAGES + 2],
    ],
    'and it is ready',
  );
  assert.match(
    said.join('\n'),
    /LIVE at .* UTC, in 00:59:\d\d \(embargo\): mirror ready, 22 files to put, 20 that visitors have now change/,
  );
  for (const text of [JSON.stringify(status), said.join('\n'), await mirrors()]) assert.not.match(text, CANARY);
  assert.match(await project.read('p7/index.html'), /Open words 7/);
});

test('what cannot be made at its time is told days before, without its words', async () => {
  await write(project.dir, {
    'content/canary-name.md': `---\npublishAt: ${iso(Date.now() + 60_000)}\n---\n{{ canary | geheimwort }}`,
  });
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 0);
  assert.match(stderr, /warning not-prepared: .* cannot be prepared: template-broken; holdfast preview shows why/);
  const status = await project.run(['status']);
  assert.match(status.stdout, /NOT READY: it cannot be prepared \(template-broken\)/);
  assert.not.match(stderr + status.stdout, CANARY);
});

/** Starts the program as a user does; what it prints is collected. */
function start(args: readonly string[]): {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
} {
  const child = spawn(process.execPath, [builtPath('cli/main'), ...args], {
    cwd: project.dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return { child, output: () => output, ended: new Promise((resolve) => child.once('close', resolve)) };
}

/** When each page was first seen with its new words, by the wall clock; looks at all that are not there yet each 10 ms about the instant, and now and then before. */
async function seenAt(look: (n: number) => Promise<string>, at: number): Promise<readonly number[]> {
  const seen: (number | undefined)[] = Array.from({ length: PAGES }, () => undefined);
  while (seen.includes(undefined) && Date.now() < at + LATEST_MS) {
    await Promise.all(
      seen.map(async (when, n) => {
        if (when !== undefined) return;
        const text = await look(n);
        if (text.includes('Canary-words')) seen[n] = Date.now();
      }),
    );
    await wait(Date.now() < at - 1000 ? 250 : 10);
  }
  return seen.map((when) => when ?? Number.POSITIVE_INFINITY);
}

test('publish --at: killed and started again, every page of two mirrors is live at its instant and not before', async () => {
  const began = Date.now();
  assert.is((await project.spawn(['publish', '--now'])).exit, 0);
  const at = soon(began - 2000);
  await write(project.dir, words(at));
  const first = start(['publish', '--at', iso(at)]);
  await until(() => first.output().includes(' ready, '), first.output);
  first.child.kill('SIGKILL');
  await first.ended;
  assert.match((await project.run(['status'])).stdout, /LIVE at .*, in 00:\d\d:\d\d \(publish --at\): mirror ready/);
  site.hits();
  const again = project.run(['publish', '--at', iso(at)]);
  const look = (folder: string) => (n: number) =>
    readFile(join(project.dir, folder, 'current', `p${n}/index.html`), 'utf8').catch(() => '');
  const end = at + LATEST_MS;
  const [seen, other] = await Promise.all([seenAt(look('mirror'), at), seenAt(look('second'), at), whileWaiting(at)]);
  const { exit, stdout, stderr } = await again;
  assert.is(exit, 0, stdout + stderr);
  for (const times of [seen, other]) {
    assert.ok(Math.min(...times) >= at, `${Math.min(...times) - at} ms: not before`);
    assert.ok(Math.max(...times) <= end, `${Math.max(...times) - at} ms after it\n${stdout}${stderr}`);
  }
  assert.match(await project.read('canary-name/index.html'), /Geheimwort/);
  assert.ok(site.hits().includes('/'), 'the hot lane is looked at after it');
  assert.not.match((await project.run(['status'])).stdout, /LIVE at/);
});

/** While it is waited for, nothing that a server could serve has its words; looked at until a second before. */
async function whileWaiting(at: number): Promise<void> {
  while (Date.now() < at - 1000) {
    for (const name of ['mirror', 'second']) {
      const current = `${join(project.dir, name, 'current')}/`;
      const names = (await promisify(execFile)('find', ['-L', current])).stdout;
      const holding = await promisify(execFile)('grep', ['-RliE', CANARY.source, current]).catch(() => undefined);
      assert.not.match(names, CANARY);
      assert.is(holding, undefined, holding?.stdout);
    }
    await wait(500);
  }
}

test('in a bucket: before the instant no key tells of its pages, and only what is large lies there, by a name that nobody guesses', async () => {
  const place = await openPlace();
  const { bucket, endpoint } = place.bucket;
  await project.configure(config({ destinations: [{ use: 's3', name: 'cdn', bucket, endpoint }] }));
  const began = Date.now();
  assert.is((await project.publish('--now')).exit, 0);
  const at = soon(began);
  await write(project.dir, words(at));
  const ended = project.run(['publish', '--at', iso(at)]);
  const prepared = join(project.dir, '.holdfast/production/prepared.json');
  const isReady = async () => (await readFile(prepared, 'utf8').catch(() => '')).includes(`"at":${at}`);
  await until(isReady, () => 'nothing is ready');
  const text = async (key: string): Promise<string> => {
    const { body = Buffer.alloc(0), answer } = (await place.stored(key)) ?? {};
    return String(answer?.ContentEncoding === 'gzip' ? gunzipSync(body) : body);
  };
  const before = await place.keys();
  const telling: string[] = [];
  for (const key of before) if (CANARY.test(`${key} ${await text(key)}`)) telling.push(key);
  assert.ok(Date.now() < at, 'looked at before the instant');
  assert.equal(
    telling.map((key) => key.replace(/[0-9a-f]{64}/, 'SHA-256')),
    ['_holdfast/kept/SHA-256'],
    'the picture',
  );
  const seen = await seenAt((n) => text(`p${n}/index.html`), at);
  const { exit, stdout, stderr } = await ended;
  assert.is(exit, 0, stdout + stderr);
  assert.ok(Math.min(...seen) >= at, `${Math.min(...seen) - at} ms: not before`);
  assert.ok(Math.max(...seen) <= at + LATEST_MS, `${Math.max(...seen) - at} ms after it\n${stdout}${stderr}`);
  assert.match(await text('canary-name/canary-picture.png'), /^Canary-bytes/);
  place.close();
});

test('as the instant comes near, caches keep the pages that will change for shorter and shorter, and no others', async () => {
  const at = Date.now() + 7_200_000;
  await write(project.dir, words(at));
  let now = at - 3_600_000;
  const clock: Clock = { now: () => now, monotonic: () => performance.now(), sleep: async () => undefined };
  const loaded = await loadConfig({ cwd: project.dir, env: {} });
  const cycle = async (looks: 'all' | 'none'): Promise<void> => {
    const wish = { looks, force: false, dryRun: false, maxDeletes: 256, acceptShrink: false } as const;
    const enter = () => openWorkplace(loaded, clock);
    const { signal } = new AbortController();
    await publishIn({ loaded, enter, leave: (one) => one.close() }, { wish, report: newReport() }, signal);
  };
  const caching = async (path: string): Promise<string | undefined> => {
    const own = join(project.dir, 'mirror/_holdfast');
    const { live } = JSON.parse(await readFile(join(own, 'control.json'), 'utf8')) as { live: string };
    const manifest = JSON.parse(await readFile(join(own, `releases/${live}.json`), 'utf8')) as Manifest;
    return manifest.files.find((file) => file.path === path)?.headers['cache-control'];
  };
  await cycle('all');
  assert.is(await caching('p3/index.html'), PAGE_CACHING);
  for (const [before, expected, isFlagged] of [
    [400, PAGE_CACHING, false],
    [370, 'max-age=0, s-maxage=60, must-revalidate', false],
    [70, 'max-age=0, s-maxage=10, must-revalidate', true],
    [18, 'max-age=0, s-maxage=0, must-revalidate', true],
    [0, PAGE_CACHING, false],
  ] as const) {
    now = at - before * 1000;
    await cycle('none');
    assert.is(await caching('p3/index.html'), expected, `${before} s before`);
    assert.is(existsSync(join(project.current, ENDING_PATH)), isFlagged, `a web server is told, ${before} s before`);
    assert.is(await caching('index.html'), PAGE_CACHING, 'the front page does not change then');
  }
  assert.match(await project.read('p3/index.html'), /Canary-words/);
});

test('the resident process has a page live at its second, and a hold of the timetable', async () => {
  const began = Date.now();
  assert.is((await project.spawn(['publish', '--now'])).exit, 0);
  const at = soon(began - 2000);
  await write(project.dir, words(at));
  await project.configure(
    config({
      run: { listen: '127.0.0.1:0' },
      lanes: [{ name: 'hot', paths: ['/'], every: '1h' }],
      timetable: [{ at: iso(at + 2000), then: 'hold busy' }],
    }),
  );
  const run = startResident(project.dir);
  try {
    const url = await run.url();
    await run.until((line) => typeof line['exit'] === 'number');
    const told = await (await fetch(`${url}/status.json`)).text();
    const page = await (await fetch(url)).text();
    assert.match(page, /LIVE at/);
    assert.not.match(told + page + (await (await fetch(`${url}/metrics`)).text()), CANARY);
    const look = (n: number) => readFile(join(project.current, `p${n}/index.html`), 'utf8').catch(() => '');
    const seen = await seenAt(look, at);
    assert.ok(Math.min(...seen) >= at, `${Math.min(...seen) - at} ms: not before`);
    assert.ok(Math.max(...seen) <= at + LATEST_MS, `${Math.max(...seen) - at} ms after it`);
    const flag = join(project.dir, 'mirror/_holdfast/hold/busy');
    await until(
      async () => (await stat(flag).catch(() => undefined)) !== undefined,
      () => run.output,
    );
    const held = Date.now() - at - 2000;
    assert.ok(held >= 0 && held <= LATEST_MS, `held ${held} ms after its second`);
    assert.not.match(run.output, CANARY);
  } finally {
    await run.stop();
  }
});

test.run();
