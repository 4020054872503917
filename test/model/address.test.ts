import * as assert from 'uvu/assert';
import { addressOfFile, fileFor, normalizePath } from '../../src/model/address.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import { suite } from '../support/suite.ts';

const HTML = 'text/html; charset=UTF-8';

const isHostile = (run: () => unknown): boolean => {
  try {
    run();
    return false;
  } catch (error) {
    if (isHoldfastError(error, 'address-hostile')) return true;
    throw error;
  }
};

const normal = suite('normal form');

const NORMAL: readonly (readonly [path: string, address: string])[] = [
  ['/', '/'],
  ['/a/', '/a/'],
  ['/2024/café/', '/2024/caf%C3%A9/'],
  ['/2024/caf%c3%a9/', '/2024/caf%C3%A9/'],
  ['/%7Eann/%2d%5F%2E%41', '/~ann/-_.A'],
  ['/a b', '/a%20b'],
  ['/a%20b', '/a%20b'],
  ["/a!$&'()*+,;=:@b", "/a!$&'()*+,;=:@b"],
  ['/a%21%24%3a', '/a%21%24%3A'],
  ['/a"<>^`{|}', '/a%22%3C%3E%5E%60%7B%7C%7D'],
  ['/100%25/', '/100%25/'],
  ['/a%3Fb%23c', '/a%3Fb%23c'],
  ['/日本語/', '/%E6%97%A5%E6%9C%AC%E8%AA%9E/'],
  ['/😀', '/%F0%9F%98%80'],
  ['/.well-known/x', '/.well-known/x'],
  ['/a..b/...', '/a..b/...'],
  ['/_notes/', '/_notes/'],
];
for (const [from, address] of NORMAL) {
  normal(`${from} is ${address}`, () => {
    assert.is(normalizePath(from), address);
    assert.is(normalizePath(address), address, 'a second time nothing changes');
  });
}

const HOSTILE: readonly (readonly [path: string, rule: RegExp])[] = [
  ['', /does not start with/],
  ['a/b', /does not start with/],
  ['C:\\a', /does not start with/],
  ['http://x/', /does not start with/],
  ['//a', /empty part/],
  ['/a//b', /empty part/],
  ['/a//', /empty part/],
  ['/.', /\. or \.\./],
  ['/..', /\. or \.\./],
  ['/../etc/passwd', /\. or \.\./],
  ['/a/../b', /\. or \.\./],
  ['/a/./b', /\. or \.\./],
  ['/%2e%2e/a', /\. or \.\./],
  ['/a/%2E%2e', /\. or \.\./],
  ['/.%2e/a', /\. or \.\./],
  ['/a%2fb', /slash/],
  ['/a%2Fb', /slash/],
  ['/..%2f..%2fetc', /slash/],
  ['/a%5cb', /backslash/],
  ['/a\\b', /backslash/],
  ['/..\\..\\a', /backslash/],
  ['/a%00b', /control/],
  ['/a\u0000b', /control/],
  ['/a%0d%0aSet-Cookie:x', /control/],
  ['/a\tb', /control/],
  ['/a%7f', /control/],
  ['/a%C2%85', /control/],
  ['/%252e%252e/a', /decoded twice/],
  ['/a%252fb', /decoded twice/],
  ['/a%255cb', /decoded twice/],
  ['/a%25252fb', /decoded twice/],
  ['/a%2500b', /decoded twice/],
  ['/%c0%ae%c0%ae/a', /UTF-8/],
  ['/%ff', /UTF-8/],
  ['/%ed%a0%80', /UTF-8/],
  ['/a\ud800b', /UTF-8/],
  ['/100%', /escape/],
  ['/a%zz', /escape/],
  ['/a?b', /query/],
  ['/a#b', /query/],
  ['/_holdfast', /own/],
  ['/_holdfast/control.json', /own/],
  ['/_HoldFast/x', /own/],
  ['/%5Fholdfast/x', /own/],
  ['/_holdfa%C5%BFt/x', /own/],
  ['/_hold%E2%80%8Cfast/x', /own/],
  [`/${'a/'.repeat(450)}`, /900 bytes/],
  [`/${'%E6%97%A5/'.repeat(250)}`, /900 bytes/],
];
for (const [from, rule] of HOSTILE) {
  normal(`${JSON.stringify(from.slice(0, 40))} is hostile`, () => {
    assert.ok(isHostile(() => normalizePath(from)));
    assert.ok(
      isHostile(() => fileFor(from, HTML)),
      'as a file too',
    );
    assert.throws(
      () => normalizePath(from),
      (error: Error) => rule.test(error.message) && !/[\u0000-\u001f\u007f-\u009f]/.test(error.message),
    );
  });
}

normal('what a second decoding does not turn into a path may stay', () => {
  for (const from of ['/100%25', '/a%2541', '/50%2525', '/%25zz', '/_holdfast-notes/', '/a/_holdfast/']) {
    assert.not.throws(() => normalizePath(from), undefined, from);
  }
});

normal.run();

const files = suite('address to file');

