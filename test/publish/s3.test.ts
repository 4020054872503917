import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { ReleaseFile } from '../../src/model/manifest.ts';
import type { OpenFile } from '../../src/publish/destination.ts';
import {
  changedFiles,
  guardOf,
  pruning,
  publish,
  type Release,
  read,
  record,
  releaseOf,
  standing,
  transfer,
} from '../conformance/releases.ts';
import { openWebsite } from '../support/ceph.ts';
import { suite } from '../support/suite.ts';
import { type BucketPlace, failure, openPlace } from './bucket.ts';

const test = suite('a bucket', { needs: ['ceph'] });
const signal = new AbortController().signal;
let place: BucketPlace;

test.before.each(async () => {
  place = await openPlace();
});
test.after.each(() => place.close());

const LONG = 'text '.repeat(500);
const sha = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** A release of these files, with more said of some of them. */
function releaseWith(release: Release, more: Readonly<Record<string, Partial<ReleaseFile>>>): Release {
  const files = release.manifest.files.map((file) => ({ ...file, ...more[file.path] }));
  const file = (path: string) => files.find((each) => each.path === path) ?? release.file(path);
  return { ...release, manifest: { ...release.manifest, files }, file };
}

/** Names below `_holdfast/kept/`. */
async function keptIn({ keys }: BucketPlace): Promise<string[]> {
  return (await keys()).flatMap((key) => /^_holdfast\/kept\/(.*)/.exec(key)?.[1] ?? []);
}

test('a file is stored once, with what visitors need to know of it and what we do', async () => {
  const plain = releaseOf(1, {
    'index.html': { body: LONG, isCompressed: true },
    'feed/index.xml': { body: `${LONG}!`, isCompressed: true },
    'old/index.html': 'moved',
    'a.css': 'a{}',
  });
  const release = releaseWith(plain, {
    'index.html': { type: 'text/html; charset=utf-8', headers: { 'cache-control': 'max-age=60', 'x-other': 'y' } },
    'old/index.html': { kind: 'redirect', headers: { location: '/café/' } },
  });
  const s3 = place.open({ identity: ['/feed/**'] });
  await publish(s3, release);
  const page = await place.stored('index.html');
  assert.is(page && gunzipSync(page.body).toString(), LONG);
  const { ContentType, ContentEncoding, CacheControl, Metadata } = page?.answer ?? {};
  assert.equal([ContentType, ContentEncoding, CacheControl], ['text/html; charset=utf-8', 'gzip', 'max-age=60']);
  assert.equal(Metadata, { sha256: sha(LONG), 'stored-sha256': sha(page?.body ?? '') });
  const feed = await place.stored('feed/index.xml');
  assert.is(String(feed?.body), `${LONG}!`);
  assert.is(feed?.answer.ContentEncoding, undefined);
  assert.is((await place.stored('old/index.html'))?.answer.WebsiteRedirectLocation, '/caf%C3%A9/');
  assert.is(String(await read(s3, 'index.html')), LONG);
  const names = ['control.json', `releases/${release.manifest.id}.json`].map((name) => `_holdfast/${name}`);
  assert.equal(await place.keys(), [...names, ...release.manifest.files.map(({ path }) => path)].sort());
});

test('visitors of its website mode get pages and redirects', async () => {
  const site = await openWebsite(place.bucket);
  const plain = releaseOf(1, { 'a/index.html': { body: LONG, isCompressed: true }, old: 'moved' });
  await publish(place.open(), releaseWith(plain, { old: { kind: 'redirect', headers: { location: '/a/' } } }));
  const page = await site.visit('/a/');
  assert.is(gunzipSync(page.body).toString(), LONG);
  const moved = await site.visit('/old');
  assert.equal([moved.status, moved.headers.location], [301, '/a/']);
});

