// takes: 10 s
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type * as Composed from '../../src/render/composed.ts';
import { isInTurn, type Span, spanOf, standing, turnOf, writtenIn } from '../../src/render/embargo.ts';
import type * as Blobs from '../../src/store/blobs.ts';
import { importBuilt } from '../support/built.ts';
import { suite } from '../support/suite.ts';
import { BARE, compose, options, pages, project, refusal, removeProjects, write } from './project.ts';

const { embargoesIn, openComposed } = await importBuilt<typeof Composed>('render/composed');
const { openBlobs } = await importBuilt<typeof Blobs>('store/blobs');

const test = suite('pages under embargo');
test.after(removeProjects);

const NINE = Date.parse('2027-02-02T09:00:00Z');
const TEN = NINE + 3_600_000;

const spans: [span: Span, at: number, is: string][] = [
  [{ publishAt: NINE }, NINE - 1, 'embargoed'],
  [{ publishAt: NINE }, NINE, 'shown'],
  [{ unpublishAt: NINE }, NINE - 1, 'shown'],
  [{ unpublishAt: NINE }, NINE, 'past'],
  [{ publishAt: NINE, unpublishAt: TEN }, NINE - 1, 'embargoed'],
  [{ publishAt: NINE, unpublishAt: TEN }, TEN - 1, 'shown'],
  [{ publishAt: NINE, unpublishAt: TEN }, TEN, 'past'],
  [{}, NINE, 'shown'],
];

for (const [span, at, is] of spans) {
  test(`${JSON.stringify(span)} at ${at} is ${is}`, () => assert.is(standing(span, at), is));
}

test('what is composed stays the same from the last instant that has come to the next', () => {
  const all = [{ publishAt: NINE, unpublishAt: TEN }, { publishAt: TEN + 5 }];
  for (const [at, turn] of [
    [NINE - 1, { since: null, until: NINE }],
    [NINE, { since: NINE, until: TEN }],
    [TEN + 4, { since: TEN, until: TEN + 5 }],
    [TEN + 5, { since: TEN + 5, until: null }],
  ] as const) {
    assert.equal(turnOf(all, at), turn);
    assert.ok(isInTurn(turn, at));
    assert.not.ok(turn.until !== null && isInTurn(turn, turn.until));
    assert.not.ok(turn.since !== null && isInTurn(turn, turn.since - 1));
  }
});

const SITE = {
  ...BARE,
  'content/index.md': '---\ntags: post\nunpublishAt: 2027-02-02T09:00:00Z\n---\nBefore',
  'content/after.md': '---\npermalink: /\npublishAt: 2027-02-02T10:00:00+01:00\n---\nAfter',
  'content/one.md': '---\ntags: post\ntitle: One\n---\nOpen',
  'content/secret.md':
    '---\ntags: post\ntitle: Canary\npublishAt: "2027-02-02T10:00[Europe/Berlin]"\n---\nCanary {{ publishAt }}',
  'content/list.njk': '{% for p in collections.post %}{{ p.url }} {{ p.data.title }};{% endfor %}',
  'content/launch/launch.json': '{ "publishAt": "2027-02-02T09:00:00Z" }',
  'content/launch/index.md': 'Canary folder',
  'content/launch/picture.png': 'canary picture',
  'content/launch/open/open.json': '{ "publishAt": "2027-02-01T09:00:00Z" }',
  'content/launch/open/early.png': 'open picture',
  'content/holding/soon.md': '---\npublishAt: 2027-02-02T09:00:00Z\nstatus: 200\n---\nCanary hold',
};

test('before its time a page is in no output, list or folder, pictures with it; from its millisecond on it is in all', async () => {
  const root = await project(SITE);
  const { pages: composed, hidden, since, until } = await compose(options(root, { at: NINE - 1 }));
  const before = new Map(composed.map(({ path, html }) => [path, html.toString('utf8')]));
  // The origin is not to be asked for what is left out.
  assert.equal(hidden.map(({ output }) => output).sort(), [
    '_holdfast/holding/soon.html',
    'index.html',
    'launch/index.html',
    'launch/picture.png',
    'secret/index.html',
  ]);
  assert.equal([since, until], [Date.parse('2027-02-01T09:00:00Z'), NINE]);
  assert.is(before.get('index.html')?.trim(), '<p>Before</p>');
  assert.not.match(JSON.stringify([...before]), /canary|secret|holding\/soon/i);
  assert.is(before.get('list/index.html')?.trim(), '/ ;/one/ One;');
  assert.is(before.get('launch/open/early.png'), 'open picture');
  const after = await pages(root, { at: NINE });
  assert.is(after.get('index.html')?.trim(), '<p>After</p>', 'one page takes the place of another');
  assert.match(String(after.get('secret/index.html')), 'Canary 2027-02-02T09:00:00.000Z');
  assert.is(after.get('list/index.html')?.trim(), '/one/ One;/secret/ Canary;');
  for (const path of ['launch/index.html', 'launch/picture.png', '_holdfast/holding/soon.html'])
    assert.ok(after.has(path), path);
});

