import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { createSite } from '../../src/model/site.ts';
import { assertAnalytics, createAnalytics } from '../../src/render/analytics/index.ts';
import { type EditContext, editPage } from '../../src/render/edit.ts';
import { splice } from '../../src/render/splice.ts';
import { suite } from '../support/suite.ts';
import { ORIGIN, wordpressPost } from './pages/wordpress.ts';

const test = suite('editing a page');

const site = createSite({ name: 'Example', url: 'https://www.example.org', origin: ORIGIN, aliases: ['example.org'] });
const analytics = [
  createAnalytics({
    use: 'plausible',
    domain: 'example.org',
    script: 'https://plausible.io/js/script.pageview-props.js',
  }),
  createAnalytics({ use: 'pixel' }),
];

const plain: EditContext = {
  site,
  address: '/launch/',
  kind: 'page',
  noindex: false,
  analytics: [],
  shortlink: (query) => (query === 'p=12' ? '/plan/' : undefined),
};
const counted: EditContext = { ...plain, analytics };

function edit(html: string | Buffer, context: EditContext = plain): string {
  return editPage(Buffer.isBuffer(html) ? html : Buffer.from(html), context).toString();
}

const HEAD =
  '<script defer data-domain="example.org" event-kind="page" src="https://plausible.io/js/script.pageview-props.js"></script>\n';
const BODY = '<img src="/_holdfast/pixel.gif?kind=page&amp;path=%2Flaunch%2F" alt="" width="1" height="1" hidden>\n';

test('a WordPress post comes out with the public address everywhere and nothing that only WordPress answers', () => {
  const edited = edit(wordpressPost(), counted);
  assert.not.match(edited, /10\.0\.0\.5/);
  for (const gone of [
    'replytocom',
    'xmlrpc',
    'wlwmanifest',
    'api.w.org',
    "rel='shortlink'",
    '7a1b2c3d4e',
    '0123456789',
    'posts/211',
  ]) {
    assert.not(edited.includes(gone), `${gone} is still there`);
  }
  for (const kept of [
    '"concatemoji":"https:\\/\\/www.example.org\\/wp-includes',
    'embed?url=https%3A%2F%2Fwww.example.org%2Flaunch%2F',
    'share.example/?u=https%3A%2F%2Fwww.example.org%2Flaunch%2F',
    'action="https://www.example.org/wp-comments-post.php"',
    `class='comment-reply-link' href='#respond' data-commentid="1" data-postid="211"`,
    'href="https://www.example.org/plan/#more">the plan',
    '<a >the other plan',
    'href="https://elsewhere.example/?p=12"',
    'rel="canonical" href="https://www.example.org/launch/"',
    'name="ak_nonce" value=""',
    '"nonce":""',
    'caf\u00e9, \u65e5\u672c',
    'https://www.example.org/wp-content/uploads/a-300x200.jpg 300w, https://www.example.org/wp-content/uploads/a.jpg 1024w',
    `${HEAD}</head>`,
    `${BODY}</body>`,
  ]) {
    assert.ok(edited.includes(kept), `${kept} is missing`);
  }
  assertAnalytics(Buffer.from(edited), analytics, 'launch/index.html');
});

test('editing an edited page changes nothing, and gives the very same bytes', () => {
  const context = { ...counted, noindex: true, robots: 'nofollow, googlebot: noarchive' };
  const once = editPage(Buffer.from(wordpressPost()), context);
  assert.is(editPage(once, context), once);
});

test('a page of another system that names nothing of ours stays byte for byte', () => {
  const page =
    '<!doctype html><html><head><link rel="pingback" href="https://hub.example/ping"><link rel="shortlink" href="/s/abc">' +
    '<link rel="alternate" type="application/json" href="/feed.json"><link rel="EditURI" href="/editor"></head>' +
    '<body><a class="reply" href="?reply=5">r</a><a href="/list?p=two">2</a><a href="?page=2">3</a><p title="nonce: word">x</p></body></html>';
  const bytes = Buffer.from(page);
  assert.is(editPage(bytes, plain), bytes);
});

const CHARSETS: readonly [charset: string, text: string][] = [
  ['iso-8859-1', 'caf\xe9 \xa0\xff'],
  ['windows-1251', '\xcf\xf0\xe8\xe2\xe5\xf2 \x98'],
  ['Shift_JIS', '\x93\xfa\x96{\x8c\xea \x83\\\x95\\ \x81@'],
  ['GBK', '\xd6\xd0\xce\xc4 \x81\x5c\x81\x7c'],
  ['utf-8, broken', '\xc3( \xff\xfe \xed\xa0\x80'],
];

for (const [charset, text] of CHARSETS) {
  test(`a page in ${charset} keeps its bytes`, () => {
    const page = (origin: string, [head, body]: readonly [string, string]) =>
      `<html><head><meta charset="${charset}"><title>${text}</title>${head}</head><body><a title="${text}" href="${origin}/x">${text}</a>\\/\\/${text}${body}</body></html>`;
    const before = Buffer.from(page(ORIGIN, ['', '']), 'latin1');
    const after = Buffer.from(page('https://www.example.org', [HEAD, BODY]), 'latin1');
    assert.equal(editPage(before, counted), after);
  });
}

