import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, readlink, rmdir, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import type { Guard } from '../../src/publish/destination.ts';
import { inventoryOf } from '../conformance/inventory.ts';
import {
  guardOf,
  pruning,
  publish,
  read,
  record,
  recordOf,
  releaseOf,
  standing,
  transfer,
} from '../conformance/releases.ts';
import { NEW, OLD, publishTo, publishWith } from '../faults/cycle.ts';
import { isAllThereIs } from '../faults/invariants.ts';
import { suite } from '../support/suite.ts';
import { failure } from './mirror-place.ts';
import { openPlace, type RsyncPlace } from './rsync-place.ts';

const test = suite<{ place: RsyncPlace }>('a mirror on another machine', { needs: ['sshd'] });
const signal = new AbortController().signal;

test.before.each(async (context) => {
  context.place = await openPlace();
});

test.after.each(({ place }) => place.close());

test('what it writes is what the mirror driver writes, and either goes on where the other stopped', async ({
  place,
}) => {
  await publishWith(place.open(), OLD);
  await isAllThereIs(place.dir, OLD, 'by rsync');
  await publishTo(place.dir, NEW);
  await isAllThereIs(place.dir, NEW, 'by the mirror driver');
  await publishWith(place.open(), OLD);
  await isAllThereIs(place.dir, OLD, 'by rsync again');
});

test('a folder whose name is full of signs is a folder like others', async ({ place }) => {
  for (const name of ['it\'s $(touch x) `y`; "a" & b', '-rf', 'é\\n %h %% ~ *']) {
    const dir = join(place.outer, name);
    const far = place.open({ dir });
    const release = releaseOf(1, { 'index.html': 'front', [`a/${name}/x.html`]: name });
    await publish(far, release);
    assert.is(await readFile(join(dir, 'current/a', name, 'x.html'), 'utf8'), name);
    assert.equal((await readdir(dir)).sort(), ['_holdfast', 'current', 'trees']);
  }
  assert.equal(
    (await readdir(place.outer)).filter((name) => name === 'x'),
    [],
  );
});

test('unchanged folders, files and links are the same ones in the next release, and a moved file is not sent again', async ({
  place,
}) => {
  const far = place.open();
  const same = { 'robots.txt': 'same', 'a/index.html': 'a', 'a/b/index.html': 'b' };
  const first = releaseOf(1, { ...same, 'index.html': 'old', 'old/name.txt': 'moves' });
  const second = releaseOf(2, { ...same, 'index.html': 'new', 'new/other.txt': 'moves' });
  await publish(far, first);
  const inode = async (path: string) => (await stat(join(place.dir, 'current', path))).ino;
  const before = await Promise.all(['a', 'a/b', 'robots.txt', 'old/name.txt'].map(inode));
  const open = await far.begin(second.manifest, standing(first), signal);
  await open.put(second.file('index.html'), second.open(second.file('index.html')));
  await open.commit(guardOf(far));
  await record(far, second);
  assert.equal(await Promise.all(['a', 'a/b', 'robots.txt', 'new/other.txt'].map(inode)), before);
});

/** More than Linux lets a command have as arguments. */
const MANY = 11_000;

test('eleven thousand names in one folder, longer together than any command may be', async ({ place }) => {
  const far = place.open();
  const files = (n: number) =>
    Object.fromEntries(Array.from({ length: MANY }, (_, i) => [`${'n'.repeat(200)}-${i}.txt`, i === 7 ? `${n}` : '']));
  const [first, second] = [releaseOf(1, files(1)), releaseOf(2, files(2))];
  await publish(far, first);
  await publish(far, second, first);
  assert.is((await readdir(join(place.dir, 'current'))).length, MANY);
  assert.is(String(await place.live(`${'n'.repeat(200)}-7.txt`)), '2');
  for await (const { file, state } of far.readBack(
    second.manifest,
    { files: second.manifest.files, isLive: true },
    signal,
  ))
    assert.is(state, 'whole', file.path);
});

