import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { configSchema } from '../../src/config/schema.ts';
import { changedFiles, notePurges, type Purging, purgeAfter, purgeStates } from '../../src/cycle/purging.ts';
import { newReport } from '../../src/cycle/report.ts';
import { createSite } from '../../src/model/site.ts';
import { difference } from '../../src/release/difference.ts';
import { type Service, startService } from '../publish/service.ts';
import { fileOf, manifestOf } from '../support/manifests.ts';
import { suite } from '../support/suite.ts';

const NOW = Date.UTC(2027, 1, 15, 9);
const MINUTE = 60_000;
const never = new AbortController().signal;

const test = suite('telling caches after a publish');
let stateDir = '';
let service: Service;
let now = NOW;
const slept: number[] = [];

test.before.each(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'holdfast-purges-'));
  service = await startService(() => ({ status: 200 }));
  now = NOW;
  slept.length = 0;
});
test.after.each(async () => {
  await service.close();
  await rm(stateDir, { recursive: true });
});

const clock = {
  now: () => now,
  monotonic: () => now,
  async sleep(ms: number, signal?: AbortSignal) {
    signal?.throwIfAborted();
    slept.push(ms);
    now += ms;
  },
};

function purgingOf(purge: readonly object[], dryRun = false): Purging & { report: ReturnType<typeof newReport> } {
  const config = configSchema.parse({
    site: { name: 'Example', url: 'https://www.example.org' },
    origin: { url: 'http://10.0.0.5' },
    lanes: [{ name: 'hot', every: '1m', paths: ['/'] }],
    destinations: [
      { use: 'mirror', name: 'one', dir: 'one' },
      { use: 'mirror', name: 'two', dir: 'two' },
    ],
    purge: purge.map((cache) => ({ use: 'http', url: service.url, ...cache })),
  });
  const site = createSite({ name: 'Example', url: config.site.url, origin: config.origin.url, aliases: [] });
  return { place: { config, stateDir, site, clock }, wish: { dryRun }, report: newReport(), random: () => 1 };
}

const changes = (one: readonly string[], two: readonly string[] = []) =>
  new Map(
    Object.entries({ one, two }).map(([name, files]) => [name, { release: files.length === 0 ? null : 'r', files }]),
  );
const asked = () => service.seen.splice(0).map(({ method, path }) => `${method} ${path}`);
const warnings = ({ report }: { report: ReturnType<typeof newReport> }) =>
  [...report.tally.warnings.values()].map(({ code, path, text }) => `${code} ${path} ${text}`);
const ledger = () => readFile(join(stateDir, 'purges.json'), 'utf8');

test('every cache is told of what is behind it, under the site’s own name, after the web servers have seen it', async () => {
  const purging = purgingOf([{ name: 'all' }, { name: 'second', to: ['two'] }]);
  await purgeAfter(purging, changes(['index.html'], ['index.html', 'a/index.html']), never);
  assert.ok(service.seen.every(({ headers }) => headers.host === 'www.example.org'));
  assert.equal(asked().sort(), ['PURGE /', 'PURGE /', 'PURGE /a', 'PURGE /a', 'PURGE /a/', 'PURGE /a/'].sort());
  assert.equal(slept, [2000]);
  assert.equal(warnings(purging), []);
});

test('with nothing changed nothing is asked, waited for or written', async () => {
  await purgeAfter(purgingOf([{}]), changes([]), never);
  assert.equal([asked(), slept], [[], []]);
  assert.is(await ledger().catch(() => 'none'), 'none');
});

test('a failure is warned of, fails nothing, shows in status, and is made good by a later run', async () => {
  const purging = purgingOf([{}]);
  service.next.push({ status: 500, body: 'out of order' });
  await purgeAfter(purging, changes(['a.css']), never);
  assert.equal(warnings(purging), ['purge-failed http http: answered 500: out of order; 1 files wait to be purged']);
  asked();

  const [status] = await purgeStates(purging.place, now);
  assert.equal([status?.waiting, status?.spent, status?.trouble?.times], [1, 0, 1]);
  assert.is(status?.trouble?.text, 'http: answered 500: out of order');

  now += MINUTE / 2;
  const sooner = purgingOf([{}]);
  await purgeAfter(sooner, changes(['b.css']), never);
  assert.equal(asked(), [], 'not before its wait is over');
  assert.match(warnings(sooner)[0] ?? '', /out of order; 2 files wait/);

  now += MINUTE;
  const later = purgingOf([{}]);
  await purgeAfter(later, changes([]), never);
  assert.equal(asked().sort(), ['PURGE /a.css', 'PURGE /b.css']);
  assert.equal([warnings(later), slept], [[], [2000]], 'what changed long ago was seen long ago');
  assert.equal((await purgeStates(later.place, now))[0]?.trouble, null);
});

