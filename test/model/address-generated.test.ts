import path from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { addressOfFile, collisionKey, fileFor, normalizePath } from '../../src/model/address.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import { suite } from '../support/suite.ts';

const HTML = 'text/html; charset=UTF-8';
const XML = 'application/rss+xml; charset=UTF-8';
const ROOT = '/srv/site';

const isHostile = (run: () => unknown): boolean => {
  try {
    run();
    return false;
  } catch (error) {
    if (isHoldfastError(error, 'address-hostile')) return true;
    throw error;
  }
};

const keys = suite('collisions');

const SAME: readonly (readonly [string, string])[] = [
  ['About/index.html', 'about/index.html'],
  ['caf\u00e9', 'cafe\u0301'],
  ['CAF\u00c9', 'cafe\u0301'],
  ['stra\u00dfe', 'STRASSE'],
  ['\u03c3', '\u03c2'],
  ['\u017fun', 'SUN'],
  ['\u212a', 'k'],
  ['a\u200cb', 'ab'],
];
for (const [one, other] of SAME) {
  keys(`${one} and ${other} are one file on some disk`, () => assert.is(collisionKey(one), collisionKey(other)));
}

keys('names that no disk takes for one another have different keys', () => {
  for (const [one, other] of [
    ['a', 'b'],
    ['a/b', 'ab'],
    ['e', 'é'],
    ['日', '曰'],
  ] as const) {
    assert.is.not(collisionKey(one), collisionKey(other));
  }
});

keys('the key of a key is itself, for every character there is', () => {
  for (let code = 0; code < 0x30000; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const key = collisionKey(String.fromCodePoint(code));
    if (collisionKey(key) !== key) assert.unreachable(`U+${code.toString(16)}`);
  }
});

keys.run();

const generated = suite('ten thousand generated URLs');

const TYPES = [HTML, XML, 'text/css', 'image/png', 'application/json', 'text/plain', ''] as const;
const character = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'abcXYZ019-_.~!$&()*+,;=:@') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '%20',
      '%2e',
      '%2E',
      '%25',
      '%41',
      '%c3%a9',
      '%CC%81',
      '%3F',
      '%23',
      '%7e',
      '%22',
      '%7C',
      'é',
      'e\u0301',
      '日',
      '😀',
      ' ',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('%2f', '%5c', '%00', '%ff', '%252e', '%', '\\', '\u0007', '%0a') },
);
const part = fc.oneof(
  { weight: 8, arbitrary: fc.array(character, { maxLength: 12 }).map((list) => list.join('')) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      'con',
      'NUL.txt',
      'a.',
      '_holdfast',
      'index.html',
      'index.xml',
      'index',
      'a~0123456789abcdef',
      'a~0123456789abcdef.css',
      'wp-content',
      'A',
      'a',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(character, fc.integer({ min: 150, max: 320 })).map(([text, times]) => text.repeat(times)),
  },
);
const urlPath = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);

/** What two addresses have in common when they may share a file: decoded, without a slash or an index at the end. */
const pageOf = (address: string): string =>
  decodeURIComponent(address).replace(/(?:\/|\/index\.(?:html|xml|json|txt))$/, '');

/** True for an index of another type than its name says, such as an image at '/index.xml'. */
const hasForeignIndex = (file: string, type: string): boolean =>
  /(?:^|\/)index\.(?:html|xml|json|txt)$/.test(file) && !file.endsWith(fileFor('/', type));

generated('files are injective, under the root, portable, stable, and lead back', () => {
  const owner = new Map<string, string>();
  let accepted = 0;
  let hostile = 0;
  fc.assert(
    fc.property(urlPath, fc.constantFrom(...TYPES), (raw, type) => {
      if (isHostile(() => normalizePath(raw))) {
        hostile++;
        return;
      }
      accepted++;
      const address = normalizePath(raw);
      assert.is(normalizePath(address), address);
      assert.is(decodeURIComponent(address), decodeURIComponent(raw));
      assert.is(
        new URL(`https://example.org${address}`).pathname.replace(/[^\x21-\x7e]/g, encodeURIComponent),
        address,
        'a browser leaves it as it is',
      );

      const file = fileFor(address, type);
      assert.is(fileFor(address, type), file);
      assert.is(fileFor(raw, type), file);
      for (const flavour of [path.posix, path.win32]) {
        const full = flavour.resolve(ROOT, file);
        assert.ok(full.startsWith(flavour.resolve(ROOT) + flavour.sep), full);
        assert.is(flavour.relative(ROOT, full).replaceAll('\\', '/'), file);
      }
      assert.ok(Buffer.byteLength(file) <= 900);
      for (const name of file.split('/')) {
        assert.ok(name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) <= 200, name);
        assert.not.match(name, /[\u0000-\u001f\u007f-\u009f/\\]|[. ]$/);
      }
      assert.is.not(collisionKey(file.split('/')[0] ?? ''), '_holdfast');

      const before = owner.get(file);
      if (before !== undefined) assert.is(pageOf(address), pageOf(before), file);
      owner.set(file, address);
      const isEscaped = /~[0-9a-f]{16}/i.test(file);
      if (!isEscaped && !hasForeignIndex(file, type)) assert.is(fileFor(addressOfFile(file), type), file);
    }),
    { numRuns: 10_000, seed: 20270301 },
  );
  assert.ok(accepted > 3000 && hostile > 1000, `${accepted} accepted, ${hostile} hostile`);
});

generated.run();
