import * as assert from 'uvu/assert';
import type { FileKind } from '../../src/model/manifest.ts';
import { inOrder } from '../../src/publish/order.ts';
import { leftoversOf } from '../../src/publish/prune.ts';
import { recordOf } from '../conformance/releases.ts';
import { fileOf } from '../support/manifests.ts';
import { suite } from '../support/suite.ts';

const test = suite('the order in which files become visible, and in which they go');

const KINDS: Readonly<Record<string, FileKind>> = {
  'style.css': 'asset',
  'pictures/pool.png': 'asset',
  'feed/index.xml': 'feed',
  'sitemap.xml': 'feed',
  '_holdfast/holding/busy.html': 'holding',
  'old/index.html': 'redirect',
};
const fileAt = (path: string) => ({ ...fileOf(path, path), kind: KINDS[path] ?? ('page' as const) });
const groups = (paths: readonly string[], release = paths): string[][] =>
  inOrder(paths.map(fileAt), release.map(fileAt)).map((group) => group.map(({ path }) => path));

const TABLE: readonly [what: string, paths: string[], release: string[] | undefined, expected: string[][]][] = [
  ['nothing at all', [], undefined, []],
  [
    'assets before the page that needs them, feeds last',
    ['sitemap.xml', 'index.html', 'style.css', 'feed/index.xml'],
    undefined,
    [['style.css'], ['index.html'], ['sitemap.xml', 'feed/index.xml']],
  ],
  [
    'posts before the lists that link to them, however deep',
    ['index.html', 'news/index.html', 'news/2027/tide/index.html', 'about/index.html'],
    undefined,
    [
      ['news/2027/tide/index.html', 'about/index.html'],
      ['index.html', 'news/index.html'],
    ],
  ],
  [
    'which page is a list is seen from all of the release, not from what is put',
    ['news/index.html', 'about/index.html'],
    ['news/index.html', 'about/index.html', 'news/2027/index.html'],
    [['about/index.html'], ['news/index.html']],
  ],
  [
    'holding pages and redirects stand alone, and make no list of what is above them',
    ['_holdfast/holding/busy.html', 'old/index.html', 'pictures/pool.png'],
    undefined,
    [['pictures/pool.png'], ['_holdfast/holding/busy.html', 'old/index.html']],
  ],
];

for (const [what, paths, release, expected] of TABLE)
  test(`${what}`, () => assert.equal(groups(paths, release), expected));

test('every file is in one group, once', () => {
  const paths = [...Object.keys(KINDS), 'index.html', 'a/index.html', 'a/b/index.html'];
  assert.equal(groups(paths).flat().sort(), [...paths].sort());
});

test('what was live before is taken out of sight at once, what cannot be returned to only when there is enough of it', () => {
  const releases = Array.from({ length: 50 }, (_, n) => `r${50 - n}`);
  const left = (unpruned: string[], all = false) => leftoversOf(recordOf({ live: 'r50', releases, unpruned }), all);
  assert.equal(left(['r49', 'old1']), { retired: ['r49'], dropped: [] });
  assert.equal(left(['old1'], true), { retired: [], dropped: ['old1'] });
  const many = ['old1', 'old2', 'old3', 'old4', 'old5', 'old6'];
  assert.equal(
    left(many),
    { retired: [], dropped: many.slice(0, 5) },
    'five at a time: each is megabytes once it is read',
  );
});

test('a release that its publisher may still be writing is looked at each time, and not dropped', () => {
  const suspects = [{ release: 'stray', until: '2027-01-01T00:00:00Z' }];
  const record = recordOf({ live: 'r1', releases: ['r1'], unpruned: ['stray'], suspects });
  assert.equal(leftoversOf(record, true), { retired: ['stray'], dropped: [] });
});

test.run();
