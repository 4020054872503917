import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { layoutOf } from '../../src/publish/destinations/layout/paths.ts';
import { treeOf } from '../../src/publish/destinations/layout/tree.ts';
import { assertRoom } from '../../src/publish/destinations/mirror/place.ts';
import { pruning, publish, type Release, releaseOf, standing, type Written } from '../conformance/releases.ts';
import { failure, hashesOf, inode, mirrorSuite, treesOf } from './mirror-place.ts';

const { test, place } = mirrorSuite('the mirror');
const signal = new AbortController().signal;
const live = (path: string): string => join(place.dir, 'current', path);

test('a release lies below `current`, its folders are links to folders named by what they hold', async () => {
  const release = releaseOf(1, {
    'index.html': 'front',
    'a/b/index.html': { body: 'b'.repeat(100), isCompressed: true },
  });
  await publish(place.mirror, release);
  assert.match(await readlink(join(place.dir, 'current')), /^trees\/[0-9a-f]{48}$/);
  assert.match(await readlink(live('a')), /^\.\.\/[0-9a-f]{48}$/);
  assert.equal((await readdir(live('a/b'))).sort(), ['index.html', 'index.html.br', 'index.html.gz']);
  assert.equal((await readdir(place.dir)).sort(), ['_holdfast', 'current', 'trees']);
  assert.equal(await treesOf(place), hashesOf(release));
});

test('beside a redirect lies an empty file that says how and where it leads; without it the redirect is not whole', async () => {
  const redirect = (status: 301 | 302, to: string): Written => ({ body: 'small', leads: [status, to] });
  const first = releaseOf(1, { 'old/index.html': redirect(301, 'https://e.org/a'), 'b.html': redirect(302, '/b') });
  const second = releaseOf(2, { 'old/index.html': redirect(301, 'https://e.org/z'), 'b.html': 'a page' });
  const markers = async (folder: string) => (await readdir(live(folder))).filter((name) => name.startsWith('.'));
  const states = async () => {
    const wish = { files: first.manifest.files, isLive: true };
    const found: string[] = [];
    for await (const { state } of place.mirror.readBack(first.manifest, wish, signal)) found.push(state);
    return found;
  };
  await publish(place.mirror, first);
  const [old = ''] = await markers('old');
  assert.match(old, /^\.index\.html\.301-[0-9a-f]{12}$/);
  assert.match((await markers('.'))[0] ?? '', /^\.b\.html\.302-[0-9a-f]{12}$/);
  assert.is(await readFile(live(`old/${old}`), 'utf8'), '');
  assert.equal(await states(), ['whole', 'whole']);
  await publish(place.mirror, second, first);
  assert.equal([(await markers('old')).length, (await markers('old'))[0] === old], [1, false]);
  assert.equal(await markers('.'), []);
  await publish(place.mirror, first, second);
  await unlink(live(`old/${old}`));
  assert.equal(await states(), ['whole', 'absent']);
  await publish(place.mirror, first);
  assert.equal(await states(), ['whole', 'whole']);
});

test('the whole mirror can be moved elsewhere', async () => {
  await publish(place.mirror, releaseOf(1, { 'a/b/index.html': 'deep' }));
  await rename(place.dir, join(place.outer, 'moved'));
  assert.is(await readFile(join(place.outer, 'moved/current/a/b/index.html'), 'utf8'), 'deep');
});

test('unchanged folders and files are the same ones in the next release', async () => {
  const first = releaseOf(1, { 'index.html': 'old', 'robots.txt': 'same', 'a/index.html': 'a', 'a/b/index.html': 'b' });
  const second = releaseOf(2, {
    'index.html': 'new',
    'robots.txt': 'same',
    'a/index.html': 'a',
    'a/b/index.html': 'b',
  });
  await publish(place.mirror, first);
  const before = await Promise.all(['a', 'a/b', 'robots.txt', 'index.html'].map((path) => inode(live(path))));
  await publish(place.mirror, second, first);
  const after = await Promise.all(['a', 'a/b', 'robots.txt', 'index.html'].map((path) => inode(live(path))));
  assert.equal(after.slice(0, 3), before.slice(0, 3));
  assert.is.not(after[3], before[3]);
});

