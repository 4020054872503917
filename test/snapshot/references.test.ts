import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { References } from '../../src/model/capture.ts';
import { createSite } from '../../src/model/site.ts';
import { referencesInCss, referencesInHtml } from '../../src/snapshot/references.ts';
import { addressesInSrcset } from '../../src/snapshot/srcset.ts';
import { suite } from '../support/suite.ts';

const test = suite('what pages refer to');

const site = createSite({
  name: 'Example',
  url: 'https://www.example.org',
  origin: 'http://10.0.0.5:8080',
  aliases: ['example.org', 'static.example.org'],
});

function read(html: string | Buffer, base = '/a/b/'): References {
  return referencesInHtml(Buffer.isBuffer(html) ? html : Buffer.from(html), base, site);
}

function assetsOf(references: References): string[] {
  return references.assets.map(({ address, version }) => (version === '' ? address : `${address} ${version}`));
}

const ASSETS: readonly [html: string, ...assets: string[]][] = [
  ['<link rel="stylesheet" href="http://10.0.0.5:8080/style.css?ver=6.1">', '/style.css ver=6.1'],
  ["<link rel='stylesheet' id='x-css' href='//example.org/style.css' media='all' />", '/style.css'],
  ['<LINK HREF=style.css REL=StyleSheet>', '/a/b/style.css'],
  ['<link rel="alternate stylesheet" href="/dark.css">', '/dark.css'],
  ['<link rel="shortcut icon" href="/favicon.ico">', '/favicon.ico'],
  ['<link rel="apple-touch-icon" href="/t.png"><link rel="mask-icon" href="/m.svg">', '/t.png', '/m.svg'],
  ['<link rel="manifest" href="/site.webmanifest">', '/site.webmanifest'],
  ['<link rel="preload" as="font" href="/f.woff2" crossorigin>', '/f.woff2'],
  ['<link rel="preload" as="image" imagesrcset="/1.jpg 1x, /2.jpg 2x">', '/1.jpg', '/2.jpg'],
  ['<link rel="modulepreload" href="/m.js">', '/m.js'],
  ['<link rel="prefetch" href="/later.js">', '/later.js'],
  ['<link rel="preconnect" href="http://10.0.0.5:8080/x.css"><link rel="dns-prefetch" href="//example.org">'],
  ['<link rel="alternate" type="application/rss+xml" href="/feed/"><link rel="canonical" href="/c/">'],
  ['<script src="/wp-includes/js/jquery.js?ver=3.6.1" id="jq"></script>', '/wp-includes/js/jquery.js ver=3.6.1'],
  ['<script>document.write("<img src=/no.png>")</script>'],
  ['<img src="/a.jpg" srcset="/a-300.jpg 300w, /a-600.jpg 600w" sizes="100vw">', '/a.jpg', '/a-300.jpg', '/a-600.jpg'],
  [
    '<picture><source srcset="/x.avif, /x2.avif 2x" type="image/avif"><img src=/x.jpg></picture>',
    '/x.avif',
    '/x2.avif',
    '/x.jpg',
  ],
  [
    '<video src="/v.mp4" poster="/p.jpg"><source src="/v.webm"><track src="/v.vtt"></video>',
    '/v.mp4',
    '/p.jpg',
    '/v.webm',
    '/v.vtt',
  ],
  ['<audio src="/s.mp3"></audio><object data="/o.svg"></object><embed src="/e.pdf">', '/s.mp3', '/o.svg', '/e.pdf'],
  ['<input type="image" src="/go.png"><input type="text" src="/no.png">', '/go.png'],
  ['<svg><image href="/i.png"/><use xlink:href="/sprite.svg#a"/><use href="#b"/></svg>', '/i.png', '/sprite.svg'],
  ['<p style="background: url(\'/bg.png\')">', '/bg.png'],
  ['<p style="background:url(&quot;/bg2.png&quot;)">', '/bg2.png'],
  [
    '<style>@import url(/i.css);@import "j.css" screen;.x{background:url( /k.png )}</style>',
    '/i.css',
    '/a/b/j.css',
    '/k.png',
  ],
  ['<style>/* url(/no.png) */ p::before{content:"url(/no2.png)"}</style>'],
  [
    '<img src="data:image/gif;base64,R0" data-src="/lazy.jpg" data-srcset="/lazy-2.jpg 2x">',
    '/lazy.jpg',
    '/lazy-2.jpg',
  ],
  ['<img data-src="{{ photo }}"><div data-src="/not-a-file"></div>'],
  ['<noscript><img src="/n.png"></noscript>', '/n.png'],
  ['<template><img src="/t.png"></template>', '/t.png'],
  [
    '<meta property="og:image" content="https://www.example.org/og.png"><meta name="twitter:image" content="/tw.png">',
    '/og.png',
    '/tw.png',
  ],
  ['<meta property="og:image" content="https://cdn.example.net/og.png">'],
  ['<meta name="msapplication-TileImage" content="/tile.png">', '/tile.png'],
  ['<body background="/wall.png">', '/wall.png'],
  ['<img src="/x.png?a=1&amp;b=2"><img src="/y.png?v=&#49;">', '/x.png a=1&b=2', '/y.png v=1'],
  ['<img src="/old.png?v=1"><img src="/between.png"><img src="/old.png?v=2">', '/old.png v=2', '/between.png'],
  ['<img src="/same.png"><img src="http://10.0.0.5:8080/same.png">', '/same.png'],
  ['<img src=""><img src="#"><img src="?img=1"><img src="/"><img>'],
  ['<img src="/counter.php?id=5"><script src="/wp-json/x.js"></script>'],
  [
    '<img src="https://elsewhere.example/x.png"><img src="//10.0.0.5/other-port.png"><img src="ftp://example.org/x.png">',
  ],
  [
    '<a href="/wp-content/uploads/photo.jpg"><a href="/report.pdf#page=2"><a href="/all.zip?dl=1">',
    '/wp-content/uploads/photo.jpg',
    '/report.pdf',
    '/all.zip dl=1',
  ],
  ['<!-- <img src="/no.png"> --><title><img src="/no.png"></title><textarea><img src="/no.png"></textarea>'],
  [
    '<script>window._wpemojiSettings = {"baseUrl":"https:\\/\\/s.w.org\\/images\\/","ext":".png","source":{"concatemoji":"http:\\/\\/10.0.0.5:8080\\/wp-includes\\/js\\/wp-emoji-release.min.js?ver=6.1"}};</script>',
    '/wp-includes/js/wp-emoji-release.min.js ver=6.1',
  ],
  [
    '<script type="importmap">{"imports":{"@wordpress/interactivity":"http://10.0.0.5:8080/wp-includes/js/i.min.js?ver=1"}}</script>',
    '/wp-includes/js/i.min.js ver=1',
  ],
];

