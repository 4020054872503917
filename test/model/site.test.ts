import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type Address, normalizePath } from '../../src/model/address.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import { createSite, locate, type Site } from '../../src/model/site.ts';
import { suite } from '../support/suite.ts';

const site = createSite({
  name: 'Example',
  url: 'https://www.example.org',
  origin: 'http://10.0.0.5:8080',
  host: 'backend.example.org',
  aliases: [
    'Example.org',
    'old.example.org:8443',
    'münchen.example',
    '[::1]:8080',
    'default.example:80',
    'secure.example:443',
  ],
});

const sites = suite('a site');

sites('hosts are lower-case, in ASCII, and without default ports', () => {
  assert.equal([...site.hosts].sort(), [
    '10.0.0.5:8080',
    '[::1]:8080',
    'backend.example.org',
    'default.example',
    'example.org',
    'old.example.org:8443',
    'secure.example',
    'www.example.org',
    'xn--mnchen-3ya.example',
  ]);
});

sites('a host that is none is a mistake in the configuration', () => {
  for (const host of ['exa mple.org', 'a:b:c', '[::1']) {
    assert.throws(
      () => createSite({ name: 'x', url: 'https://x.org', origin: 'http://x.org', aliases: [host] }),
      (error: unknown) => isHoldfastError(error, 'config-invalid') && error.message.includes(host),
    );
  }
});

sites.run();

const links = suite('where a link leads');

const BASE = '/2024/post/';
const LINKS: readonly (readonly [href: string, found: string | undefined])[] = [
  ['/', '/'],
  ['/a', '/a'],
  ['/a/?x=1&y=2#top', '/a/?x=1&y=2#top'],
  ['/a/#', '/a/'],
  ['/a/?', '/a/'],
  ['', '/2024/post/'],
  ['#top', '/2024/post/#top'],
  ['?p=2', '/2024/post/?p=2'],
  ['b.css', '/2024/post/b.css'],
  ['./b.css', '/2024/post/b.css'],
  ['../b.css', '/2024/b.css'],
  ['../../../../b.css', '/b.css'],
  ['..', '/2024/'],
  ['/a/../b', '/b'],
  ['/a/./b', '/a/b'],
  ['/a/%2e%2E/b', '/b'],
  ['/a/.hidden', '/a/.hidden'],
  ['  /a  ', '/a'],
  ['\n/a\t', '/a'],
  ['/a\n/b', '/a/b'],
  ['/caf%c3%a9/', '/caf%C3%A9/'],
  ['/café/', '/caf%C3%A9/'],
  ['/a b', '/a%20b'],
  ['/a?q="x y"', '/a?q=%22x%20y%22'],
  ['/日本', '/%E6%97%A5%E6%9C%AC'],
  ['/a:b', '/a:b'],
  ['https://www.example.org', '/'],
  ['https://www.example.org/a', '/a'],
  ['HTTPS://WWW.EXAMPLE.ORG/A', '/A'],
  ['http://www.example.org/a', '/a'],
  ['http://www.example.org:80/a', '/a'],
  ['https://www.example.org:443/a', '/a'],
  ['//www.example.org/a', '/a'],
  ['//www.example.org:443/a', '/a'],
  ['//www.example.org:80/a', '/a'],
  ['https://www.example.org?x=1', '/?x=1'],
  ['https://www.example.org#x', '/#x'],
  ['http://10.0.0.5:8080/a', '/a'],
  ['https://10.0.0.5:8080/a', '/a'],
  ['//10.0.0.5:8080/a', '/a'],
  ['http://backend.example.org/a', '/a'],
  ['http://example.org/a', '/a'],
  ['https://old.example.org:8443/a', '/a'],
  ['https://münchen.example/a', '/a'],
  ['https://xn--mnchen-3ya.example/a', '/a'],
  ['http://[::1]:8080/a', '/a'],
  ['http://167772165:8080/a', '/a'],
  ['https://ann:secret@www.example.org/a', '/a'],
  ['https:/a', '/a'],
  ['https://www.example.org\\a', '/a'],
  ['\\a', '/a'],
  [' https://www.example.org/a ', '/a'],
  ['ht\ntps://www.example.org/a', '/a'],

  ['http://10.0.0.5/a', undefined],
  ['http://www.example.org:8080/a', undefined],
  ['http://www.example.org:443/a', undefined],
  ['https://www.example.org:80/a', undefined],
  ['https://old.example.org/a', undefined],
  ['https://example.com/a', undefined],
  ['https://www.example.org.evil.com/', undefined],
  ['https://www.example.org@evil.com/', undefined],
  ['https://evil.com/www.example.org', undefined],
  ['https://evil.com#@www.example.org/', undefined],
  ['//evil.com/a', undefined],
  ['///evil.com/a', undefined],
  ['/\\evil.com/a', undefined],
  ['\\\\evil.com/a', undefined],
  ['/\t/evil.com/a', undefined],
  ['javascript:void(0)', undefined],
  [' JavaScript:void(0)', undefined],
  ['java\nscript:void(0)', undefined],
  ['mailto:ann@example.org', undefined],
  ['tel:+491234', undefined],
  ['data:image/gif;base64,R0lGODlhAQABAAAAACw=', undefined],
  [`data:text/plain,${'x'.repeat(20_000)}`, undefined],
  ['blob:https://www.example.org/1', undefined],
  ['ftp://www.example.org/a', undefined],
  ['about:blank', undefined],
  ['http://', undefined],
  ['http://[', undefined],
  ['http://www.example.org:99999/', undefined],
  ['/a//b', undefined],
  ['/a%2fb', undefined],
  ['/a%00', undefined],
  ['/%252e%252e/a', undefined],
  ['/100%', undefined],
  ['/%ff', undefined],
  ['/_holdfast/control.json', undefined],
  ['https://www.example.org/_Holdfast/x', undefined],
];
for (const [href, expected] of LINKS) {
  links(`${JSON.stringify(href.slice(0, 60))} leads ${expected ?? 'nowhere of ours'}`, () => {
    const found = locate(site, href, BASE);
    const text = found && `${found.address}${found.query === '' ? '' : `?${found.query}`}${found.hash}`;
    assert.is(text, expected);
  });
}

