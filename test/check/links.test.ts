import * as assert from 'uvu/assert';
import { answersOf } from '../../src/check/answering.ts';
import type { Finding } from '../../src/check/finding.ts';
import { createLinkReader } from '../../src/check/links.ts';
import { checkRedirects } from '../../src/check/redirects.ts';
import { whyAbsent } from '../../src/check/why-absent.ts';
import { configSchema, type HoldfastConfig } from '../../src/config/schema.ts';
import { addressOfFile } from '../../src/model/address.ts';
import { pathMatcher } from '../../src/model/globs.ts';
import { createSite } from '../../src/model/site.ts';
import type { Entry } from '../../src/model/snapshot.ts';
import { releaseOf } from '../conformance/releases.ts';
import { smallConfig } from '../support/project.ts';
import { suite } from '../support/suite.ts';

const SITE = createSite({
  name: 'x',
  url: 'https://www.example.org',
  origin: 'http://10.0.0.5',
  aliases: ['example.org'],
});

const page = (...inside: readonly string[]): string => `<!doctype html><body>${inside.join('')}</body>`;
const link = (href: string): string => `<a href="${href}">x</a>`;

/** What is told of the links of a release with these files. */
function checked(files: Readonly<Record<string, string>>, more: Partial<HoldfastConfig> = {}): readonly Finding[] {
  const config = configSchema.parse(smallConfig('http://10.0.0.5', more));
  const { manifest } = releaseOf(1, files);
  const entries = new Map<string, Entry>([
    ['/gone/', { lane: 'hot', withdrawn: 'gone' }],
    ['/slow/', { lane: 'hot', trouble: { problem: 'timeout', text: 'no answer within 20 s', since: 0, looks: 1 } }],
  ]);
  const reader = createLinkReader({
    site: SITE,
    answers: answersOf(manifest, config),
    isLeft: pathMatcher(config.assets.exclude),
    why: whyAbsent({ pages: entries as never }, config),
  });
  for (const [path, text] of Object.entries(files)) {
    const type = path.endsWith('.css') ? 'text/css' : 'text/html';
    if (/\.(?:html|css)$/.test(path)) reader.read({ address: addressOfFile(path), type, bytes: Buffer.from(text) });
  }
  return reader.findings();
}

/** `link: /a/ (why) on /, /b/`, the gravest first. */
const dead = (findings: readonly Finding[]): readonly string[] =>
  findings.flatMap(({ list = [] }) => list.map(({ what, on, pages }) => `${what} on ${on.join(', ')} (${pages})`));

const test = suite('links of a release');

const CASES: readonly [
  name: string,
  files: Readonly<Record<string, string>>,
  said: readonly string[],
  more?: Partial<HoldfastConfig>,
][] = [
  [
    'a page that is there, however it is spelt',
    { 'index.html': page(link('/a'), link('/a/'), link('a/index.html')), 'a/index.html': page() },
    [],
  ],
  [
    'the site by its other names',
    { 'index.html': page(link('http://example.org/b/'), link('//10.0.0.5/b/')) },
    ['/b/ (never looked at) on / (1)'],
  ],
  [
    'another site, a mail, a fragment, a script',
    {
      'index.html': page(
        link('https://other.example/b/'),
        link('mailto:a@b.example'),
        link('#a'),
        link('javascript:0'),
      ),
    },
    [],
  ],
  [
    'a link with a query, where its page is there, or is not',
    {
      'index.html': page(link('/a/?x=1'), link('/a?x=2#part'), link('/b/?x=1'), link('/b/'), link('/wp-login.php?a=b')),
      'a/index.html': page(),
    },
    ['/b/ (never looked at) on / (1)'],
  ],
  [
    'a link with a query that the origin answers, and one that it does not',
    { 'a/index.html': page(link('/?s=word'), link('/list/?page=2'), link('/list/?sort=up')) },
    ['/list/ (never looked at) on /a/ (1)'],
    {
      edge: {
        dynamic: [
          { path: '/', query: ['s'] },
          { path: '/list/', query: ['page'] },
        ],
      },
    },
  ],
  [
    'relative to its page',
    { 'a/b/index.html': page(link('../c/'), link('d/')) },
    ['/a/c/ (never looked at) on /a/b/ (1)', '/a/b/d/ (never looked at) on /a/b/ (1)'],
  ],
  [
    'one target on many pages is told once, with its pages',
    {
      'index.html': page(link('/b/')),
      'a/index.html': page(link('/b/'), link('/b/')),
      'c/index.html': page(link('/d/'), link('/b/')),
    },
    ['/b/ (never looked at) on /, /a/, /c/ (3)', '/d/ (never looked at) on /c/ (1)'],
  ],
  [
    'why it is absent',
    { 'index.html': page(link('/gone/'), link('/slow'), link('/shop/x/')) },
    [
      '/gone/ (gone at the origin) on / (1)',
      '/slow (timeout: no answer within 20 s) on / (1)',
      '/shop/x/ (excluded from every lane) on / (1)',
    ],
    { lanes: [{ name: 'hot', paths: ['/'], every: '1m', exclude: ['/shop/**'] }] },
  ],
  [
    'images, styles and what styles name',
    {
      'index.html': page('<img src="/i.png" srcset="/i-2.png 2x"><link rel=stylesheet href="/s.css">'),
      's.css': 'a { background: url(bg.png) }',
      'i.png': 'x',
    },
    ['/i-2.png on / (1)', '/bg.png on /s.css (1)'],
  ],
  [
    'files that are left to others',
    { 'index.html': page('<img src="/media/i.png">') },
    [],
    { assets: { exclude: ['/media/**'] } },
  ],
  [
    'paths that the origin answers',
    { 'index.html': page(link('/forum/t/1/'), link('/basket/')) },
    ['/basket/ (never looked at) on / (1)'],
    { edge: { dynamic: [{ path: '/forum/**' }] } },
  ],
  [
    'where what is elsewhere is the origin’s',
    { 'index.html': page(link('/basket/')) },
    [],
    { edge: { elsewhere: 'origin' } },
  ],
  [
    'names that servers hide',
    { 'index.html': page(link('/.git/config')), '.git/config': 'x' },
    ['/.git/config (never looked at) on / (1)'],
  ],
];
for (const [name, files, said, more] of CASES) test(name, () => assert.equal(dead(checked(files, more)), said));