for (const [html, ...assets] of ASSETS) {
  test(`assets of ${html.slice(0, 90)}`, () => assert.equal(assetsOf(read(html)), assets));
}

const LINKS: readonly [html: string, ...links: string[]][] = [
  ['<a href="http://10.0.0.5:8080/2024/post/">', '/2024/post/'],
  ['<a href="/x#top">x</a><a href="/x">again</a><a href="../y">', '/x', '/a/y'],
  ['<area href="https://www.example.org/map">', '/map'],
  ['<link rel="next" href="/page/2/"><link rel="prev" href="/page/0/">', '/page/2/', '/page/0/'],
  ['<link rel="prefetch" href="/soon/">', '/soon/'],
  ['<iframe src="/embed/"></iframe><frame src="/f/"><iframe src="/q/?x=1"></iframe>', '/embed/', '/f/'],
  ['<a href="?replytocom=5#respond"><a href="/?s=x"><a href="/post/?share=1">'],
  ['<a href="#"><a href=""><a href="mailto:a@example.org"><a href="tel:1"><a href="javascript:void(0)"><a>'],
  ['<a href="https://elsewhere.example/x/"><a href="http://10.0.0.5/x/">'],
  ['<a rel="nofollow" href="/n/">', '/n/'],
  [
    '<a href="/wp-login.php"><a href="/wp-admin/"><a href="/wp-admin/edit.php"><a href="/xmlrpc.php"><a href="/wp-json/">',
  ],
  ['<a href="/wp-administration/"><a href="/about-xmlrpc.php/">', '/wp-administration/', '/about-xmlrpc.php/'],
  ['<a href="/caf&eacute;/"><a href="/caf%c3%a9/">', '/caf%C3%A9/'],
  ['<a href="/v1.2/"><a href="/news.html"><a href="/about.us">', '/v1.2/', '/news.html', '/about.us'],
  ['<a href="/../../etc/passwd"><a href="/%2e%2e/x"><a href="/a%00b">', '/etc/passwd', '/x'],
  ['<a href=" /spaces/\n"><a href="/ta\tb/">', '/spaces/', '/tab/'],
];