const XML = 'application/rss+xml; charset=UTF-8';
const FILES: readonly (readonly [address: string, type: string, file: string])[] = [
  ['/', HTML, 'index.html'],
  ['/a/', HTML, 'a/index.html'],
  ['/a', HTML, 'a/index.html'],
  ['/a/index.html', HTML, 'a/index.html'],
  ['/a/b', HTML, 'a/b/index.html'],
  ['/a', 'application/xhtml+xml', 'a/index.html'],
  ['/x.html', HTML, 'x.html'],
  ['/x.HTM', HTML, 'x.HTM'],
  ['/x.xhtml', HTML, 'x.xhtml'],
  ['/x.html/', HTML, 'x.html/index.html'],
  ['/index.php', HTML, 'index.php/index.html'],
  ['/v1.2', HTML, 'v1.2/index.html'],
  ['/feed.xml', HTML, 'feed.xml/index.html'],
  ['/2024/caf%C3%A9/', HTML, '2024/café/index.html'],
  ['/a%20b', HTML, 'a b/index.html'],
  ['/feed/', XML, 'feed/index.xml'],
  ['/feed', XML, 'feed/index.xml'],
  ['/feed/', 'application/atom+xml', 'feed/index.xml'],
  ['/feed/', 'text/xml', 'feed/index.xml'],
  ['/atom.xml', 'application/atom+xml', 'atom.xml'],
  ['/feed.php', XML, 'feed.php'],
  ['/wp-json/', 'application/json', 'wp-json/index.json'],
  ['/wp-json', 'application/ld+json', 'wp-json/index.json'],
  ['/humans', 'text/plain', 'humans/index.txt'],
  ['/robots.txt', 'text/plain; charset=utf-8', 'robots.txt'],
  ['/s.css', 'text/css', 's.css'],
  ['/style', 'text/css', 'style'],
  ['/css/', 'text/css', 'css/index.css'],
  ['/avatar/', 'image/png', 'avatar/index.png'],
  ['/avatar', 'image/png', 'avatar'],
  ['/icon/', 'image/svg+xml', 'icon/index.svg'],
  ['/cal/', 'text/calendar', 'cal/index.ics'],
  ['/thing/', 'application/x-unheard-of', 'thing/index.bin'],
  ['/thing/', '', 'thing/index.bin'],
  ['/a.tar.gz', 'application/gzip', 'a.tar.gz'],
];
for (const [address, type, file] of FILES) {
  files(`${address} as ${type || 'nothing'} is ${file}`, () => assert.is(fileFor(address, type), file));
}

const ESCAPED = /^[^/]*~[0-9a-f]{16}(\.[A-Za-z0-9]+)?(\/index\.html)?$/;
const RESERVED = [
  ...[
    'con',
    'CON',
    'con.txt',
    'Con.tar.gz',
    'nul',
    'nul.html',
    'nul%20.html',
    'aux',
    'prn.js',
    'com1',
    'COM9.css',
    'lpt0',
    'com%C2%B9',
    'conin$',
    'CLOCK$',
  ],
  ...['a.', 'a%20', 'a...', 'c:', 'C:x', 'nul:x'],
  ...['.htaccess', '.htpasswd', '.user.ini', 'Web.config'],
];
for (const name of RESERVED) {
  files(`the reserved name ${name} is escaped`, () => {
    assert.match(fileFor(`/${name}`, 'image/png'), ESCAPED);
    assert.match(fileFor(`/${name}`, HTML), ESCAPED);
    assert.match(fileFor(`/x/${name}/y.png`, 'image/png').split('/')[1] ?? '', ESCAPED);
    const [stem = ''] = (fileFor(`/${name}`, 'image/png').split('/')[0] ?? '').split('.');
    assert.not.match(stem, /^(con|nul|aux|prn|com\d|lpt\d)$/i);
  });
}

files('names that only look like reserved ones stay', () => {
  for (const name of [
    'console',
    'contact',
    'nullable.js',
    'com10',
    'community',
    'lpt',
    'a.b',
    'htaccess',
    'acon',
    '1:2',
  ]) {
    assert.is(fileFor(`/${name}.png`, 'image/png'), `${name}.png`);
  }
});

files('an over-long name keeps its beginning, its extension and a hash of the whole', () => {
  const long = 'a'.repeat(300);
  const file = fileFor(`/${long}.css`, 'text/css');
  assert.match(file, /^a{150,}~[0-9a-f]{16}\.css$/);
  assert.is(Buffer.byteLength(file), 200);
  assert.is.not(file, fileFor(`/${long}b.css`, 'text/css'));
  assert.is(fileFor(`/${'a'.repeat(200)}`, 'image/png'), 'a'.repeat(200));
  assert.match(fileFor(`/${'a'.repeat(201)}`, 'image/png'), ESCAPED);
});

files('an over-long name is cut between characters', () => {
  const file = fileFor(`/${encodeURIComponent('日'.repeat(100))}/`, HTML);
  assert.match(file, /^日+~[0-9a-f]{16}\/index\.html$/);
  assert.ok(Buffer.byteLength(file.split('/')[0] ?? '') <= 200);
});

files('a name in the form of an escaped one is escaped itself', () => {
  const escaped = fileFor('/con', 'image/png');
  const again = fileFor(`/${escaped}`, 'image/png');
  assert.match(again, ESCAPED);
  assert.is.not(again, escaped);
  assert.is.not(fileFor(`/${escaped.toUpperCase()}`, 'image/png').toLowerCase(), escaped.toLowerCase());
});

files('a file has its address back', () => {
  for (const [file, address] of [
    ['index.html', '/'],
    ['a/index.html', '/a/'],
    ['feed/index.xml', '/feed/'],
    ['wp-json/index.json', '/wp-json/'],
    ['s.css', '/s.css'],
    ['js/index.js', '/js/index.js'],
    ['x.html', '/x.html'],
    ['myindex.html', '/myindex.html'],
    ['2024/café/index.html', '/2024/caf%C3%A9/'],
    ['a b?c#d%e.png', '/a%20b%3Fc%23d%25e.png'],
    ['404.html', '/404.html'],
    ['_holdfast/pixel.gif', '/_holdfast/pixel.gif'],
  ] as const) {
    assert.is(addressOfFile(file), address);
  }
});

files.run();