test('one cache that fails keeps no other from being told', async () => {
  const purging = purgingOf([{ name: 'dead', url: 'http://127.0.0.1:1' }, { name: 'well' }]);
  await purgeAfter(purging, changes(['a.css']), never);
  assert.equal(asked(), ['PURGE /a.css']);
  assert.match(warnings(purging).join(), /^purge-failed dead dead: connect ECONNREFUSED/);
  assert.equal(
    (await purgeStates(purging.place, now)).map(({ waiting }) => waiting),
    [1, 0],
  );
});

test('a budget that is spent is told, and waited for', async () => {
  const purging = purgingOf([{ budget: 2 }]);
  await purgeAfter(purging, changes(['a.css', 'b.css', 'c.css']), never);
  assert.is(asked().length, 1, 'by the middle of the month, one of two');
  await purgeAfter(purging, changes([]), never);
  assert.equal(
    [asked(), warnings(purging)],
    [[], ["purge-waits http the month's budget is spent for now; 2 files wait to be purged"]],
  );
});

test('what was noted before a run was killed is purged by the next', async () => {
  await notePurges(purgingOf([{}]), changes(['a.css']));
  assert.equal(asked(), []);
  await purgeAfter(purgingOf([{}]), changes([]), never);
  assert.equal(asked(), ['PURGE /a.css']);
});

test('a dry run tells nobody and writes nothing', async () => {
  const purging = purgingOf([{}], true);
  await notePurges(purging, changes(['a.css']));
  await purgeAfter(purging, changes(['a.css']), never);
  assert.equal(asked(), []);
  assert.is(await ledger().catch(() => 'none'), 'none');
});

test('a run that is stopped throws its reason, and leaves the purge to the next', async () => {
  const controller = new AbortController();
  const reason = new Error('stopped by hand');
  service.next.push(undefined);
  setTimeout(() => controller.abort(reason), 100);
  const purging = purgingOf([{}]);
  const ended = await purgeAfter(purging, changes(['a.css']), controller.signal).catch((error: unknown) => error);
  assert.is(ended, reason);
  asked();
  await purgeAfter(purging, changes([]), never);
  assert.equal(asked(), ['PURGE /a.css'], 'at once: it was no failure of the cache');
});

for (const [name, text] of [
  ['torn', '{"format":1,"cach'],
  ['of another version', '{"format":2}'],
  ['of another shape', '{"format":1}'],
] as const) {
  test(`a ledger that is ${name} fails no publish, and what changed is purged all the same`, async () => {
    await writeFile(join(stateDir, 'purges.json'), text);
    await purgeAfter(purgingOf([{}]), changes(['a.css']), never);
    assert.equal(asked(), ['PURGE /a.css']);
    assert.equal((await purgeStates(purgingOf([{}]).place, now))[0]?.spent, 1);
  });
}

test('a ledger that cannot be written is warned of, and what changed is purged all the same', async () => {
  const purging = purgingOf([{}]);
  const file = join(stateDir, 'file');
  await writeFile(file, '');
  await purgeAfter({ ...purging, place: { ...purging.place, stateDir: file } }, changes(['a.css']), never);
  assert.equal(asked(), ['PURGE /a.css']);
  assert.match(warnings(purging).join(), /^purge-failed purges\.json .*cannot be written/);
});

test('a cache that left the configuration leaves the ledger', async () => {
  service.next.push({ status: 500 });
  await purgeAfter(purgingOf([{ name: 'old' }]), changes(['a.css']), never);
  await purgeAfter(purgingOf([{ name: 'new' }]), changes(['b.css']), never);
  assert.equal(Object.keys((JSON.parse(await ledger()) as { caches: object }).caches), ['new']);
});

test('of a difference: what changed, what is gone, new pages; no new assets, nothing that was only sent again', () => {
  const live = manifestOf([
    fileOf('same.css', '1'),
    fileOf('other.css', '1'),
    fileOf('a/index.html', '1'),
    fileOf('gone/index.html', '1'),
    fileOf('gone.css', '1'),
  ]);
  const next = manifestOf([
    fileOf('same.css', '1'),
    fileOf('other.css', '2'),
    fileOf('a/index.html', '1', { headers: { 'x-a': '1' } }),
    fileOf('new/index.html', '1'),
    fileOf('new.css', '1'),
  ]);
  const all = ['a/index.html', 'new/index.html', 'other.css', 'gone.css', 'gone/index.html'];
  assert.equal([...changedFiles(difference(next, live))].sort(), all.sort());
  assert.equal(changedFiles(difference(live, live, { unsure: new Set(['same.css']) })), ['same.css']);
  assert.equal(changedFiles(difference(live, live, { force: true })), []);
});

test.run();