test('how many links have a query that a file overlooks is said, each once', () => {
  const files = { 'index.html': page(link('/a/?x=1'), link('/a/?x=2')), 'a/index.html': page(link('?x=1')) };
  assert.equal(
    checked(files).map(({ level, text }) => [level, text]),
    [
      ['ok', '2 files with 1 address linked'],
      ['ok', '2 links with a query: the page is there, and is the same with any'],
    ],
  );
});

test('a redesign that broke half the links fails, and names each old address once with the pages that hold it; a slip is a warning', () => {
  const count = 400;
  const menu = Array.from({ length: 10 }, (_, n) => link(`/section-${n}/`));
  const files = (isMoved: (n: number) => boolean): Record<string, string> => ({
    ...Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`section-${n}/index.html`, page(...menu)])),
    ...Object.fromEntries(
      Array.from({ length: count }, (_, n) => [
        `${isMoved(n) ? 'archive/' : ''}post-${n}/index.html`,
        page(...menu, link(`/post-${(n + 1) % count}/`), link(`/post-${(n + 2) % count}/`)),
      ]),
    ),
  });
  const [all, broken, ...more] = checked(files((n) => n % 2 === 0));
  assert.is(all?.text, '410 files with 410 addresses linked');
  assert.equal([broken?.level, broken?.text], ['fail', '200 pages linked that the release lacks (400 links)']);
  assert.is(broken?.list?.length, 200);
  assert.ok(broken?.list?.every(({ on, pages }) => on.length === 2 && pages === 2));
  assert.equal(more, []);
  const [, slip] = checked(files((n) => n === 7));
  assert.equal([slip?.level, slip?.text], ['warn', '1 page linked that the release lacks (2 links)']);
});

test('redirects: circles fail, chains and absent targets are told, other sites and good ones are counted', () => {
  const { manifest } = releaseOf(1, { 'index.html': page(), 'new/index.html': page() });
  const answers = answersOf(
    manifest,
    configSchema.parse(smallConfig('http://10.0.0.5', { edge: { dynamic: [{ path: '/forum/**' }] } })),
  );
  const redirects = [
    { address: '/good/', to: 'https://www.example.org/new/' },
    { address: '/forum-old/', to: '/forum/' },
    { address: '/spelling', to: '/new' },
    { address: '/first/', to: '/second/' },
    { address: '/second/', to: '/new/#part' },
    { address: '/a/', to: '/b/' },
    { address: '/b/', to: 'http://example.org/a/' },
    { address: '/self/', to: '/self/' },
    { address: '/lost/', to: '/nowhere/' },
    { address: '/away/', to: 'https://other.example/' },
  ];
  const found = checkRedirects(redirects, { site: SITE, answers });
  assert.equal(
    found.map(({ level, text, list = [] }) => [level, text, list.map(({ what }) => what)]),
    [
      ['ok', '10 redirects, 1 of them to other sites, which are not asked', []],
      ['fail', '3 redirects in a circle', ['/a/ to /b/', '/b/ to http://example.org/a/', '/self/ to /self/']],
      ['warn', '1 redirect to what the release lacks', ['/lost/ to /nowhere/']],
      ['warn', '1 redirect over others', ['/first/ to /second/']],
    ],
  );
  assert.equal(checkRedirects([], { site: SITE, answers }), []);
});

test.run();