for (const [html, ...links] of LINKS) {
  test(`links of ${html.slice(0, 90)}`, () => {
    const references = read(html);
    assert.equal(references.links, links);
    assert.equal(references.assets, []);
  });
}

test('collects pages by their number, and the number the page calls itself by', () => {
  const references = read(
    '<link rel="shortlink" href="http://10.0.0.5:8080/?p=211"><a href="/?p=12"><a href="http://example.org/?page_id=7#x">' +
      '<a href="/?attachment_id=9"><a href="/?p=12"><a href="/?p=12&preview=true"><a href="/?p=x"><a href="/?cat=3">',
  );
  assert.is(references.shortlink, 'p=211');
  assert.equal(references.shortlinks, ['p=12', 'page_id=7', 'attachment_id=9']);
  assert.equal(references.links, []);
});

test('a page without a shortlink names none', () => {
  assert.not('shortlink' in read('<link rel="shortlink" href="https://wp.me/p1">'));
});

test('heeds the first <base>, on the site and elsewhere', () => {
  assert.equal(read('<base href="/deep/er/"><base href="/no/"><img src="x.png"><a href="y">').links, ['/deep/er/y']);
  assert.equal(assetsOf(read('<base target="_top"><base href="http://example.org/d/"><img src="x.png">')), [
    '/d/x.png',
  ]);
  const elsewhere = read(
    '<base href="https://cdn.example.net/d/"><img src="x.png"><img src="/y.png"><a href="http://example.org/own/">',
  );
  assert.equal(assetsOf(elsewhere), []);
  assert.equal(elsewhere.links, ['/own/']);
});

test('reads addresses in the charset the page declares, else in UTF-8, as browsers do', () => {
  const page = (charset: string, bytes: string) =>
    Buffer.from(`<meta charset="${charset}"><a href="/${bytes}/">`, 'latin1');
  assert.equal(read(page('iso-8859-1', 'caf\xe9')).links, ['/caf%C3%A9/']);
  assert.equal(read(page('windows-1251', '\xef\xf0\xe8\xe2\xe5\xf2')).links, [
    '/%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82/',
  ]);
  assert.equal(read(page('Shift_JIS', '\x93\xfa\x96\x7b')).links, ['/%E6%97%A5%E6%9C%AC/']);
  assert.equal(read(page('utf-8', 'caf\xc3\xa9')).links, ['/caf%C3%A9/']);
});

test('a page that is cut or broken anywhere gives what it has and does not throw', () => {
  const whole =
    '<link rel=stylesheet href="/s.css"><p style="background:url(/b.png"><img srcset="/1.png 1x,,/2.png" src=\'/q.png><a href=/x>';
  for (let length = 0; length <= whole.length; length++) read(whole.slice(0, length));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void read(Buffer.from(bytes))));
});

test('does not take an article about markup for markup', () => {
  const references = read('<pre>&lt;img src="/no.png"&gt; &lt;a href="/no/"&gt;</pre>');
  assert.equal([references.assets, references.links], [[], []]);
});

