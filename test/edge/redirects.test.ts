import * as assert from 'uvu/assert';
import { redirectsOf, told } from '../../src/edge/redirects.ts';
import type { ReleaseFile } from '../../src/model/manifest.ts';
import { markerOf } from '../../src/model/marker.ts';
import { fileOf } from '../support/manifests.ts';
import { suite } from '../support/suite.ts';

const test = suite('redirects that a server is told of');

const moved = (path: string, more: Partial<ReleaseFile> = {}): ReleaseFile =>
  fileOf(path, 'small', { kind: 'redirect', status: 301, headers: { location: 'https://e.org/new' }, ...more });

test('the marker of a redirect tells its file, its status and its target apart', () => {
  const marker = markerOf(moved('old/index.html'));
  assert.is(marker, 'old/.index.html.301-c7919a6d50e2');
  const others = [
    moved('index.html'),
    moved('old/a.html'),
    moved('old/index.html', { status: 302 }),
    moved('old/index.html', { headers: { location: 'https://e.org/newer' } }),
  ].map(markerOf);
  assert.is(new Set([marker, ...others]).size, 5);
  assert.ok(others.every((other) => other !== undefined));
});

const UNMARKED: readonly [string, ReleaseFile][] = [
  ['a page', moved('old/index.html', { kind: 'page' })],
  ['a redirect of which only the target is known', fileOf('o', 'x', { kind: 'redirect', headers: { location: '/a' } })],
  ['what robots look for by itself', moved('.well-known/change-password/index.html')],
  ['a name with no room for more', moved(`${'n'.repeat(235)}.html`)],
];
for (const [what, file] of UNMARKED) test(`${what} has no marker`, () => assert.is(markerOf(file), undefined));

test('a folder is asked for with and without its slash, a file by its name', () => {
  const { list, left, release } = redirectsOf({
    id: 'R1',
    files: ['index.html', 'old/index.html', 'b.html'].map((path) => moved(path)),
  });
  assert.equal(
    list.map(({ paths }) => paths),
    [['/', '/index.html'], ['/old', '/old/', '/old/index.html'], ['/b.html']],
  );
  assert.equal([left, release], [0, 'R1']);
  assert.match(told({ list, left, release })[0] ?? '', '3, of release R1.');
});

const LEFT: readonly [string, ReleaseFile][] = [
  ...['$', '"', '`', '{', '*', '\\', '\n', '\t', '['].map((sign): [string, ReleaseFile] => [
    `a path with ${JSON.stringify(sign)}`,
    moved(`a${sign}b.html`),
  ]),
  ...['$', '"', '`', '{', ' ', '\n', 'é'].map((sign): [string, ReleaseFile] => [
    `a target with ${JSON.stringify(sign)}`,
    moved('a.html', { headers: { location: `https://e.org/${sign}` } }),
  ]),
  ['a target of another scheme', moved('a.html', { headers: { location: 'javascript:alert(1)' } })],
  [
    'a target that is longer than a word may be',
    moved('a.html', { headers: { location: `https://e.org/${'a'.repeat(2000)}` } }),
  ],
];
for (const [what, file] of LEFT)
  test(`${what} stays a small page, and is counted`, () => {
    const { list, left } = redirectsOf({ id: 'R1', files: [file, fileOf('index.html', 'x')] });
    assert.equal([list.length, left], [0, 1]);
  });

test('nothing is known where nothing was published', () => {
  const known = redirectsOf(undefined);
  assert.equal(known, { release: undefined, list: [], left: 0 });
  assert.match(told(known)[0] ?? '', /^# None/);
});

test.run();