test('a tenth of three hundred folders changed makes that many folders and one more', async () => {
  const files = (n: number) =>
    Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`p${i}/index.html`, `page ${i} ${i % 10 === 0 ? n : 0}`]),
    );
  const [first, second] = [releaseOf(1, files(1)), releaseOf(2, files(2))];
  await publish(place.mirror, first);
  assert.is((await treesOf(place)).length, 301);
  await publish(place.mirror, second, first);
  assert.is((await treesOf(place)).length, 301 + 31);
  assert.is(await readFile(live('p290/index.html'), 'utf8'), 'page 290 2');
  assert.is(await readFile(live('p299/index.html'), 'utf8'), 'page 299 0');
});

test('a folder’s hash depends on names and bytes, and on nothing else', () => {
  const files = { 'a/x.html': { body: 'x', isCompressed: true }, 'a/y.html': 'y', 'z.html': 'z' };
  const hash = (release: Release): string => treeOf(release.manifest).hash;
  const same = hash(releaseOf(1, files));
  const other = releaseOf(2, files, 'another lineage').manifest;
  assert.is(
    treeOf({ ...other, files: [...other.files].reverse().map((file) => ({ ...file, type: 'x/y' })) }).hash,
    same,
  );
  const different = [
    { ...files, 'a/y.html': 'Y' },
    { ...files, 'a/x.html': 'x' },
    { 'a/x.html': files['a/x.html'], 'a/y.html': 'y' },
    { ...files, 'a/y2.html': 'y' },
    { 'b/x.html': files['a/x.html'], 'b/y.html': 'y', 'z.html': 'z' },
  ].map((each) => hash(releaseOf(1, each)));
  assert.is(new Set([same, ...different]).size, different.length + 1);
});

test('names that spell out the format of another listing do not have its hash', () => {
  const sha = releaseOf(1, { a: 'x' }).file('a').sha256;
  const one = treeOf(releaseOf(1, { a: 'x', b: 'x' }).manifest).hash;
  const two = treeOf(releaseOf(1, { [`a file ${sha} b`]: 'x' }).manifest).hash;
  assert.is.not(one, two);
});

test('a variant whose name would be too long for the disk is left out', async () => {
  const name = `${'n'.repeat(249)}.html`;
  await publish(place.mirror, releaseOf(1, { [name]: { body: 'long', isCompressed: true } }));
  assert.equal(await readdir(live('.')), [name]);
});

const FOREIGN: readonly [string, () => Promise<unknown>][] = [
  ['a real folder named current', () => mkdir(join(place.dir, 'current'), { recursive: true })],
  ['a file named current', () => writeFile(join(place.dir, 'current'), 'mine')],
  ['a link named current that is not ours', () => symlink('releases/7', join(place.dir, 'current'))],
  ['a link to a folder outside named current', () => symlink('/srv/www', join(place.dir, 'current'))],
  ['somebody else’s files', () => writeFile(join(place.dir, 'index.html'), 'mine')],
  ['trees as a link', () => symlink(place.outer, join(place.dir, 'trees'))],
  ['_holdfast as a link', () => symlink(place.outer, join(place.dir, '_holdfast'))],
];

test('a folder that holds what is not ours is refused and left as it is', async () => {
  const release = releaseOf(1, { 'index.html': 'front' });
  for (const [what, plant] of FOREIGN) {
    await mkdir(place.dir);
    await plant();
    const before = (await readdir(place.outer, { recursive: true })).sort();
    await failure(place.mirror.begin(release.manifest, standing(), signal), 'destination-foreign');
    assert.equal((await readdir(place.outer, { recursive: true })).sort(), before, what);
    await rm(place.dir, { recursive: true });
  }
});

