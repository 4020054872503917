import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { decodeAttribute, MarkupScanner } from '../../src/model/markup.ts';
import { createSite } from '../../src/model/site.ts';
import { redirectPage } from '../../src/render/redirect.ts';
import { suite } from '../support/suite.ts';

const test = suite('the redirect page');

const site = createSite({ name: 'Example', url: 'https://www.example.org', origin: 'http://10.0.0.5', aliases: [] });

interface Read {
  refresh?: string;
  canonical?: string;
  link?: string;
  tags: number;
}

function read(to: string): Read {
  const scanner = new MarkupScanner(redirectPage(to, site).toString('latin1'));
  const found: Read = { tags: 0 };
  const value = (name: string) => decodeAttribute(scanner.raw(name) ?? '');
  while (scanner.next()) {
    found.tags++;
    if (scanner.name === 'meta' && value('http-equiv') === 'refresh') found.refresh = value('content');
    if (scanner.name === 'link' && value('rel') === 'canonical') found.canonical = value('href');
    if (scanner.name === 'a' && !scanner.closing) found.link = value('href');
  }
  return found;
}

const TARGETS: readonly [to: string, link: string, canonical: string][] = [
  ['/new/', '/new/', 'https://www.example.org/new/'],
  ['https://www.example.org/new/#part', '/new/#part', 'https://www.example.org/new/#part'],
  ['http://10.0.0.5/new/?a=1&b=2', '/new/?a=1&b=2', 'https://www.example.org/new/?a=1&b=2'],
  [
    'https://elsewhere.example/x?y=1&z="2"',
    'https://elsewhere.example/x?y=1&z=%222%22',
    'https://elsewhere.example/x?y=1&z=%222%22',
  ],
  ['/caf\u00e9/', '/caf%C3%A9/', 'https://www.example.org/caf%C3%A9/'],
  [`/it's"<script>/`, `/it's%22%3Cscript%3E/`, `https://www.example.org/it's%22%3Cscript%3E/`],
  ['//elsewhere.example/', 'https://elsewhere.example/', 'https://elsewhere.example/'],
];

for (const [to, link, canonical] of TARGETS) {
  test(`leads to ${to} by refresh, canonical and link`, () => {
    const { tags } = read('/');
    assert.equal(read(to), { refresh: `0; url=${link}`, canonical, link, tags });
    assert.match(redirectPage(to, site).toString('latin1'), /^[\x20-\x7e\n]+$/);
  });
}

for (const to of ['javascript:alert(1)', 'data:text/html,x', 'ftp://example.org/', 'http://', 'mailto:a@example.org']) {
  test(`refuses ${to}`, () => {
    assert.throws(
      () => redirectPage(to, site),
      (error: unknown) => isHoldfastError(error, 'address-hostile'),
    );
  });
}

test.run();