test('bytes outside of the edits stay, whatever they are', () => {
  // No markup of its own: each `<` would change what the tags around it mean.
  const bytes = fc
    .uint8Array({ maxLength: 40 })
    .map((list) => Buffer.from(list).toString('latin1').replace(/[<&]/g, '.'));
  const parts = fc.tuple(bytes, bytes, bytes, bytes);
  fc.assert(
    fc.property(parts, ([one, two, three, four]) => {
      const before = `<html><head><title>${one}</title></head><body>${two}<a class="comment-reply-link" href="/launch/?replytocom=1">${three}</a><img src="${ORIGIN}/a.png">${four}</body></html>`;
      const after = `<html><head><title>${one}</title>${HEAD}</head><body>${two}<a class="comment-reply-link" href="#respond">${three}</a><img src="https://www.example.org/a.png">${four}${BODY}</body></html>`;
      assert.is(editPage(Buffer.from(before, 'latin1'), counted).toString('latin1'), after);
    }),
  );
});

test('however a page is cut, it carries its analytics once', () => {
  const page = wordpressPost(1);
  for (let length = 0; length < page.length; length += 7) {
    const bytes = editPage(Buffer.from(page.slice(0, length)), counted);
    assertAnalytics(bytes, analytics, `${length}`);
  }
});

test('whatever the markup is, it carries its analytics once, and a second edit changes nothing', () => {
  const pieces = [
    '<head>',
    '</head>',
    '<body>',
    '</body>',
    '</html>',
    '<template>',
    '</template>',
    '<noscript>',
    '</noscript>',
    '<script>',
    '</script>',
    '<!--',
    '-->',
    '<title>',
    '</title>',
    '<svg>',
    '</svg>',
    '<p a="',
    '">',
    'text',
    '<div>',
    '<style>',
    '</style>',
    HEAD,
    BODY,
    '<!doctype html>',
    '<meta name=robots content=noindex>',
    '<textarea>',
    '<plaintext>',
  ];
  const pages = fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((list) => list.join(''));
  fc.assert(
    fc.property(pages, (page) => {
      const context = { ...counted, noindex: true };
      const once = editPage(Buffer.from(page), context);
      assertAnalytics(once, analytics, page);
      assert.is(editPage(once, context), once);
    }),
    { numRuns: 3000 },
  );
});

test('analytics that the page has already do not go in again, and of two the second goes', () => {
  const own = `<script defer data-domain="example.org" src="/js/script.js"></script>`;
  const html = `<html><head>${own}</head><body>${own}<p>x</p><script async data-domain='a.org,Example.org' src=y.js>\n</script></body></html>`;
  const edited = edit(html, counted);
  assert.is(edited, `<html><head>${own}</head><body><p>x</p>${BODY}</body></html>`);
  assertAnalytics(Buffer.from(edited), analytics, 'x');
});

test('analytics of another site, in a template or in a comment are not ours', () => {
  const others =
    '<script data-domain="other.org" src="https://plausible.io/js/script.js"></script><!-- <script data-domain="example.org" src="x"></script> -->' +
    '<template><script data-domain="example.org" src="x"></script></template>';
  const edited = edit(`<html><head>${others}</head><body></body></html>`, counted);
  assert.is(edited, `<html><head>${others}${HEAD}</head><body>${BODY}</body></html>`);
});

test('composed pages keep what looks like WordPress, and holding pages carry their name', () => {
  const html =
    '<html><head></head><body><a href="/?p=999">x</a><input type="hidden" name="x_nonce" value="1"></body></html>';
  const edited = edit(html, { ...counted, kind: 'holding', address: '/_holdfast/holding/busy.html' });
  assert.ok(edited.includes('<a href="/?p=999">x</a><input type="hidden" name="x_nonce" value="1">'));
  assert.ok(edited.includes('event-kind="holding" event-holding="busy"'));
  assert.ok(edited.includes('pixel.gif?kind=holding&amp;path=%2F_holdfast%2Fholding%2Fbusy.html&amp;name=busy"'));
  const named = edit(html, { ...counted, kind: 'holding', address: '/x.html', name: 'launch "1"' });
  assert.ok(named.includes('event-holding="launch &quot;1&quot;"') && named.includes('&amp;name=launch%20%221%22"'));
});

test('a page of 1.9 MB with a thousand comments takes well under two seconds', () => {
  const page = Buffer.from(wordpressPost(1000).replaceAll('Comment number', `Comment ${'and more words '.repeat(85)}`));
  assert.ok(page.length > 1_800_000, `${page.length}`);
  const started = performance.now();
  const edited = editPage(page, counted).toString('latin1');
  assert.ok(performance.now() - started < 2000, `${performance.now() - started} ms`);
  assert.not.match(edited, /10\.0\.0\.5|replytocom/);
});

test('splicing refuses nothing and loses nothing', () => {
  assert.is(splice('abcdef', []), 'abcdef');
  assert.is(splice('abcdef', [{ start: 0, end: 0, text: 'X' }]), 'Xabcdef');
  assert.is(
    splice('abcdef', [
      { start: 4, end: 6, text: '' },
      { start: 1, end: 2, text: 'YZ' },
      { start: 1, end: 1, text: '' },
    ]),
    'aYZcd',
  );
  assert.is(
    splice('ab', [
      { start: 1, end: 1, text: '1' },
      { start: 1, end: 1, text: '2' },
    ]),
    'a12b',
  );
});

test.run();
