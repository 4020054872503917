// takes: 10 s
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type * as Load from '../../src/config/load.ts';
import type * as Kept from '../../src/cycle/premises.ts';
import type * as ReportModule from '../../src/cycle/report.ts';
import type * as Pipeline from '../../src/pipeline.ts';
import type * as Lock from '../../src/store/lock.ts';
import { importBuilt } from '../support/built.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const { loadConfig } = await importBuilt<typeof Load>('config/load');
const { keepPremises } = await importBuilt<typeof Kept>('cycle/premises');
const { takeLock } = await importBuilt<typeof Lock>('store/lock');
const { newReport } = await importBuilt<typeof ReportModule>('cycle/report');
const { publish, publishIn } = await importBuilt<typeof Pipeline>('pipeline');

const test = suite('cycles of a process that remembers what they came to');
let site: ScriptedSite;
let project: Project;
let premises: Kept.KeptPremises;

/** One cycle, and what a person is told of it: releases made, files put, codes of warnings. */
async function cycle() {
  const wish = { looks: 'due', force: false, dryRun: false, maxDeletes: 256, acceptShrink: false } as const;
  const report = newReport();
  await publishIn(premises, { wish, report }, new AbortController().signal);
  const at = report.destinations.get('mirror');
  if (at?.error !== undefined) throw at.error;
  return {
    releases: report.releases.length,
    put: (at?.difference?.put ?? []).map(({ file }) => file.path),
    same: at?.difference?.same,
    live: at?.live,
    warnings: [...report.tally.warnings.values()].map(({ code }) => code),
    collisions: report.collisions,
  };
}

/** Cycles with nothing new: the first may still be finding that out. */
async function quiet() {
  const cycles = [await cycle(), await cycle(), await cycle()];
  for (const { releases, put } of cycles) assert.equal([releases, put], [0, []]);
  return cycles[2] as Awaited<ReturnType<typeof cycle>>;
}

const verb = async (...args: string[]) => {
  const { exit, stderr } = await project.run(args);
  assert.is(exit, 0, stderr);
};

// One project for all, in their order: composing its pages takes longer than all the rest.
test.before(async () => {
  site = await startSite({ '/': page('Home', '<p>Edition 1</p>'), '/news/': page('News', '<p>Edition 1</p>') });
  const lanes = [{ name: 'hot', paths: ['/', '/news/'], every: '1ms' }];
  project = await openProject(smallConfig(site.url, { lanes }));
  premises = await keepPremises(await loadConfig({ cwd: project.dir, env: {} }));
  assert.is((await cycle()).releases, 1);
});

test.after(async () => {
  await premises?.close();
  await project?.close();
  await site?.close();
});

test('a quiet cycle says of every file that it is the same', async () => {
  const { same, live } = await quiet();
  assert.ok((same ?? 0) > 3);
  assert.ok(live);
});

test('an edit of the origin goes live, and its undoing too', async () => {
  for (const edition of [2, 1]) {
    site.pages.set('/news/', page('News', `<p>Edition ${edition}</p>`));
    assert.equal((await cycle()).put, ['news/index.html']);
    assert.match(await project.read('news/index.html'), `Edition ${edition}`);
    await quiet();
  }
});

test('words of an editor go live, and what they change', async () => {
  await mkdir(join(project.dir, 'content'));
  const write = (text: string) => writeFile(join(project.dir, 'content/word.html'), `---\ntitle: A word\n---\n${text}`);
  await write('<p>One</p>');
  assert.equal((await cycle()).put, ['word/index.html']);
  await quiet();
});

test('a page that is taken down by hand leaves, and comes back', async () => {
  await verb('withdraw', '/news/');
  await cycle();
  assert.is(await project.read('news/index.html').catch(() => 'down'), 'down');
  await quiet();
  await verb('withdraw', '--undo', '/news/');
  await cycle();
  await cycle();
  assert.match(await project.read('news/index.html'), 'Edition 1');
});

test('a return to an earlier release by a person holds, and is said of each cycle, until it is ended', async () => {
  site.pages.set('/', page('Home', '<p>Edition 2</p>'));
  await cycle();
  await quiet();
  await verb('rollback');
  assert.match(await project.read('index.html'), 'Edition 1');
  for (let times = 0; times < 3; times++) assert.ok((await cycle()).warnings.includes('pinned'));
  assert.match(await project.read('index.html'), 'Edition 1');
  await verb('unpin');
  await cycle();
  assert.match(await project.read('index.html'), 'Edition 2');
  await quiet();
});

test('a hold is said of each cycle, and is followed at once when it ends', async () => {
  await verb('hold', 'on');
  await cycle();
  for (let times = 0; times < 3; times++) assert.ok((await cycle()).warnings.includes('hold'));
  await verb('hold', 'off');
  assert.not.ok((await quiet()).warnings.includes('hold'));
});

test('while something waits for its instant, a cycle with nothing new makes anew only what is ahead', async () => {
  const at = new Date(Date.now() + 10 * 3_600_000).toISOString();
  await writeFile(join(project.dir, 'content/later.html'), `---\ntitle: Later\npublishAt: ${at}\n---\n<p>Later</p>`);
  await cycle();
  await quiet();
  const { memory } = await premises.enter();
  const { recall } = memory;
  const made: string[] = [];
  const spied: typeof recall = (name, step) => {
    const make = () => {
      made.push(name);
      return step.make();
    };
    return recall(name, { ...step, make });
  };
  Object.assign(memory, { recall: spied });
  await cycle();
  assert.equal(made, ['release ahead for mirror']);
});

test('what went live at one destination before the run was stopped is told to its caches by the next', async () => {
  const destinations = ['one', 'two'].map((name) => ({ use: 'mirror' as const, name, dir: name }));
  const lanes = [{ name: 'hot', paths: ['/'], every: '1ms' }];
  const other = await openProject(smallConfig(site.url, { lanes, destinations }));
  try {
    await other.publish('--now');
    const purge = [{ use: 'http' as const, name: 'cdn', url: 'http://127.0.0.1:9' }];
    await other.configure(smallConfig(site.url, { lanes, destinations, purge }));
    const record = async (): Promise<{ live: string }> =>
      JSON.parse(await readFile(join(other.dir, 'one/_holdfast/control.json'), 'utf8'));
    const { live } = await record();
    // Asked for with the leases in hand: from here on the second destination waits for the lock of its record.
    let lock: Lock.Lock | undefined;
    site.pages.set('/', async (_request, response) => {
      lock ??= await takeLock(join(other.dir, 'two/_holdfast/control.lock'));
      response.writeHead(200, { 'content-type': 'text/html' }).end(page('Home', '<p>Edition 9</p>'));
    });
    const stop = new AbortController();
    const wish = { looks: 'all', force: false, dryRun: false, maxDeletes: 256, acceptShrink: false } as const;
    const loaded = await loadConfig({ cwd: other.dir, env: {} });
    const ended = publish(loaded, wish, newReport(), stop.signal).catch((error: unknown) => error);
    while ((await record()).live === live) await wait(10);
    const reason = new Error('stopped by hand');
    stop.abort(reason);
    assert.is(await ended, reason);
    await lock?.release();
    assert.match((await other.run(['status'])).stdout, /cache cdn: published, not purged: \d+ files/);
  } finally {
    await other.close();
  }
});

test.run();