const CSS: readonly [css: string, ...assets: string[]][] = [
  ['@import "a.css";', '/t/a.css'],
  ["@IMPORT 'a.css' layer(x) supports(display: grid) screen;", '/t/a.css'],
  ['@import url(a.css);@import url("b.css");', '/t/a.css', '/t/b.css'],
  [
    '@font-face{src:url(f.eot);src:url(f.eot?#iefix) format("embedded-opentype"),url(f.woff2?v=4)}',
    '/t/f.eot',
    '/t/f.woff2 v=4',
  ],
  ['.a{background:URL( "x y.png" )}', '/t/x%20y.png'],
  ['.a{background:url(../img/x\\(1\\).png)}', '/img/x(1).png'],
  ['.a{background:url("a\\"b.png"), url(\'c.png\')}', '/t/a%22b.png', '/t/c.png'],
  ['.a{background:url(\\2f root.png)}', '/root.png'],
  ['.a{background:image-set("1.png" 1x type("image/png"), url(2.png) 2x)}', '/t/1.png', '/t/2.png'],
  ['.a{background:-webkit-image-set(url("3.png") 1x)} .b{content:"4.png"}', '/t/3.png'],
  ['.a{fill:url(#g)}.b{background:url(data:image/png;base64,AA)}.c{background:url()}.d{background:url("")}'],
  ['/* @import "no.css"; */ .a{content:"@import \'no.css\'"} /* url(no.png)'],
  ['@namespace svg url(http://www.w3.org/2000/svg);.a{background:url(https://cdn.example.net/x.png)}'],
  ['.a{background:url(http://10.0.0.5:8080/abs.png)}', '/abs.png'],
  ['.a{background:url(caf\u00e9.png)}', '/t/caf%C3%A9.png'],
  ['.a{background:url(broken'],
];

for (const [css, ...assets] of CSS) {
  test(`stylesheet ${css.slice(0, 80)}`, () => {
    const references = referencesInCss(css, '/t/style.css', site);
    assert.equal(assetsOf(references), assets);
    assert.equal(references.links, []);
  });
}

const SRCSETS: readonly [value: string, ...addresses: string[]][] = [
  ['a.png', 'a.png'],
  ['a.png 1x, b.png 2x', 'a.png', 'b.png'],
  ['a.png, b.png 2x', 'a.png', 'b.png'],
  ['a.png,b.png', 'a.png,b.png'],
  ['img,w_300,h_200/a.png 300w, img,w_600/a.png 600w', 'img,w_300,h_200/a.png', 'img,w_600/a.png'],
  ['data:image/png;base64,AA==, b.png 2x', 'data:image/png;base64,AA==', 'b.png'],
  [' ,, a.png  1x ,\n\tb.png 2x ,', 'a.png', 'b.png'],
  ['a.png 100w (x, y), b.png', 'a.png', 'b.png'],
  [''],
  [' , '],
];

for (const [value, ...addresses] of SRCSETS) {
  test(`srcset ${JSON.stringify(value)}`, () => assert.equal(addressesInSrcset(value), addresses));
}

test('reads long and hostile stylesheets and srcsets in linear time', () => {
  const pieces = [
    'url(',
    'url("',
    '@import "',
    "'",
    '/*',
    'image-set(',
    'image-set("',
    '\\',
    'url(a\\',
    '"\\',
    '@import ',
    ' ',
    '(',
    ',',
  ];
  for (const piece of pieces) {
    const started = performance.now();
    referencesInCss(`url(x.png)${piece.repeat(50_000)}`, '/t/style.css', site);
    addressesInSrcset(piece.repeat(50_000));
    assert.ok(performance.now() - started < 5000, `${piece} took ${performance.now() - started} ms`);
  }
});

test('reads a page of 1.9 MB with a thousand comments', () => {
  const comment = (n: number) =>
    `<li id="comment-${n}"><img src="https://secure.gravatar.com/avatar/${n}?s=32" srcset="https://secure.gravatar.com/avatar/${n}?s=64 2x">` +
    `<a href="http://10.0.0.5:8080/post/#comment-${n}">at</a><p>${'words and words '.repeat(100)}</p>` +
    `<a class="comment-reply-link" href="http://10.0.0.5:8080/post/?replytocom=${n}#respond">Reply</a></li>`;
  const page = `<html><body><ol>${Array.from({ length: 1000 }, (_, n) => comment(n)).join('')}</ol></body></html>`;
  const started = performance.now();
  const references = read(page);
  assert.ok(performance.now() - started < 2000);
  assert.equal(references, { assets: [], links: ['/post/'], shortlinks: [] });
});

test.run();