test('current is looked at again on every publish', async () => {
  const [first, second] = [releaseOf(1, { 'index.html': 'one' }), releaseOf(2, { 'index.html': 'two' })];
  await publish(place.mirror, first);
  await unlink(join(place.dir, 'current'));
  await mkdir(join(place.dir, 'current'));
  assert.match(
    await failure(place.mirror.begin(second.manifest, standing(first), signal), 'destination-foreign'),
    /current is not a link/,
  );
});

test('a fresh disk’s lost+found is nobody’s, and what is beside our folders later is left alone', async () => {
  await mkdir(join(place.dir, 'lost+found'), { recursive: true });
  const [first, second] = [releaseOf(1, { 'index.html': 'one' }), releaseOf(2, { 'index.html': 'two' })];
  await publish(place.mirror, first);
  await writeFile(join(place.dir, 'notes.txt'), 'mine');
  await writeFile(join(place.dir, 'trees/notes.txt'), 'mine');
  await publish(place.mirror, second, first);
  await place.mirror.prune(pruning(place.mirror, second), signal);
  assert.is(await readFile(join(place.dir, 'notes.txt'), 'utf8'), 'mine');
  assert.is(await readFile(join(place.dir, 'trees/notes.txt'), 'utf8'), 'mine');
  assert.equal((await readdir(place.dir)).sort(), ['_holdfast', 'current', 'lost+found', 'notes.txt', 'trees']);
});

test('a manifest’s id is never a path', async () => {
  const release = releaseOf(1, { 'index.html': 'front' });
  for (const id of ['../../x', 'a/b', '', '.x', 'a\0']) {
    await failure(place.mirror.begin({ ...release.manifest, id }, standing(), signal), 'address-hostile');
  }
});

test('a link planted where a file is to be written is not followed', async () => {
  const release = releaseOf(1, { 'index.html': 'front', 'a.html': 'a' });
  const target = join(place.outer, 'target');
  await writeFile(target, 'mine');
  const open = await place.mirror.begin(release.manifest, standing(), signal);
  await open.put(release.file('a.html'), release.open(release.file('a.html')));
  const [building] = (await treesOf(place)).filter((name) => name.startsWith('.incoming-'));
  const folder = join(place.dir, 'trees', building ?? '', treeOf(release.manifest).hash);
  await symlink(target, join(folder, 'index.html'));
  await failure(
    open.put(release.file('index.html'), release.open(release.file('index.html'))),
    'destination-unwritable',
  );
  assert.is(await readFile(target, 'utf8'), 'mine');
});

test('a disk without the room, or without the inodes, is told before anything is written', async () => {
  const needs = [
    { bytes: 1e15, names: 1 },
    { bytes: 1, names: 1e12 },
  ];
  for (const need of needs) {
    assert.match(
      await failure(assertRoom(layoutOf(place.dir), 'www', need), 'destination-unwritable'),
      /needed, .* free/,
    );
  }
  await assertRoom(layoutOf(place.dir), 'www', { bytes: 1, names: 1 });
  const release = releaseOf(1, { 'index.html': 'one' });
  const vast = { ...release.manifest, files: release.manifest.files.map((file) => ({ ...file, size: 1e15 })) };
  await failure(place.mirror.begin(vast, standing(), signal), 'destination-unwritable');
  assert.not(await lstat(place.dir).catch(() => undefined));
});

test('a folder is never read as a file, and a pipe that somebody left does not hang us', async () => {
  await publish(place.mirror, releaseOf(1, { 'a/index.html': 'a' }));
  execFileSync('mkfifo', [live('a/pipe')]);
  assert.is(await place.mirror.open('a/pipe', signal), undefined);
  assert.is(await place.mirror.open('a', signal), undefined);
  assert.is(await place.mirror.open('_holdfast/releases', signal), undefined);
  assert.is(await place.mirror.open('_holdfast/control.lock', signal), undefined);
});

test.run();
