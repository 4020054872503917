import { readdir, readFile, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { pruning, publish, releaseOf, standing, transfer } from '../conformance/releases.ts';
import { failure, hashesOf, inode, mirrorSuite, treesOf } from './mirror-place.ts';

const { test, place } = mirrorSuite('the mirror, damaged, grown old, cleared away');
const signal = new AbortController().signal;
const live = (path: string): string => join(place.dir, 'current', path);

test('a live file that is gone stops a publish that needs it, and sending every file puts it right', async () => {
  const first = releaseOf(1, { 'a/index.html': 'a', 'a/other.html': 'other' });
  const second = releaseOf(2, { 'a/index.html': 'A', 'a/other.html': 'other' });
  await publish(place.mirror, first);
  await unlink(live('a/other.html'));
  assert.match(await failure(transfer(place.mirror, second, first), 'destination-damaged'), /other\.html is not there/);
  assert.is(await readFile(live('a/index.html'), 'utf8'), 'a');
  await publish(place.mirror, second);
  assert.is(await readFile(live('a/other.html'), 'utf8'), 'other');
});

const DAMAGES: readonly [string, () => Promise<unknown>][] = [
  ['a missing file', () => unlink(live('a/index.html'))],
  ['a missing variant', () => unlink(live('a/index.html.gz'))],
  ['a cut file', () => truncate(live('a/index.html'), 1)],
  ['a missing link', () => unlink(live('a'))],
  ['a link that leads elsewhere', () => unlink(live('a')).then(() => symlink('/tmp', live('a')))],
];

test('sending every file of the live release puts right what it lacks, without taking it away meanwhile', async () => {
  const release = releaseOf(1, { 'index.html': 'front', 'a/index.html': { body: 'a page', isCompressed: true } });
  for (const [damage, inflict] of DAMAGES) {
    await publish(place.mirror, release);
    const [root, untouched] = [await inode(live('.')), await inode(live('index.html'))];
    await inflict();
    await publish(place.mirror, release);
    assert.is(await readFile(live('a/index.html'), 'utf8'), 'a page', damage);
    assert.equal((await readdir(live('a'))).sort(), ['index.html', 'index.html.br', 'index.html.gz'], damage);
    assert.is(await inode(live('.')), root, damage);
    if (!damage.includes('link')) assert.is(await inode(live('index.html')), untouched, damage);
    assert.equal(await treesOf(place), hashesOf(release), damage);
    await rm(place.dir, { recursive: true });
  }
});

test('the next transfer clears away what a killed one left before it asks for room', async () => {
  const [first, second] = [releaseOf(1, { 'index.html': 'one' }), releaseOf(2, { 'index.html': 'two' })];
  await publish(place.mirror, first);
  const killed = await place.mirror.begin(second.manifest, standing(first), signal);
  await killed.put(second.file('index.html'), second.open(second.file('index.html')));
  await symlink('trees/x', join(place.dir, '.current-0123456789ab'));
  await publish(place.mirror, second, first);
  assert.equal((await readdir(place.dir)).sort(), ['_holdfast', 'current', 'trees']);
  assert.equal(await treesOf(place), hashesOf(first, second));
});

test('pruning removes exactly the folders and manifests that no kept release needs', async () => {
  const releases = [1, 2, 3].map((n) =>
    releaseOf(n, { 'index.html': `${n}`, 'a/index.html': 'a', [`b/${n}.html`]: `${n}` }),
  );
  for (const [n, release] of releases.entries()) await publish(place.mirror, release, releases[n - 1]);
  const [first, second, third] = releases;
  assert.ok(first && second && third);
  // Of the first: its root and its b, a file and a link each more, and its manifest.
  assert.equal(await place.mirror.prune(pruning(place.mirror, third, { kept: [second] }), signal), {
    removed: 2 + 3 + 1 + 1,
  });
  assert.equal(await treesOf(place), hashesOf(second, third));
  assert.equal((await readdir(join(place.dir, '_holdfast/releases'))).sort(), [
    `${second.manifest.id}.json`,
    `${third.manifest.id}.json`,
  ]);
});

test('pruning keeps what `current` leads to, even where no manifest tells what that is', async () => {
  const [first, second] = [
    releaseOf(1, { 'index.html': 'one', 'a/b/index.html': 'one' }),
    releaseOf(2, { 'x/index.html': 'two' }),
  ];
  await publish(place.mirror, second);
  await transfer(place.mirror, first);
  await rm(join(place.dir, '_holdfast/releases', `${first.manifest.id}.json`));
  await place.mirror.prune(pruning(place.mirror, second), signal);
  assert.is(await readFile(live('a/b/index.html'), 'utf8'), 'one');
  assert.equal(await treesOf(place), hashesOf(first, second));
});

test('a damaged control record is an error and not an empty mirror', async () => {
  await publish(place.mirror, releaseOf(1, { 'index.html': 'one' }));
  for (const text of ['', '{', 'null', '{"format":2}']) {
    await writeFile(join(place.dir, '_holdfast/control.json'), text);
    await failure(place.mirror.control.read(signal), 'destination-damaged');
  }
});

test('a mirror whose current does not show what the record says is unsettled', async () => {
  const [first, second] = [releaseOf(1, { 'index.html': 'one' }), releaseOf(2, { 'index.html': 'two' })];
  await publish(place.mirror, first);
  await publish(place.mirror, second, first);
  const settled = async () => (await place.mirror.control.read(signal))?.settled;
  assert.is(await settled(), true);
  await rename(join(place.dir, '_holdfast/releases', `${second.manifest.id}.json`), join(place.outer, 'kept'));
  assert.is(await settled(), false);
  await rename(join(place.outer, 'kept'), join(place.dir, '_holdfast/releases', `${second.manifest.id}.json`));
  await unlink(join(place.dir, 'current'));
  assert.is(await settled(), false);
});

test.run();