const DAMAGES: readonly [string, (dir: string) => Promise<unknown>][] = [
  ['a missing file', (dir) => unlink(join(dir, 'a/index.html'))],
  ['a missing variant', (dir) => unlink(join(dir, 'a/index.html.gz'))],
  ['other bytes', (dir) => writeFile(join(dir, 'a/index.html'), 'A page')],
  ['a missing link', (dir) => unlink(join(dir, 'a'))],
  ['a link that leads elsewhere', (dir) => unlink(join(dir, 'a')).then(() => symlink('/tmp', join(dir, 'a')))],
];

test('sending every file of the live release puts right what it lacks, without taking it away meanwhile', async ({
  place,
}) => {
  const far = place.open();
  const release = releaseOf(1, { 'index.html': 'front', 'a/index.html': { body: 'a page', isCompressed: true } });
  await publish(far, release);
  const [root, before] = [join(place.dir, 'current'), await inventoryOf(place.dir)];
  for (const [damage, inflict] of DAMAGES) {
    const folder = (await stat(root)).ino;
    await inflict(root);
    await publish(far, release);
    assert.is(await readFile(join(root, 'a/index.html'), 'utf8'), 'a page', damage);
    assert.equal((await readdir(join(root, 'a'))).sort(), ['index.html', 'index.html.br', 'index.html.gz'], damage);
    assert.is((await stat(root)).ino, folder, damage);
    assert.equal(namesOf(await inventoryOf(place.dir)), namesOf(before), damage);
  }
});

const namesOf = (inventory: string): string[] => inventory.split('\n').map((line) => line.replace(/ \d+ \d+$/, ''));

test('a live file that is gone stops a publish that needs it, and names it', async ({ place }) => {
  const far = place.open();
  const first = releaseOf(1, { 'a/index.html': 'a', 'a/other file.html': 'other' });
  const second = releaseOf(2, { 'a/index.html': 'A', 'a/other file.html': 'other' });
  await publish(far, first);
  await unlink(join(place.dir, 'current/a/other file.html'));
  assert.match(await failure(transfer(far, second, first), 'destination-damaged'), /other file\.html/);
  assert.is(String(await place.live('a/index.html')), 'a');
  await publish(far, second);
  assert.is(String(await place.live('a/other file.html')), 'other');
});

test('readers see one release or the other, whole, at every moment of ten publishes', async ({ place }) => {
  const far = place.open();
  const releases = Array.from({ length: 11 }, (_, n) =>
    releaseOf(n, { 'index.html': `release ${n}`, [`a${n % 2}/index.html`]: `release ${n}`, 'same/index.html': 'same' }),
  );
  await publish(far, releases[0] ?? OLD);
  let isOver = false;
  let reads = 0;
  const reader = (async () => {
    for (; !isOver; reads += 1) {
      const root = await readlink(join(place.dir, 'current'));
      const page = await readFile(join(place.dir, root, 'index.html'), 'utf8');
      const n = Number(page.slice('release '.length));
      assert.is(await readFile(join(place.dir, root, `a${n % 2}/index.html`), 'utf8'), page);
      assert.is(await readFile(join(place.dir, 'current/same/index.html'), 'utf8'), 'same');
    }
  })();
  const publisher = (async () => {
    for (const [n, release] of releases.slice(1).entries()) await publish(far, release, releases[n]);
  })().finally(() => {
    isOver = true;
  });
  await Promise.all([reader, publisher]);
  assert.ok(reads > 100, `${reads} reads`);
});

test('of two machines that move one record at once, one does', async ({ place }) => {
  const [one, two] = [place.open(), place.open()];
  await one.control.swap(recordOf({ generation: 1 }), undefined, signal);
  const version = (await one.control.read(signal))?.version;
  for (let round = 2; round < 8; round += 1) {
    const now = await one.control.read(signal);
    const ended = await Promise.allSettled(
      [one, two].map((each, n) =>
        each.control.swap(recordOf({ generation: round, lineage: `${n}` }), now?.version, signal),
      ),
    );
    assert.equal(ended.map(({ status }) => status).sort(), ['fulfilled', 'rejected'], `round ${round}`);
  }
  await failure(two.control.swap(recordOf({ generation: 99 }), version, signal), 'destination-moved');
});

