// takes: 5 s
import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { assertContained } from '../../src/render/contained.ts';
import { holdingFacts } from '../../src/render/holding.ts';
import { isPageStatus, unknownField } from '../../src/render/holding-fields.ts';
import { assertFits, LIMITS } from '../../src/render/limits.ts';
import { suite } from '../support/suite.ts';
import { compose, options, PACKAGE, pages, project, removeProjects } from './project.ts';

const test = suite('holding pages');
test.after(removeProjects);

const PATH = '_holdfast/holding/busy.html';

/** The message something is refused with. */
function refusalOf(act: () => void): string {
  try {
    act();
  } catch (error) {
    if (isHoldfastError(error, 'template-broken') && error.hint !== undefined) return error.message;
    throw error;
  }
  return 'not refused';
}

/** Text that does not become smaller. */
function noise(length: number): Buffer {
  let state = 1;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (state * 48_271) % 2_147_483_647;
      return state % 251;
    }),
  );
}

test('what each is to be served with is written down for others', async () => {
  const facts = holdingFacts((await compose(options(PACKAGE))).pages);
  assert.equal(
    facts.map(({ name, status, retryAfter, refresh }) => [name, status, retryAfter, refresh]),
    [
      ['busy', 503, 60, 20],
      ['launch', 200, null, 0],
      ['maintenance', 503, 600, 120],
      ['not-found', 404, null, 0],
      ['not-kept', 503, 300, 0],
      ['received', 202, null, 0],
    ],
  );
  assert.equal(facts[0]?.path, PATH);
});

test('one that says nothing is a 503 that is tried again after a minute; another status waits for nothing', async () => {
  const root = await project({ 'content/holding/a.md': 'words', 'content/holding/b.md': '---\nstatus: 410\n---\n' });
  const [a, b] = holdingFacts((await compose(options(root))).pages);
  assert.equal([a?.status, a?.retryAfter, a?.refresh], [503, 60, 60]);
  assert.equal([b?.status, b?.retryAfter, b?.refresh], [410, null, 0]);
});

test('the launch page has the words of the announcement, without its pictures', async () => {
  const announcement = [
    '---\nlayout: announcement.njk\ntags: announcement\ntitle: A small *computer*',
    'lead: For {{ nobody }}\nfacts:\n  - label: Price\n    text: "£35"\n---',
    'It is **here**.\n\n![The board](/img/board.jpg)\n',
  ].join('\n');
  const built = await pages(await project({ 'content/announcement.md': announcement }));
  const launch = built.get('_holdfast/holding/launch.html') ?? '';
  assert.match(launch, '<title>A small *computer* · Example</title>');
  assert.match(launch, /<h1>A small \*computer\*<\/h1>/);
  assert.match(launch, '<p class="lead">For {{ nobody }}</p>');
  assert.match(launch, '<dt>Price</dt><dd>£35</dd>');
  assert.match(launch, 'It is <strong>here</strong>.');
  assertContained(Buffer.from(launch), 'launch');
  assert.match(built.get('announcement/index.html') ?? '', 'src="/img/board.jpg"');
});

test('where there is no announcement the launch page has words of its own', async () => {
  const launch = (await pages(await project({}))).get('_holdfast/holding/launch.html') ?? '';
  assert.match(launch, '<h1>Our news is here</h1>');
  assert.match(launch, 'Thank you for coming to Example.');
});

test('the general limit is the compressed page with room for headers, and HAProxy holds the page as it is', () => {
  assertFits(Buffer.alloc(200_000, 'holdfast '), PATH, [LIMITS.any]);
  assertFits(noise(13_500), PATH, [LIMITS.any]);
  assert.match(
    refusalOf(() => assertFits(noise(13_700), PATH, [LIMITS.any])),
    /^_holdfast\/holding\/busy\.html is 14\d{3} bytes compressed with its headers: one first flight of TCP holds 14600$/,
  );
  assertFits(Buffer.alloc(14_360), PATH, [LIMITS.any, LIMITS.haproxy]);
  assert.match(
    refusalOf(() => assertFits(Buffer.alloc(14_361), PATH, [LIMITS.any, LIMITS.haproxy])),
    /busy\.html is 15361 bytes plain with its headers: HAProxy's error file holds 15360$/,
  );
});

for (const [what, html] of [
  ['an image', '<img src="/a.png">'],
  ['a set of images', '<img srcset="/a.png 2x">'],
  ['a style sheet', '<link rel="stylesheet" href="/a.css">'],
  ['an icon', '<link rel=icon href=/favicon.ico>'],
  ['a script', '<script src="https://cdn.example/a.js"></script>'],
  ['a frame', '<iframe src="//video.example/1"></iframe>'],
  ['a style that imports', '<style>@import "a.css";</style>'],
  ['a style with a picture', '<style>p { background: url( "/a.png" ) }</style>'],
  ['a style attribute with a picture', '<p style="background: url(/a.png)">'],
  ['part of a drawing', '<svg><use href="/a.svg#b"/></svg>'],
  ['an entity-coded image', '<img src="&#47;a.png">'],
] as const) {
  test(`${what} that is not in the page is refused`, () => {
    assert.match(
      refusalOf(() => assertContained(Buffer.from(html), PATH)),
      /^_holdfast\/holding\/busy\.html asks for \S+.* \(in <\w+>\)$/,
    );
  });
}

test('what is in the page, or only linked to, may be there', () => {
  const html = [
    '<link rel="icon" href="data:,"><link rel="canonical" href="https://www.example.org/">',
    '<style>p { background: url("data:image/gif;base64,R0"); fill: url(#a) }</style><script>1</script>',
    '<img src="data:image/gif;base64,R0" alt=""><svg><use href="#a"/></svg><a href="/a.png">a</a><!-- <img src=/a> -->',
  ].join('');
  assertContained(Buffer.from(html), PATH);
});

test('an unknown field is found where it stands, and what only looks like one is none', () => {
  assert.equal(unknownField('---\nname: a\n"refesh": 3\n---\n'), { field: 'refesh', line: 3 });
  assert.equal(unknownField('\uFEFF---yaml\nStatus: 503\n---\n'), { field: 'Status', line: 2 });
  for (const source of [
    'no: front matter',
    '---\n---\nretyAfter: 3',
    '---\nextra:\n  mine: 1\nlead: "a: b"\n# not: one\ntitle: >\n  this: is text\nlinks:\n- text: a\n---\nx: y\n',
    '---json\n{\n"title": "a"\n}\n---\n',
  ]) {
    assert.is(unknownField(source), undefined, source);
  }
});

test('a page is shown with a status that says well, accepted, or wrong', () => {
  assert.equal([200, 202, 404, 410, 429, 503, 100, 201, 204, 301, 304, 600].map(isPageStatus), [
    true,
    true,
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test.run();
