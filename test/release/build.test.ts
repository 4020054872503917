import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import type { Manifest, ReleaseFile } from '../../src/model/manifest.ts';
import { buildRelease, identityOf } from '../../src/release/build.ts';
import { CARRY_MS, CARRY_RELEASES } from '../../src/release/carry.ts';
import { fileOf, manifestOf } from '../support/manifests.ts';
import { suite } from '../support/suite.ts';

const test = suite('building a release');
const withdrawn = new Set<string>();
const START = Date.parse('2027-02-02T09:00:00Z');

function build(files: readonly ReleaseFile[], live?: Manifest, now = START): Manifest {
  return buildRelease({
    site: 'www.example.org',
    environment: 'production',
    lineage: 'b3c1',
    files,
    pages: files.filter(({ kind }) => kind === 'page').length,
    isWithdrawn: (address) => withdrawn.has(address),
    live,
    now: new Date(now),
  });
}

test('it is named by its time and its content, and lists its files by path', () => {
  const release = build([fileOf('b.css', 'b'), fileOf('index.html', 'home'), fileOf('a.css', 'a')]);
  assert.match(release.id, /^20270202T090000Z-[0-9a-f]{12}$/);
  assert.equal(
    release.files.map(({ path }) => path),
    ['a.css', 'b.css', 'index.html'],
  );
  assert.is(release.parent, null);
});

test('the same content is the live release itself, however much later', () => {
  const live = build([fileOf('index.html', 'home'), fileOf('s.css', 's')]);
  assert.is(build([fileOf('s.css', 's'), fileOf('index.html', 'home')], live, START + 9e9), live);
});

const CHANGES: readonly [string, ReleaseFile][] = [
  ['bytes', fileOf('index.html', 'other')],
  ['type', fileOf('index.html', 'home', { type: 'text/plain' })],
  ['kind', fileOf('index.html', 'home', { kind: 'redirect' })],
  ['a header', fileOf('index.html', 'home', { headers: { 'cache-control': 'no-store' } })],
  ['the status of a redirect', fileOf('index.html', 'home', { status: 302 })],
  ['a variant', fileOf('index.html', 'home', { variants: { gzip: fileOf('x', 'gz') } })],
];

for (const [what, file] of CHANGES) {
  test(`a change of ${what} makes another release, with the live one as its parent`, () => {
    const live = build([fileOf('index.html', 'home'), fileOf('about/index.html', 'about')]);
    const next = build([{ ...file, kind: file.kind }, fileOf('about/index.html', 'about')], live, START + 60_000);
    assert.is.not(next.id, live.id);
    assert.is(next.parent, live.id);
  });
}

test('the order of headers does not change the identity', () => {
  const one = fileOf('index.html', 'x', { headers: { a: '1', b: '2' } });
  const other = fileOf('index.html', 'x', { headers: { b: '2', a: '1' } });
  assert.is(identityOf([one]), identityOf([other]));
});

test('a release without a single page is refused', () => {
  try {
    build([fileOf('s.css', 's')]);
    assert.unreachable();
  } catch (error) {
    assert.ok(isHoldfastError(error, 'nothing-to-release'));
  }
});

test('an asset that no page needs any more stays for at least 24 hours and 3 releases, whichever is longer', () => {
  let live = build([fileOf('index.html', '0'), fileOf('old.css', 'old')]);
  const isThere = () => live.files.some(({ path }) => path === 'old.css');
  for (let hour = 1; hour <= CARRY_RELEASES; hour++) {
    live = build([fileOf('index.html', `${hour}`)], live, START + hour * 3_600_000);
    assert.ok(isThere(), `release ${hour}`);
  }
  live = build([fileOf('index.html', 'before')], live, START + 3_600_000 + CARRY_MS - 1);
  assert.ok(isThere(), 'just before 24 hours');
  live = build([fileOf('index.html', 'after')], live, START + 3_600_000 + CARRY_MS);
  assert.not.ok(isThere(), '24 hours after it was last needed');
});

test('after a quiet day an asset still stays for three releases', () => {
  let live = build([fileOf('index.html', '0'), fileOf('old.css', 'old')]);
  for (let count = 1; count <= CARRY_RELEASES; count++) {
    live = build([fileOf('index.html', `${count}`)], live, START + count * 10 * CARRY_MS);
    assert.ok(
      live.files.some(({ path }) => path === 'old.css'),
      `release ${count}`,
    );
  }
  live = build([fileOf('index.html', 'last')], live, START + 40 * CARRY_MS);
  assert.not.ok(live.files.some(({ path }) => path === 'old.css'));
});

test('an asset that ran out of its time is no reason for a release of its own', () => {
  const first = build([fileOf('index.html', '0'), fileOf('old.css', 'old')]);
  const second = build([fileOf('index.html', '1')], first, START + 60_000);
  assert.is(build([fileOf('index.html', '1')], second, START + 100 * CARRY_MS), second);
});

test('an asset that is needed again is not carried any more', () => {
  const first = build([fileOf('index.html', '0'), fileOf('a.css', 'a')]);
  const second = build([fileOf('index.html', '1')], first, START + 1000);
  assert.ok(second.files.find(({ path }) => path === 'a.css')?.carried !== undefined);
  const third = build([fileOf('index.html', '2'), fileOf('a.css', 'a')], second, START + 2000);
  assert.is(third.files.find(({ path }) => path === 'a.css')?.carried, undefined);
});

test('an old asset never stands in the way of a file or folder of the release', () => {
  const live = manifestOf([fileOf('index.html', '0'), fileOf('a', 'was a file'), fileOf('b/c.css', 'was in a folder')]);
  const next = build(
    [fileOf('index.html', '1'), fileOf('a/index.html', 'now a folder'), fileOf('b', 'now a file', { kind: 'feed' })],
    live,
    START,
  );
  assert.equal(
    next.files.map(({ path }) => path),
    ['a/index.html', 'b', 'index.html'],
  );
});

test('withdrawn pages are not carried', () => {
  const live = build([
    fileOf('index.html', '0'),
    fileOf('secret/index.html', 's'),
    fileOf('feed/index.xml', 'f', { kind: 'feed' }),
  ]);
  const next = build([fileOf('index.html', '0')], live, START + 1000);
  assert.equal(
    next.files.map(({ path }) => path),
    ['index.html'],
  );
});

test.run();