links('a relative link starts where the page is', () => {
  assert.is(locate(site, 'b', '/')?.address, '/b');
  assert.is(locate(site, 'b', '/a')?.address, '/b');
  assert.is(locate(site, '../b', '/caf%C3%A9/x/')?.address, '/caf%C3%A9/b');
});

links.run();

const generated = suite('links against the URL standard');

/** The slow and plain way: resolve as the platform does, under either scheme where none is given. */
function slowly(of: Site, href: string, base: Address): string | undefined {
  for (const scheme of ['https', 'http']) {
    if (!URL.canParse(href, `${scheme}://${of.publicUrl.host}${base}`)) continue;
    const url = new URL(href, `${scheme}://${of.publicUrl.host}${base}`);
    if (!/^https?:$/.test(url.protocol) || !of.hosts.has(url.host)) continue;
    try {
      return `${normalizePath(url.pathname)} ${url.search.replace(/^\?/, '')} ${url.hash}`;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

const piece = fc.constantFrom(
  ...[
    '/',
    '/',
    '//',
    '.',
    '..',
    '\\',
    'a',
    'b-c',
    '~',
    ':',
    '@',
    '?',
    '#',
    '&',
    '=',
    '%41',
    '%2e',
    '%2F',
    '%',
    'é',
    ' ',
    '\t',
    '"',
    "'",
    '<',
    '|',
    '^',
    '{',
    '[',
    ']',
    '*',
  ],
  ...[
    'http:',
    'https:',
    'HTTP:',
    'mailto:',
    '//www.example.org',
    '//WWW.example.org:443',
    '10.0.0.5:8080',
    '10.0.0.5',
    ':80',
    ':443',
    ':8080',
    'example.org',
    'evil.com',
    '0x0a.5',
    'index.html',
  ],
);
const anyHref = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
const likelyHref = fc
  .tuple(
    fc.constantFrom(
      '',
      '/',
      'https://www.example.org/',
      'http://10.0.0.5:8080/',
      '//example.org/',
      'https://evil.com/',
    ),
    fc.array(piece, { maxLength: 5 }),
  )
  .map(([start, pieces]) => start + pieces.join(''));

generated('the quick way finds what the platform finds', () => {
  let ours = 0;
  fc.assert(
    fc.property(fc.oneof(anyHref, likelyHref), fc.constantFrom('/', '/a', '/a/b/', '/caf%C3%A9/x'), (href, base) => {
      const found = locate(site, href, base);
      if (found !== undefined) ours++;
      assert.is(found && `${found.address} ${found.query} ${found.hash}`, slowly(site, href, base), href);
    }),
    { numRuns: 20_000, seed: 20270301 },
  );
  assert.ok(ours > 2000, `${ours} were ours`);
});

generated.run();