test('two sites lie in folders of one bucket', async () => {
  const [one, other] = [place.open({ prefix: 'one' }), place.open({ prefix: 'other/' })];
  await publish(one, releaseOf(1, { 'index.html': 'one' }));
  await publish(other, releaseOf(1, { 'index.html': 'other' }));
  assert.equal([String(await read(one, 'index.html')), String(await read(other, 'index.html'))], ['one', 'other']);
  assert.ok((await place.keys()).every((key) => /^(one|other)\//.test(key)));
});

test('a page cannot take the place of what is ours', async () => {
  for (const path of ['_holdfast/control.json', '_holdfast/kept/x', '_holdfast/releases/x.json', '_holdfast'])
    await failure(transfer(place.open(), releaseOf(1, { [path]: 'x' })), 'address-hostile');
  await failure(transfer(place.open(), releaseOf(1, { [`${'n/'.repeat(600)}x`]: 'x' })), 'address-hostile');
  assert.equal(await place.keys(), []);
});

test('what is overwritten or removed is kept once, and a first publish keeps nothing', async () => {
  const s3 = place.open();
  const first = releaseOf(1, {
    'index.html': { body: LONG, isCompressed: true },
    'a/index.html': 'a',
    'b/index.html': 'b',
    'c/index.html': 'c',
  });
  const second = releaseOf(2, { 'index.html': 'new', 'a/index.html': 'a', 'b/index.html': 'b' });
  await publish(s3, first);
  assert.equal(await keptIn(place), []);
  await transfer(s3, second, first);
  assert.equal(await keptIn(place), [`${sha(LONG)}.gz`]);
  await record(s3, second);
  await s3.prune(pruning(s3, second, { kept: [first], retired: [first.manifest] }), signal);
  assert.equal(await keptIn(place), [sha('c'), `${sha(LONG)}.gz`].sort());
  await s3.prune(pruning(s3, second, { retired: [first.manifest], dropped: [first.manifest] }), signal);
  assert.equal(await keptIn(place), []);
});

test('every version of a withdrawn page goes, and content that others share stays', async () => {
  const s3 = place.open();
  const [first, second, third] = [
    releaseOf(1, { 'secret.html': 'one', 'shared.html': 'same', 'x.html': 'old' }),
    releaseOf(2, { 'secret.html': 'same', 'shared.html': 'new', 'x.html': 'old' }),
    releaseOf(3, { 'shared.html': 'new', 'x.html': 'new' }),
  ];
  await publish(s3, first);
  await publish(s3, second, first);
  await transfer(s3, third, second);
  const isWithdrawn = (path: string) => path === 'secret.html';
  await s3.prune(pruning(s3, third, { kept: [second, first], retired: [second.manifest], isWithdrawn }), signal);
  assert.equal(await keptIn(place), [sha('same'), sha('old')].sort());
  assert.is(await read(s3, 'secret.html'), undefined);
});

test('an unchanged publish costs four requests, ten changes in two hundred a copy and a put each', async () => {
  const s3 = place.open();
  const pages = Array.from({ length: 200 }, (_, n) => [`${n}/index.html`, `page ${n}`] as const);
  const first = releaseOf(1, Object.fromEntries(pages));
  const second = releaseOf(2, Object.fromEntries(pages.map(([path, text], n) => [path, n < 10 ? `${text}!` : text])));
  await publish(s3, first);
  const before = s3.requests;
  const state = await s3.control.read(signal);
  assert.ok(state);
  const held = { ...state.record, generation: 7 };
  const version = await s3.control.swap(held, state.version, signal);
  assert.ok(await read(s3, `_holdfast/releases/${first.manifest.id}.json`));
  await s3.control.swap({ ...held, generation: 8 }, version, signal);
  assert.is(s3.requests - before, 4);
  const middle = s3.requests;
  await transfer(s3, second, first);
  assert.is(s3.requests - middle, 1 + 10 + 10);
});

test('a large asset goes in parts with flat memory, and one that breaks off leaves nothing', async () => {
  const s3 = place.open();
  const size = 40 * 1_048_576;
  const block = Buffer.alloc(65_536, 'holdfast ');
  const bytes =
    (length: number): OpenFile =>
    () =>
      Readable.from(
        (function* () {
          for (let at = 0; at < length; at += block.length) yield block;
        })(),
      );
  const hash = createHash('sha256');
  for await (const chunk of bytes(size)('identity')) hash.update(chunk);
  const ref = { sha256: hash.digest('hex'), size };
  const release = releaseWith(releaseOf(1, { 'film.mp4': '' }), { 'film.mp4': { ...ref, type: 'video/mp4' } });
  const open = await s3.begin(release.manifest, standing(), signal);
  const clean = await place.inventory();
  await failure(open.put(release.file('film.mp4'), bytes(size - block.length)), 'blob-damaged');
  assert.is(await place.inventory(), clean);
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 5);
  await open.put(release.file('film.mp4'), bytes(size));
  clearInterval(watch);
  await open.commit(guardOf(s3));
  assert.ok(most - before < size * 0.6, `${Math.round((most - before) / 1e6)} MB more`);
  const found = [];
  for await (const { state } of s3.readBack(release.manifest, { files: release.manifest.files, isLive: true }, signal))
    found.push(state);
  assert.equal(found, ['whole']);
  assert.equal((await place.stored('film.mp4'))?.answer.ContentType, 'video/mp4');
});

test('where a path is unsure, only what it should be is kept', async () => {
  const s3 = place.open();
  const first = releaseOf(1, { 'a.html': 'a', 'b.html': 'b', 'c.html': 'c' });
  const second = releaseOf(2, { 'a.html': 'A', 'b.html': 'B', 'c.html': 'C' });
  await publish(s3, first);
  await place.tamper('a.html', { Body: 'somebody else’s', Metadata: { sha256: sha('other') } });
  await place.tamper('c.html', { Body: 'somebody else’s' });
  const open = await s3.begin(second.manifest, standing(first, { unsure: new Set(['a.html', 'b.html']) }), signal);
  for (const path of ['a.html', 'b.html']) await open.put(second.file(path), second.open(second.file(path)));
  assert.equal(await keptIn(place), [sha('b')]);
  await open.put(second.file('c.html'), second.open(second.file('c.html')));
  await open.commit(guardOf(s3));
  const back = await s3.begin(first.manifest, standing(second, { source: first.manifest }), signal);
  await back.restore(first.file('b.html'));
  for (const path of ['a.html', 'c.html']) await failure(back.restore(first.file(path)), 'destination-damaged');
});

test('a damaged object is told from a whole one, and --force puts right what is not as the manifest says', async () => {
  const s3 = place.open();
  const release = releaseOf(1, {
    'a.html': { body: LONG, isCompressed: true },
    'b.html': 'b',
    'c.html': 'c',
    'd.html': { body: `${LONG}!`, isCompressed: true },
  });
  await publish(s3, release);
  const whole = await place.stored('a.html');
  const Metadata = whole?.answer.Metadata;
  await place.tamper('a.html', { Body: gzipSync('other'), ContentEncoding: 'gzip', Metadata });
  await place.tamper('b.html', { Body: 'B', Metadata: { sha256: sha('b') } });
  const cut = (await place.stored('d.html'))?.body.subarray(0, 20) ?? '';
  await place.tamper('d.html', { Body: cut, ContentEncoding: 'gzip' });
  const states = async () => {
    const found: string[] = [];
    const { files } = release.manifest;
    for await (const { state } of s3.readBack(release.manifest, { files, isLive: true }, signal)) found.push(state);
    return found;
  };
  assert.equal(await states(), ['damaged', 'damaged', 'whole', 'damaged']);
  const lineOf = async (key: string) =>
    (await place.inventory()).split('\n').find((line) => line.startsWith(`${key} `));
  const before = await lineOf('c.html');
  const forced = await s3.begin(release.manifest, standing(release, { unsure: 'all' }), signal);
  for (const file of changedFiles(release.manifest, undefined)) await forced.put(file, release.open(file));
  await forced.commit(guardOf(s3));
  assert.equal(await states(), ['whole', 'whole', 'whole', 'whole']);
  assert.is(await lineOf('c.html'), before);
});

test.run();
