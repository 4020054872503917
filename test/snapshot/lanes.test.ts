import * as assert from 'uvu/assert';
import { pathMatcher } from '../../src/model/globs.ts';
import { isDue, lanesOf } from '../../src/snapshot/lanes.ts';
import { suite } from '../support/suite.ts';

const test = suite('lanes and their patterns');

const MATCHES: readonly [pattern: string, address: string, matches: boolean][] = [
  ['/tag/**', '/tag/', true],
  ['/tag/**', '/tag/oak/', true],
  ['/tag/**', '/tag/oak/page/2/', true],
  ['/tag/**', '/tags/', false],
  ['/tag/*', '/tag/oak', true],
  ['/tag/*', '/tag/oak/page/2', false],
  ['/tag/*/', '/tag/oak/', true],
  ['/**/feed/', '/feed/', true],
  ['/**/feed/', '/2024/a/feed/', true],
  ['/**/*.pdf', '/a/b/c.pdf', true],
  ['/{a,b}/**', '/b/c/', true],
  ['/{a,b}/**', '/c/b/', false],
  ['/news/202?/', '/news/2024/', true],
  ['/**', '/.well-known/x', true],
  ['/café/**', '/caf%C3%A9/menu/', true],
  ['/caf%C3%A9/**', '/caf%C3%A9/menu/', true],
  ['/a.b/', '/axb/', false],
  ['/exact/', '/exact/', true],
  ['/', '/', true],
  ['/news?(/)', '/news', true],
  ['/news?(/)', '/news/', true],
  ['/news?(/)', '/news/x', false],
  ['/', '/a/', false],
  ['/**', '/', true],
  ['/exact/', '/inexact/exact/', false],
];

for (const [pattern, address, matches] of MATCHES) {
  test(`${pattern} ${matches ? 'takes' : 'leaves'} ${address}`, () => {
    assert.is(pathMatcher([pattern])(address), matches);
    assert.is(pathMatcher(['/never/**', pattern, '/nor/this/'])(address), matches);
  });
}

test('without a pattern nothing is taken', () => {
  assert.is(pathMatcher([])('/'), false);
});

const lane = (name: string, every: number, more: object = {}) => ({
  name,
  every,
  exclude: [],
  limit: 10,
  paths: ['/'],
  ...more,
});

test('lanes are looked at fastest first, whatever their order in the configuration', () => {
  assert.equal(
    lanesOf([lane('slow', 100), lane('fast', 1), lane('middle', 10)]).map(({ name }) => name),
    ['fast', 'middle', 'slow'],
  );
});

test('what a lane lists by path is never excluded from it', () => {
  const [one] = lanesOf([lane('one', 1, { paths: ['/wp-login.php', '/tag/oak/'], exclude: ['/tag/**'] })]);
  assert.is(one?.excludes('/tag/oak/'), false);
  assert.is(one?.excludes('/tag/ash/'), true);
  assert.is(one?.excludes('/wp-login.php'), false);
  assert.is(one?.excludes('/wp-admin/edit.php'), true);
});

/** Begun before the clock was set back. */
const AHEAD = { began: 1_000_000, ended: 1_000_500 };

const DUE: readonly [string, { began: number; ended?: number; whole: boolean } | undefined, number, boolean][] = [
  ['a lane that was never looked at is due', undefined, 0, true],
  ['a pass that has not ended is due at once', { began: 1000, whole: false }, 1001, true],
  [
    'just before nine tenths of the interval it is not due',
    { began: 1000, ended: 1500, whole: true },
    1000 + 53_999,
    false,
  ],
  [
    'at nine tenths of the interval since it began it is due',
    { began: 1000, ended: 50_000, whole: true },
    1000 + 54_000,
    true,
  ],
  ['a clock that was set back by more than the interval does not stop it', { ...AHEAD, whole: true }, 5, true],
  ['one that was set back by an interval does not', { ...AHEAD, whole: true }, 1_000_000 - 60_000, true],
  ['one that was set back a little makes nothing due', { ...AHEAD, whole: true }, 1_000_000 - 59_999, false],
  ['nor does it before nine tenths have passed again', { ...AHEAD, whole: true }, 1_000_000 + 53_999, false],
  ['and then it is due', { ...AHEAD, whole: true }, 1_000_000 + 54_000, true],
];

for (const [sentence, state, now, expected] of DUE) {
  test(sentence, () => {
    const [one] = lanesOf([lane('one', 60_000)]);
    assert.ok(one);
    assert.is(isDue(one, { lane: () => state } as never, now), expected);
  });
}

test.run();