test('a commit that comes there after another machine took the lease changes nothing', async ({ place }) => {
  const [one, two] = [place.open(), place.open()];
  const [first, second] = [releaseOf(1, { 'index.html': 'one' }), releaseOf(2, { 'index.html': 'two' })];
  await publish(one, first);
  const lease = (run: string) => ({ holder: run, run, renewed: '2027-01-02T09:00:00Z' });
  const before = await one.control.read(signal);
  assert.ok(before);
  const mine = await one.control.swap(
    { ...before.record, generation: 2, lease: lease('mine') },
    before.version,
    signal,
  );
  const open = await one.begin(second.manifest, standing(first), signal);
  await open.put(second.file('index.html'), second.open(second.file('index.html')));
  await two.control.swap({ ...before.record, generation: 3, lease: lease('theirs') }, mine, signal);
  const late: Guard = (work) => work(mine);
  await failure(open.commit(late), 'destination-moved');
  await failure(one.prune(pruning(one, second, { guard: late }), signal), 'destination-moved');
  assert.is(String(await place.live('index.html')), 'one');
});

/** Renewed several times while a release is held. */
const TIMING = { ttl: 900, renew: 300, stop: 600 };
const HELD_MS = 1000;
/** A busy machine's; on an idle one it is a tenth of a second. */
const LATEST_MS = 5000;

test('what is held for its instant is all there before it, shown to nobody, and switched to at it', async ({
  place,
}) => {
  await publishWith(place.open(), OLD);
  let instant = (): void => undefined;
  const come = new Promise<void>((resolve) => {
    instant = resolve;
  });
  let held = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    held = resolve;
  });
  const gate = (): Promise<void> => {
    held();
    return come;
  };
  const far = place.open();
  const published = publishWith(far, NEW, { timing: TIMING, gate });
  await reached;
  const { generation = 0 } = (await far.control.read(signal))?.record ?? {};
  await wait(HELD_MS);
  assert.ok(((await far.control.read(signal))?.record.generation ?? 0) > generation, 'the lease is renewed meanwhile');
  assert.is(String(await place.live('index.html')), 'the old front page');
  assert.is(await place.live('news/2025/index.html'), undefined);
  const found = await promisify(execFile)('grep', ['-rl', 'the new front page', join(place.dir, 'trees')]);
  assert.match(found.stdout, /\/index\.html$/m, 'it lies there');
  const began = performance.now();
  instant();
  while (String(await place.live('index.html')) !== 'the new front page')
    assert.ok(performance.now() - began < LATEST_MS, 'it is not switched to');
  await published;
  await isAllThereIs(place.dir, NEW, 'after its instant');
});

test('a commit that failed can be made again', async ({ place }) => {
  const far = place.open();
  const [first, second] = [
    releaseOf(1, { 'a/x.html': 'x', 'a/y.html': 'y' }),
    releaseOf(2, { 'a/x.html': 'X', 'a/y.html': 'y' }),
  ];
  await publish(far, first);
  const open = await far.begin(second.manifest, standing(first), signal);
  await open.put(second.file('a/x.html'), second.open(second.file('a/x.html')));
  const releases = join(place.dir, '_holdfast/releases');
  await mkdir(join(releases, `${second.manifest.id}.json`));
  await failure(open.commit(guardOf(far)), 'destination-unwritable');
  assert.is(String(await place.live('a/x.html')), 'x');
  await rmdir(join(releases, `${second.manifest.id}.json`));
  await open.commit(guardOf(far));
  assert.is(String(await place.live('a/x.html')), 'X');
  assert.is(String(await read(far, 'a/y.html')), 'y');
});

test.run();