test('for editors it is composed all the same', async () => {
  const { 'content/after.md': _twin, ...rest } = SITE;
  const all = await pages(await project(rest), { at: NINE - 1, withEmbargoed: true });
  assert.ok(all.has('secret/index.html'));
  assert.ok(all.has('launch/picture.png'));
});

const refused: [written: string, rule: RegExp][] = [
  ['publishAt: 2027-02-02T09:00:00', /^`publishAt: 2027-02-02T09:00:00` is not an instant: write date/],
  ['publishAt: 2027-02-02', /^`publishAt: 2027-02-02` is not an instant/],
  ['publishAt: "2027-02-02" # quoted', /^`publishAt: 2027-02-02` is not an instant/],
  ['unpublishAt: soon', /^`unpublishAt: soon` is not an instant/],
  ['publishAt:', /^`publishAt: ` is not an instant/],
  [
    'publishAt: 2027-02-02T09:00:00Z\nunpublishAt: 2027-02-02T10:00:00+01:00',
    /^`unpublishAt` is not after `publishAt`/,
  ],
];

for (const [written, rule] of refused) {
  test(`refused: ${written.replaceAll('\n', ', ')}`, () => {
    const source = `---\ntitle: A\n${written}\n---\nA`;
    // YAML makes dates of them, of a local time too; that is why it is read again as it stands there.
    const data = Object.fromEntries(written.split('\n').map((line) => [line.split(':', 1)[0], new Date(0)]));
    assert.throws(
      () => spanOf(data, writtenIn(source)),
      (error: Error) => rule.test(error.message),
    );
  });
}

test('the refusal names file and line', async () => {
  const files = { ...BARE, 'content/a.md': '---\ntitle: A\npublishAt: 2027-02-02T09:00:00\n---\nA' };
  assert.match(await refusal(files), /^content\/a\.md:3 .*`publishAt: 2027-02-02T09:00:00` is not an instant/);
});

test("a folder's data file that names no instant is refused for its pictures too", async () => {
  const files = { ...BARE, 'content/a/a.json': '{"publishAt": "2027-02-02"}', 'content/a/b.png': 'b' };
  assert.match(await refusal(files), /^content\/a\/b\.png, by the data of its folder: `publishAt: 2027-02-02` is not/);
});

test('what was composed for an instant is kept beside what is composed for now, and neither is made twice', async () => {
  const root = await project({ ...BARE, 'content/secret.md': '---\npublishAt: 2027-02-02T09:00:00Z\n---\nCanary' });
  const state = await mkdtemp(join(tmpdir(), 'holdfast-composed-'));
  try {
    const file = join(state, 'composed.json');
    const cache = openComposed(file, openBlobs(join(state, 'blobs')));
    const bodies = async (at: number) => (await cache.pages(options(root, { at }))).map(({ body }) => body.sha256);
    const now = await bodies(NINE - 1000);
    const then = await bodies(NINE + 1000);
    assert.is(then.length, now.length + 1);
    assert.equal(await embargoesIn(file, NINE - 1000), { next: NINE, waiting: 1 });
    assert.equal(await embargoesIn(file, NINE), { next: null, waiting: 0 });
    assert.not.ok((await cache.addresses(NINE - 1000)).has('/secret/'));
    assert.ok((await cache.hidden(NINE - 1000)).has('/secret/'));
    assert.ok((await cache.addresses(NINE)).has('/secret/'));
    const written = async () => (await stat(file, { bigint: true })).mtimeNs;
    const before = await written();
    assert.equal([await bodies(NINE - 500), await bodies(NINE)], [now, then]);
    assert.is(await written(), before, 'nothing was composed anew');
    await write(root, { 'content/secret.md': '---\npublishAt: 2027-02-02T09:00:00Z\n---\nEdited' });
    assert.not.equal(await bodies(NINE), then);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});

test.run();
