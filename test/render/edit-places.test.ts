import * as assert from 'uvu/assert';
import { createSite } from '../../src/model/site.ts';
import { assertAnalytics, createAnalytics } from '../../src/render/analytics/index.ts';
import { type EditContext, editPage } from '../../src/render/edit.ts';
import { suite } from '../support/suite.ts';

const test = suite('where markup goes in');

const site = createSite({ name: 'Example', url: 'https://www.example.org', origin: 'http://10.0.0.5', aliases: [] });
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
  shortlink: () => undefined,
};
const counted: EditContext = { ...plain, analytics };

function edit(html: string | Buffer, context: EditContext = plain): string {
  return editPage(Buffer.isBuffer(html) ? html : Buffer.from(html), context).toString();
}

const HEAD =
  '<script defer data-domain="example.org" event-kind="page" src="https://plausible.io/js/script.pageview-props.js"></script>\n';
const BODY = '<img src="/_holdfast/pixel.gif?kind=page&amp;path=%2Flaunch%2F" alt="" width="1" height="1" hidden>\n';

const PLACES: readonly [why: string, html: string, edited: string][] = [
  ['the end tags', '<html><head></head><body></body></html>', '<html><head>H</head><body>B</body></html>'],
  [
    'no head end tag',
    '<html><head><title>x</title><body>y</body></html>',
    '<html><head><title>x</title>H<body>yB</body></html>',
  ],
  ['no head at all', '<!doctype html><p>x</p></body>', '<!doctype html>H<p>x</p>B</body>'],
  ['no tags but html', '<!doctype html><html><p>x</p></html>', '<!doctype html><html>H<p>x</p>B</html>'],
  ['no end of anything', '<title>x</title><p>y', '<title>x</title>H<p>yB'],
  ['no tags', '<!-- c --><!DOCTYPE html>\njust text', '<!-- c --><!DOCTYPE html>H\njust textB'],
  ['nothing', '', 'HB'],
  ['a byte order mark', '\xef\xbb\xbfjust text', '\xef\xbb\xbfHjust textB'],
  [
    'an element that ends the head',
    '<head><meta name=a><div>x</div></head><body></body>',
    '<head><meta name=a>H<div>x</div></head><body>B</body>',
  ],
  [
    'an image in a noscript in the head',
    '<head><noscript><img src=x></noscript><link rel=x></head><body></body>',
    '<head><noscript><img src=x></noscript><link rel=x>H</head><body>B</body>',
  ],
  [
    'a template in the head',
    '<head><template><p></p></template></head><body></body>',
    '<head><template><p></p></template>H</head><body>B</body>',
  ],
  [
    '</head> and </body> in a script',
    '<head><script>"</head></body>"</script></head><body><script>"</body>"</script></body>',
    '<head><script>"</head></body>"</script>H</head><body><script>"</body>"</script>B</body>',
  ],
  [
    '</head> in a comment',
    '<head><!-- </head> --></head><body><!-- </body> --></body><!-- </body> -->',
    '<head><!-- </head> -->H</head><body><!-- </body> -->B</body><!-- </body> -->',
  ],
  [
    'several bodies',
    '<head></head><body>1</body><body>2</body></html>',
    '<head>H</head><body>1</body><body>2B</body></html>',
  ],
  ['a script that never ends', '<head></head><body>x<script>never', '<head>H</head><body>xB<script>never'],
  ['a comment that never ends', '<head></head><body>x<!-- </body>', '<head>H</head><body>xB<!-- </body>'],
  ['a tag that never ends', '<head></head><body>x<img src="</body>', '<head>H</head><body>xB<img src="</body>'],
  ['a title that never ends', '<head><title>x</head><body></body>', '<head>HB<title>x</head><body></body>'],
  ['a template that never ends', '<head></head><body><template>x</body>', '<head>H</head><body>B<template>x</body>'],
  ['upper case', '<HTML><HEAD></HEAD><BODY></BODY></HTML>', '<HTML><HEAD>H</HEAD><BODY>B</BODY></HTML>'],
];

for (const [why, html, edited] of PLACES) {
  test(`analytics find their place with ${why}`, () => {
    const bytes = editPage(Buffer.from(html, 'latin1'), counted);
    const marked = bytes.toString('latin1').replace(HEAD, 'H').replace(BODY, 'B');
    assert.is(marked, edited);
    assertAnalytics(bytes, analytics, why);
    assert.is(editPage(bytes, counted), bytes);
  });
}

const ROBOTS: readonly [robots: string | undefined, noindex: boolean, present: string, added: string][] = [
  [undefined, false, '', ''],
  [undefined, true, '', '<meta name="robots" content="noindex">\n'],
  ['noindex', false, '', '<meta name="robots" content="noindex">\n'],
  ['noindex, nofollow', false, '', '<meta name="robots" content="noindex, nofollow">\n'],
  ['nofollow', true, '', '<meta name="robots" content="noindex, nofollow">\n'],
  ['index, follow', true, '', '<meta name="robots" content="noindex, follow">\n'],
  ['noindex', true, '', '<meta name="robots" content="noindex">\n'],
  ['googlebot: nofollow, noarchive', false, '', '<meta name="googlebot" content="nofollow, noarchive">\n'],
  [
    'noindex, otherbot: none',
    false,
    '',
    '<meta name="robots" content="noindex">\n<meta name="otherbot" content="none">\n',
  ],
  [
    'max-snippet:20, max-image-preview: large',
    false,
    '',
    '<meta name="robots" content="max-snippet:20, max-image-preview: large">\n',
  ],
  [
    'unavailable_after: Wed, 03 Dec 2027 13:09:53 GMT',
    false,
    '',
    '<meta name="robots" content="unavailable_after: Wed, 03 Dec 2027 13:09:53 GMT">\n',
  ],
  ['noindex"><script>', false, '', '<meta name="robots" content="noindex&quot;&gt;&lt;script&gt;">\n'],
  [undefined, true, '<meta name="ROBOTS" content="NOINDEX,nofollow">', ''],
  [
    undefined,
    true,
    "<meta content='max-image-preview:large' name='robots' />",
    '<meta name="robots" content="noindex">\n',
  ],
  ['nofollow', false, '<meta name="googlebot" content="nofollow">', '<meta name="robots" content="nofollow">\n'],
];

for (const [robots, noindex, present, added] of ROBOTS) {
  test(`X-Robots-Tag ${robots ?? 'none'}${noindex ? ', to be left out,' : ''} beside ${present || 'nothing'} becomes a meta tag`, () => {
    const context = { ...plain, noindex, ...(robots === undefined ? {} : { robots }) };
    assert.is(edit(`<head>${present}</head>`, context), `<head>${present}${added}</head>`);
  });
}

test.run();
