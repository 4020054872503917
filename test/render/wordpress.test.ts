import * as assert from 'uvu/assert';
import { MarkupScanner } from '../../src/model/markup.ts';
import { createSite } from '../../src/model/site.ts';
import { stripNonces } from '../../src/render/nonces.ts';
import { splice } from '../../src/render/splice.ts';
import { neutralise } from '../../src/render/wordpress.ts';
import { suite } from '../support/suite.ts';

const test = suite('what only a live WordPress answers');

const site = createSite({ name: 'Example', url: 'https://www.example.org', origin: 'http://10.0.0.5', aliases: [] });
const pages = new Map([
  ['p=12', '/plan/'],
  ['page_id=7', '/caf%C3%A9/'],
  ['p=13', `/it's-"odd"&co/`],
]);
const context = { site, address: '/launch/', shortlink: (query: string) => pages.get(query) };

function neutralised(html: string): string {
  const scanner = new MarkupScanner(html);
  const edits = [];
  while (scanner.next()) {
    const edit = scanner.closing ? undefined : neutralise(scanner, context);
    if (edit !== undefined) edits.push(edit);
  }
  return splice(html, edits);
}

const CHANGED: readonly [html: string, to: string][] = [
  [
    '<a rel="nofollow" class="comment-reply-link" href="https://www.example.org/launch/?replytocom=5#respond" data-commentid="5">R</a>',
    '<a rel="nofollow" class="comment-reply-link" href="#respond" data-commentid="5">R</a>',
  ],
  [
    "<a class='x comment-reply-link' href='/launch/?a=1&#038;replytocom=5#respond'>",
    "<a class='x comment-reply-link' href='#respond'>",
  ],
  ['<a href=?replytocom=5#respond class=reply>', '<a href=#respond class=reply>'],
  ['<A HREF="?replytocom=5">', '<A HREF="#respond">'],
  ['<a class="comment-reply-link" href="#comment-5">', '<a class="comment-reply-link" href="#respond">'],
  ['<a href="/?p=12">', '<a href="/plan/">'],
  [
    '<a href="https://www.example.org/?p=12#comment-3" id=x>',
    '<a href="https://www.example.org/plan/#comment-3" id=x>',
  ],
  ['<a href="//www.example.org/?page_id=7">', '<a href="https://www.example.org/caf%C3%A9/">'],
  [`<a href='/?p=13'>`, `<a href='/it&#39;s-&quot;odd&quot;&amp;co/'>`],
  ['<area shape=rect href="/?p=99">', '<area shape=rect >'],
  ['<a class="b"href="/?attachment_id=4"id="c">x</a>', '<a class="b"id="c">x</a>'],
  ['<a href=/?p=99>x</a>', '<a >x</a>'],
  ['<link rel="pingback" href="https://www.example.org/xmlrpc.php">', ''],
  ['<link href="/blog/xmlrpc.php" rel=pingback />', ''],
  ['<link rel="EditURI" type="application/rsd+xml" title="RSD" href="https://www.example.org/xmlrpc.php?rsd" />', ''],
  ['<link rel="wlwmanifest" type="application/wlwmanifest+xml" href="/wp-includes/wlwmanifest.xml" />', ''],
  ['<link rel="https://api.w.org/" href="https://www.example.org/wp-json/" />', ''],
  ['<link rel="https://api.w.org/" href="https://www.example.org/index.php?rest_route=/" />', ''],
  ['<link rel="alternate" type="application/json" href="https://www.example.org/wp-json/wp/v2/posts/211" />', ''],
  ['<link rel="alternate" title="JSON" type="application/json" href="/?rest_route=/wp/v2/posts/211" />', ''],
  ["<link rel='shortlink' href='https://www.example.org/?p=211' />", ''],
];

for (const [html, to] of CHANGED) {
  test(`${html} becomes ${to === '' ? 'nothing' : to}`, () => {
    assert.is(neutralised(html), to);
    assert.is(neutralised(to), to);
  });
}

const LEFT: readonly string[] = [
  '<a class="comment-reply-link" href="#respond">',
  '<a class="comment-reply-link">',
  '<a class="comment-reply-login" href="https://www.example.org/wp-login.php?redirect_to=x">',
  '<a href="https://elsewhere.example/?replytocom=5">',
  '<a class="comment-reply-link" href="https://elsewhere.example/x">',
  '<a href="https://elsewhere.example/?p=12">',
  '<a href="/?p=12&preview=true">',
  '<a href="/?p=twelve">',
  '<a href="/?page=2">',
  '<a href="/list?q=p=12">',
  '<a href="/plan/?utm_source=x">',
  '<a name="x">',
  '<link rel="alternate" type="application/json+oembed" href="https://www.example.org/wp-json/oembed/1.0/embed?url=x" />',
  '<link rel="alternate" type="text/xml+oembed" href="https://www.example.org/wp-json/oembed/1.0/embed?url=x&#038;format=xml" />',
  '<link rel="alternate" type="application/json" href="/feed.json">',
  '<link rel="alternate" type="application/rss+xml" href="/feed/">',
  '<link rel="pingback" href="https://elsewhere.example/xmlrpc.php">',
  '<link rel="pingback" href="/pings">',
  '<link rel="shortlink" href="https://wp.me/p1-aa">',
  '<link rel="shortlink" href="/s/12">',
  '<link rel="EditURI" href="/edit">',
  '<link rel="canonical" href="https://www.example.org/?p=12">',
  '<link rel="stylesheet" href="/s.css">',
  '<form action="https://www.example.org/wp-comments-post.php" method="post">',
];

for (const html of LEFT) test(`${html} stays`, () => assert.is(neutralised(html), html));

test('nonces and tokens are emptied where they stand, and nothing else', () => {
  const before =
    '<input type="hidden" name="_wpnonce" value="7a1b2c3d4e" /><script>var s = {"nonce":"7a1b2c3d4e","ver":"7a1b2c3d4e"};</script>' +
    '<meta name="csrf-token" content="abcdefghijklmnopqrstuvwx"><p>once upon a time</p>';
  const after =
    '<input type="hidden" name="_wpnonce" value="" /><script>var s = {"nonce":"","ver":"7a1b2c3d4e"};</script>' +
    '<meta name="csrf-token" content=""><p>once upon a time</p>';
  assert.is(stripNonces(before), after);
  assert.is(stripNonces(after), after);
});

test('a page without nonces is given back as it is', () => {
  const text = '<p>nothing secret \xe9</p>';
  assert.is(stripNonces(text), text);
});

test.run();
