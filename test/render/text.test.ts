import * as assert from 'uvu/assert';
import { createSite } from '../../src/model/site.ts';
import { editText } from '../../src/render/text.ts';
import { suite } from '../support/suite.ts';

const test = suite('editing text files');

const site = createSite({ name: 'Example', url: 'https://www.example.org', origin: 'http://10.0.0.5', aliases: [] });

const EDITED: readonly [type: string, from: string, to: string][] = [
  [
    'text/css; charset=utf-8',
    '.a{background:url(http://10.0.0.5/x.png)}',
    '.a{background:url(https://www.example.org/x.png)}',
  ],
  ['text/javascript', 'var u="http:\\/\\/10.0.0.5\\/"', 'var u="https:\\/\\/www.example.org\\/"'],
  ['application/x-javascript', '"//10.0.0.5/x"', '"//www.example.org/x"'],
  [
    'application/rss+xml; charset=UTF-8',
    '<link>http://10.0.0.5/a/</link><guid isPermaLink="false">http://10.0.0.5/?p=1</guid>',
    '<link>https://www.example.org/a/</link><guid isPermaLink="false">https://www.example.org/?p=1</guid>',
  ],
  ['APPLICATION/XML', '<loc>http://10.0.0.5/</loc>', '<loc>https://www.example.org/</loc>'],
  [
    'text/xml',
    '<?xml-stylesheet href="http://10.0.0.5/wp-sitemap.xsl" ?>',
    '<?xml-stylesheet href="https://www.example.org/wp-sitemap.xsl" ?>',
  ],
  ['text/plain', 'Sitemap: http://10.0.0.5/wp-sitemap.xml\n', 'Sitemap: https://www.example.org/wp-sitemap.xml\n'],
  ['application/json', '{"url":"http:\\/\\/10.0.0.5\\/"}', '{"url":"https:\\/\\/www.example.org\\/"}'],
  ['application/ld+json', '{"url":"http://10.0.0.5/"}', '{"url":"https://www.example.org/"}'],
  ['application/manifest+json', '{"start_url":"http://10.0.0.5/"}', '{"start_url":"https://www.example.org/"}'],
  ['image/svg+xml', '<image href="http://10.0.0.5/x.png"/>', '<image href="https://www.example.org/x.png"/>'],
  ['text/vtt', 'http://10.0.0.5/', 'https://www.example.org/'],
];

for (const [type, from, to] of EDITED) {
  test(`${type} gets the public address, its other bytes stay`, () => {
    const bytes = Buffer.from(`\xff\xfe${from}\x80\xe9`, 'latin1');
    assert.is(editText(bytes, type, site).toString('latin1'), `\xff\xfe${to}\x80\xe9`);
  });
}

for (const type of [
  'image/png',
  'font/woff2',
  'application/zip',
  'application/octet-stream',
  'application/pdf',
  'video/mp4',
  '',
]) {
  test(`${type === '' ? 'no type' : type} is left alone`, () => {
    const bytes = Buffer.from('http://10.0.0.5/');
    assert.is(editText(bytes, type, site), bytes);
  });
}

test('a file without addresses is given back as it is, not copied', () => {
  const bytes = Buffer.from('body{color:red}');
  assert.is(editText(bytes, 'text/css', site), bytes);
});

test.run();
