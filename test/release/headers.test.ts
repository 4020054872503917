import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { FileKind } from '../../src/model/manifest.ts';
import { CARRY_MS } from '../../src/release/carry.ts';
import { isFingerprinted } from '../../src/release/fingerprint.ts';
import {
  ASSET_CACHING,
  compileRules,
  FINGERPRINTED_CACHING,
  NO_CACHING,
  PAGE_CACHING,
  withHeaders,
} from '../../src/release/headers.ts';
import { fileOf } from '../support/manifests.ts';
import { suite } from '../support/suite.ts';

const test = suite('the headers of published files');

const DEFAULTS: readonly [path: string, kind: FileKind, caching: string][] = [
  ['index.html', 'page', PAGE_CACHING],
  ['a/b/index.html', 'page', PAGE_CACHING],
  ['404.html', 'page', PAGE_CACHING],
  ['feed/index.xml', 'feed', PAGE_CACHING],
  ['old/index.html', 'redirect', PAGE_CACHING],
  ['_holdfast/holding/busy.html', 'holding', NO_CACHING],
  ['_holdfast/x.json', 'internal', NO_CACHING],
  ['style.css', 'asset', ASSET_CACHING],
  ['robots.txt', 'asset', ASSET_CACHING],
  ['assets/app.3f2a9c1d77.js', 'asset', FINGERPRINTED_CACHING],
  ['page.3f2a9c1d77.html', 'page', PAGE_CACHING],
];

for (const [path, kind, caching] of DEFAULTS) {
  test(`a file ${path} (${kind}) is served with ${caching}`, () => {
    assert.equal(withHeaders(fileOf(path, 'x', { kind }), []).headers, { 'cache-control': caching });
  });
}

test('no cache shows a page for longer than the assets of old pages are kept, a minute apart', () => {
  const [, seconds] = /stale-if-error=(\d+)/.exec(PAGE_CACHING) ?? [];
  assert.is(Number(seconds) * 1000, CARRY_MS);
});

const RULES = compileRules([
  { for: '/downloads/**', set: { 'Cache-Control': 'max-age=86400', 'Content-Disposition': 'attachment' } },
  { for: '/*.css', set: { 'x-first': 'yes' } },
  { for: '/**', set: { 'Cache-Control': 'max-age=9', 'X-Frame-Options': 'DENY' } },
]);

const RULED: readonly [path: string, headers: Record<string, string>][] = [
  ['downloads/a.zip', { 'cache-control': 'max-age=86400', 'content-disposition': 'attachment' }],
  ['style.css', { 'cache-control': ASSET_CACHING, 'x-first': 'yes' }],
  ['sub/style.css', { 'cache-control': 'max-age=9', 'x-frame-options': 'DENY' }],
  ['index.html', { 'cache-control': 'max-age=9', 'x-frame-options': 'DENY' }],
  ['app.3f2a9c1d77.js', { 'cache-control': 'max-age=9', 'x-frame-options': 'DENY' }],
];

for (const [path, headers] of RULED) {
  test(`of the rules the first that matches ${path} is laid over the defaults, and no other`, () => {
    assert.equal(withHeaders(fileOf(path, 'x'), RULES).headers, headers);
  });
}

test('a rule matches the address that visitors ask for, encoded or not', () => {
  const rules = compileRules([{ for: '/café/*/', set: { a: '1' } }]);
  assert.is(withHeaders(fileOf('café/tee/index.html', 'x'), rules).headers['a'], '1');
  assert.is(withHeaders(fileOf('cafe/tee/index.html', 'x'), rules).headers['a'], undefined);
});

test('no rule takes from a file what it cannot do without', () => {
  const headersOf = (path: string, kind: FileKind, headers: Record<string, string>) =>
    withHeaders(fileOf(path, 'x', { kind, headers }), RULES).headers;
  const pixel = headersOf('_holdfast/pixel.gif', 'asset', { 'cache-control': 'no-store' });
  assert.is(pixel['cache-control'], 'no-store');
  assert.is(headersOf('_holdfast/holding/busy.html', 'holding', {})['cache-control'], NO_CACHING);
  const redirect = headersOf('old/index.html', 'redirect', { location: 'https://www.example.org/new/' });
  assert.equal(redirect, {
    location: 'https://www.example.org/new/',
    'cache-control': 'max-age=9',
    'x-frame-options': 'DENY',
  });
});

const FINGERPRINTED = [
  'app.3f2a9c1d.js',
  'app.3f2a9c1d.min.js',
  'app.3f2a9c1d.js.map',
  'assets/index-BkX9zQ2a.css',
  'main.4f1d2c3b4a5e6f708192.chunk.css',
  'chunk-2d0a4b5c.js',
  'font-3F2A9C1D7E.woff2',
  'runtime.d41d8cd98f00b204e9800998ecf8427e.js',
];
for (const path of FINGERPRINTED) {
  test(`${path} has its content's hash in its name`, () => assert.ok(isFingerprinted(path)));
}

const PLAIN = [
  'style.css',
  '3f2a9c1d77.js',
  'photo-1024x768.jpg',
  'photo-10240x7680.jpg',
  'photo-20240131.jpg',
  'photo-20240131a.jpg',
  'photo-20240131T120000Z.jpg',
  'report-2024-01-31.pdf',
  'image-e1612345678901.jpg',
  'IMG-12345678.jpg',
  'jquery-3.7.1.min.js',
  'jquery-migrate.min.js',
  'app-1.2.3-beta12345.js',
  'release-version2beta3.zip',
  'holiday-pictures.jpg',
  'a-beautiful.jpg',
  'Photo-MyHoliday2024.jpg',
  'meeting-face2face.jpg',
  'meeting-deadbeef.jpg',
  'meeting-FACADE2024.jpg',
  'dump-550e8400-e29b-41d4-a716-446655440000.jpg',
  'video-1080p60fps.mp4',
  'video-h264aac128k.mp4',
  'a.3f2a9c1d/style.css',
  'a-3f2a9c1',
  'a-3f2a9c1d77',
];
for (const path of PLAIN) {
  test(`${path} may be replaced under its name`, () => assert.not(isFingerprinted(path)));
}

test('of the hashes that build tools write, nearly all of twenty digits are known and most of eight', () => {
  const known = (digits: number, encoding: 'hex' | 'base64url') => {
    const names = Array.from({ length: 2000 }, (_, seed) => {
      const hash = createHash('sha256').update(`${seed}`).digest(encoding).replace(/[-_]/g, '');
      return `app-${hash.slice(0, digits)}.js`;
    });
    return names.filter(isFingerprinted).length / names.length;
  };
  assert.ok(known(20, 'hex') > 0.99, `${known(20, 'hex')}`);
  assert.ok(known(8, 'hex') > 0.65, `${known(8, 'hex')}`);
  assert.ok(known(8, 'base64url') > 0.5, `${known(8, 'base64url')}`);
});

test.run();
