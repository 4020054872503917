import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { fold, type Room, spellings } from '../../src/publish/fold.ts';
import { suite } from '../support/suite.ts';

const test = suite('what is asked of a cache for changed files');

const SPELLINGS: readonly [file: string, asked: string[], own?: string][] = [
  ['index.html', ['/'], '/index.html'],
  ['a/index.html', ['/a/', '/a'], '/a/index.html'],
  ['a/b/index.html', ['/a/b/', '/a/b'], '/a/b/index.html'],
  ['feed/index.xml', ['/feed/', '/feed'], '/feed/index.xml'],
  ['style.css', ['/style.css']],
  ['404.html', ['/404.html']],
  ['caf\u00e9 & tea/index.html', ['/caf%C3%A9%20&%20tea/', '/caf%C3%A9%20&%20tea'], '/caf%C3%A9%20&%20tea/index.html'],
];

for (const [file, asked, own] of SPELLINGS) {
  test(`${file} is asked for by ${asked.join(' and ')}, and perhaps by its own name`, () => {
    assert.equal(spellings(file, false), asked);
    assert.equal(spellings(file, true), own === undefined ? asked : [...asked, own]);
  });
}

const roomOf = (paths: number, prefixes = 0, more: Partial<Room> = {}): Room => ({
  paths,
  prefixes,
  total: Number.POSITIVE_INFINITY,
  byFile: false,
  ...more,
});

const YEARS = ['2024/a', '2024/b', '2023/c', '2023/d', '2023/e'].map((page) => `${page}/index.html`);

// biome-ignore format: one a line would be a long page
const FOLDS: readonly [name: string, files: string[], room: Room, paths: string[], prefixes: string[], rest: string[]][] =
  [
    ['what fits is asked path by path', ['index.html', 'a/index.html'], roomOf(3), ['/', '/a', '/a/'], [], []],
    ['what is not asked for is nothing', [], roomOf(3), [], [], []],
    ['without prefixes the rest waits, in its order', ['b.css', 'a.css', 'c.css'], roomOf(2), ['/a.css', '/b.css'], [], ['c.css']],
    ['both spellings of a page go together', ['a.css', 'a/index.html', 'b.css'], roomOf(2), ['/a.css', '/b.css'], [], ['a/index.html']],
    ['one folder is enough where it makes the rest fit', YEARS, roomOf(4, 5), ['/2024/a', '/2024/a/', '/2024/b', '/2024/b/'], ['/2023/'], []],
    ['two folders where one is not', YEARS, roomOf(3, 5), [], ['/2023/', '/2024/'], []],
    ['no more folders than the service takes', YEARS, roomOf(2, 1), ['/2024/a', '/2024/a/'], ['/2023/'], ['2024/b/index.html']],
    ['a folder costs one of the total too', YEARS, roomOf(9, 5, { total: 2 }), [], ['/2023/', '/2024/'], []],
    ['where nothing may be spent, all waits', ['a.css'], roomOf(9, 9, { total: 0 }), [], [], ['a.css']],
    ['deep folders come before shallow ones', ['a/x/1.css', 'a/x/2.css', 'a/y/3.css'], roomOf(1, 5), ['/a/y/3.css'], ['/a/x/'], []],
    ['shallow ones where deep ones are not enough', ['a/x/1.css', 'a/y/2.css', 'a/z/3.css'], roomOf(1, 5), [], ['/a/'], []],
    ['a folder is never purged for one file', ['a/1.css', 'b/2.css'], roomOf(1, 5), ['/a/1.css'], [], ['b/2.css']],
    ['files of the root are never everything', ['1.css', '2.css', '3/index.html'], roomOf(2, 5), ['/1.css', '/2.css'], [], ['3/index.html']],
    ["of a folder's own page only the spelling outside of it is left", ['a/index.html', 'a/1.css', 'a/2.css'], roomOf(2, 5), ['/a'], ['/a/'], []],
    ['a file named twice is one', ['a.css', 'a.css'], roomOf(1), ['/a.css'], [], []],
  ];

for (const [name, files, room, paths, prefixes, rest] of FOLDS) {
  test(name, () => assert.equal(fold(files, room), { ask: { paths, prefixes }, rest }));
}

const part = fc.constantFrom('a', 'b', 'c', 'd\u00e9', 'e f', '2024', 'index');
const file = fc.oneof(
  fc.array(part, { maxLength: 4 }).map((parts) => [...parts, 'index.html'].join('/')),
  fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `${parts.join('/')}.css`),
);
const room = fc.record({
  paths: fc.integer({ min: 0, max: 12 }),
  prefixes: fc.integer({ min: 0, max: 4 }),
  total: fc.oneof(fc.integer({ min: 0, max: 14 }), fc.constant(Number.POSITIVE_INFINITY)),
  byFile: fc.boolean(),
});

test('every path is asked for, covered by a folder, or waits whole; no limit is passed; the root is never a folder', () => {
  fc.assert(
    fc.property(fc.array(file, { maxLength: 25 }), room, (files, limits) => {
      const { ask, rest } = fold(files, limits);
      assert.ok(ask.paths.length <= limits.paths && ask.prefixes.length <= limits.prefixes);
      assert.ok(ask.paths.length + ask.prefixes.length <= limits.total);
      assert.ok(!ask.prefixes.includes('/') && ask.prefixes.every((prefix) => /^\/.+\/$/.test(prefix)));
      const isCovered = (path: string) =>
        ask.paths.includes(path) || ask.prefixes.some((prefix) => path.startsWith(prefix));
      for (const one of files) {
        const covered = spellings(one, limits.byFile).filter(isCovered).length;
        assert.ok(rest.includes(one) || covered === spellings(one, limits.byFile).length, one);
      }
      const asked = new Set(files.flatMap((one) => spellings(one, limits.byFile)));
      for (const path of ask.paths) assert.ok(asked.has(path), `${path} was not changed`);
      if (asked.size <= Math.min(limits.paths, limits.total)) assert.equal([ask.prefixes, rest], [[], []]);
      for (const prefix of ask.prefixes) assert.ok([...asked].filter((path) => path.startsWith(prefix)).length > 1);
    }),
    { numRuns: 2000 },
  );
});

test('twenty thousand changed pages are folded in a moment', () => {
  const files = Array.from({ length: 20_000 }, (_, index) => `${index % 40}/${index % 900}/${index}/index.html`);
  const began = performance.now();
  const { ask, rest } = fold(files, roomOf(1000, 30));
  const took = performance.now() - began;
  assert.ok(took < 2000, `${took} ms`);
  assert.is(ask.prefixes.length, 30);
  assert.is(rest.length + ask.paths.length / 2, 20_000 * (10 / 40));
});

test.run();
