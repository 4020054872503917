import * as assert from 'uvu/assert';
import type { ReleaseFile } from '../../src/model/manifest.ts';
import { difference } from '../../src/release/difference.ts';
import { filesThatStay } from '../../src/release/stay.ts';
import { fileOf, manifestOf } from '../support/manifests.ts';
import { suite } from '../support/suite.ts';

const test = suite('the difference between two releases');

const page = fileOf('a/index.html', 'one');
const gz = fileOf('x', 'compressed');

const TABLE: readonly [string, ReleaseFile | undefined, ReleaseFile | undefined, string][] = [
  ['a file that is not there is put', page, undefined, 'put: not there'],
  ['other bytes are put', fileOf('a/index.html', 'two'), page, 'put: bytes differ'],
  ['another header alone is put', { ...page, headers: { location: '/b/' } }, page, 'put: headers differ'],
  ['another type alone is put', { ...page, type: 'text/plain' }, page, 'put: headers differ'],
  ['another compressed form alone is put', { ...page, variants: { gzip: gz } }, page, 'put: variants differ'],
  ['another kind alone is put', { ...page, kind: 'redirect' }, page, 'put: kind differs'],
  ['the same file is left', page, page, 'same'],
  [
    'being carried over is no difference',
    { ...page, carried: { since: '2027-01-01T00:00:00Z', releases: 1 } },
    page,
    'same',
  ],
  ['a file that is left out is removed', undefined, page, 'remove: not in the release'],
  [
    'a carried file that ran out is removed',
    undefined,
    { ...page, carried: { since: '2027-01-01T00:00:00Z', releases: 4 } },
    'remove: no page has needed it for a while',
  ],
];

for (const [sentence, next, live, expected] of TABLE) {
  test(sentence, () => {
    const keep = fileOf('index.html', 'home');
    const result = difference(manifestOf([keep, ...(next ? [next] : [])]), manifestOf([keep, ...(live ? [live] : [])]));
    const said = [...result.put.map(({ why }) => `put: ${why}`), ...result.remove.map(({ why }) => `remove: ${why}`)];
    assert.equal(said, expected === 'same' ? [] : [expected]);
    assert.is(result.same, expected === 'same' ? 2 : 1);
  });
}

test('against nothing everything is put', () => {
  const result = difference(manifestOf([page, fileOf('b.css', 'b')]), undefined);
  assert.equal([result.put.length, result.remove.length, result.same], [2, 0, 0]);
});

test('forced, every file is put again, and nothing else is removed', () => {
  const live = manifestOf([page, fileOf('b.css', 'b')]);
  const result = difference(live, live, { force: true });
  assert.equal(
    result.put.map(({ why }) => why),
    ['forced', 'forced'],
  );
  assert.equal(result.remove, []);
});

test('a file that may be another than the live release says is put again', () => {
  const live = manifestOf([page, fileOf('b.css', 'b')]);
  const { put, same } = difference(live, live, { unsure: new Set(['b.css', 'not-of-this-release.css']) });
  assert.equal([put.map(({ file, why }) => `${file.path}: ${why}`), same], [['b.css: uncertain'], 1]);
});

test('a page that may stay keeps its file, and with it every asset of the live release that was not taken down', () => {
  const live = manifestOf([
    page,
    fileOf('b/index.html', 'b'),
    fileOf('b.css', 'b'),
    fileOf('down.css', 'd'),
    fileOf('old.css', 'o', { carried: { since: '2027-01-01T00:00:00Z', releases: 1 } }),
  ]);
  const stays = filesThatStay([fileOf('index.html', 'home')], live, {
    mayStay: (address) => address === '/a/',
    isWithdrawn: (address) => address === '/down.css',
  });
  assert.equal(
    stays.map(({ path }) => path),
    ['a/index.html', 'b.css'],
  );
});

test('where no page stays nothing stays', () => {
  assert.equal(
    filesThatStay([], manifestOf([page, fileOf('b.css', 'b')]), { mayStay: () => false, isWithdrawn: () => false }),
    [],
  );
});

test('what is rendered anew is not taken from the live release', () => {
  assert.equal(
    filesThatStay([fileOf('a/index.html', 'new')], manifestOf([page]), {
      mayStay: () => true,
      isWithdrawn: () => false,
    }),
    [],
  );
});

test.run();
