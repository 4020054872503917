import * as assert from 'uvu/assert';
import { createSite } from '../../src/model/site.ts';
import { charsetOf } from '../../src/render/charset.ts';
import { editPage } from '../../src/render/edit.ts';
import { suite } from '../support/suite.ts';

const test = suite('a charset that stood only in the header');
const site = createSite({ name: 'x', url: 'https://www.example.org', origin: 'http://10.0.0.5', aliases: [] });
const context = {
  site,
  address: '/',
  kind: 'page' as const,
  noindex: false,
  analytics: [],
  shortlink: () => undefined,
};

const TABLE: readonly [name: string, html: string, expected: string][] = [
  [
    'goes in after the head’s tag',
    '<!doctype html><html><head lang="de"><title>caf\xe9</title></head>',
    '<!doctype html><html><head lang="de"><meta charset="iso-8859-1"><title>caf\xe9</title></head>',
  ],
  [
    'goes in after <html> where there is no head',
    '<html lang="de"><title>\xe9</title>',
    '<html lang="de"><meta charset="iso-8859-1"><title>\xe9</title>',
  ],
  [
    'goes in after the doctype where there is neither',
    '<!doctype html><p>\xe9',
    '<!doctype html><meta charset="iso-8859-1"><p>\xe9',
  ],
  ['goes in at the start of a bare page', '<p>\xe9', '<meta charset="iso-8859-1"><p>\xe9'],
  [
    'stays out where the page names one',
    '<head><meta charset="windows-1252"><p>\xe9',
    '<head><meta charset="windows-1252"><p>\xe9',
  ],
  [
    'stays out where the page names one in the old way',
    '<head><meta http-equiv="Content-Type" content="text/html; charset=windows-1252"><p>\xe9',
    '<head><meta http-equiv="Content-Type" content="text/html; charset=windows-1252"><p>\xe9',
  ],
  ['stays out behind a byte order mark', '\xef\xbb\xbf<head></head>', '\xef\xbb\xbf<head></head>'],
];

for (const [name, html, expected] of TABLE) {
  test(name, () => {
    assert.is(
      editPage(Buffer.from(html, 'latin1'), { ...context, charset: 'iso-8859-1' }).toString('latin1'),
      expected,
    );
  });
}

test('goes in where the page names one too late for a browser to find it', () => {
  const html = `<head>${'<!-- -->'.repeat(200)}<meta charset="iso-8859-1"></head>`;
  assert.match(
    editPage(Buffer.from(html), { ...context, charset: 'utf-8' }).toString(),
    /^<head><meta charset="utf-8">/,
  );
});

test('is read from the Content-Type, and only where it is a plain name', () => {
  assert.is(charsetOf('text/html; charset=UTF-8'), 'UTF-8');
  assert.is(charsetOf('text/html;charset="iso-8859-1"'), 'iso-8859-1');
  assert.is(charsetOf('text/html'), undefined);
  assert.is(charsetOf('text/html; charset="><script>'), undefined);
});

test.run();
