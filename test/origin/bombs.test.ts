import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { LookRequest } from '../../src/origin/client.ts';
import { suite } from '../support/suite.ts';
import { clientFor, closeAll, drain, failureOf, look, serve } from './rig.ts';

const test = suite('bodies that unpack to too much');
test.after.each(closeAll);

const MB = 1e6;
const ZEROS = Buffer.alloc(10 * MB);
const MEMBER = gzipSync(ZEROS);

type Bomb = (response: ServerResponse) => void;

const send = (encoding: string, body: Buffer): Bomb => {
  return (response) =>
    response.writeHead(200, { 'content-encoding': encoding, 'content-length': body.length }).end(body);
};

/** Ten gigabytes once unpacked, in ten megabytes: members of one file, one after another. */
const tenGigabytes: Bomb = (response) => {
  response.writeHead(200, { 'content-encoding': 'gzip' });
  let left = 1000;
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(MEMBER)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
};

const BOMBS: readonly (readonly [string, Bomb, string])[] = [
  ['ten gigabytes of gzip', tenGigabytes, 'origin-too-large'],
  ['gzip', send('gzip', MEMBER), 'origin-too-large'],
  ['x-gzip', send('x-gzip', MEMBER), 'origin-too-large'],
  ['deflate', send('deflate', deflateSync(ZEROS)), 'origin-too-large'],
  ['bare deflate', send('deflate', deflateRawSync(ZEROS)), 'origin-too-large'],
  ['brotli', send('br', brotliCompressSync(ZEROS)), 'origin-too-large'],
  ['gzip within gzip', send('gzip, gzip', gzipSync(MEMBER)), 'origin-encoding'],
  ['gzip within brotli', send('gzip, br', brotliCompressSync(MEMBER)), 'origin-encoding'],
  ['an unknown encoding', send('zstd', Buffer.from('x')), 'origin-encoding'],
  ['a header made of commas', send(',', Buffer.from('x')), 'origin-encoding'],
];

for (const [name, bomb, expected] of BOMBS) {
  for (const [reader, over] of [
    ['page', {}],
    ['asset streamed', { accept: 'asset', sink: drain }],
  ] satisfies [string, Partial<LookRequest>][]) {
    test(`${name} (${reader}): ${expected}, and no 64 MB of memory`, async () => {
      const server = await serve((_request, response) => bomb(response));
      const origin = clientFor(server.url);
      const before = process.memoryUsage().rss;
      let most = before;
      const sampling = setInterval(() => {
        most = Math.max(most, process.memoryUsage().rss);
      }, 5);
      const code = await failureOf(look(origin, '/', over));
      clearInterval(sampling);
      most = Math.max(most, process.memoryUsage().rss);
      assert.is(code, expected);
      assert.ok(most - before < 64 * MB, `grew by ${Math.round((most - before) / MB)} MB`);
    });
  }
}

const CAPS: readonly (readonly [string, Bomb, number, string])[] = [
  ['a body that says it is over its cap', send('identity', Buffer.alloc(2001, 'a')), 2000, 'origin-too-large'],
  [
    'a body that grows over its cap',
    (response) => {
      response.write(Buffer.alloc(1500, 'a'));
      response.end(Buffer.alloc(501, 'a'));
    },
    2000,
    'origin-too-large',
  ],
  ['a body as large as its cap', send('identity', Buffer.alloc(2000, 'a')), 2000, 'no failure'],
  [
    'a packed body that is over its cap once unpacked',
    send('gzip', gzipSync(Buffer.alloc(2001))),
    2000,
    'origin-too-large',
  ],
  ['a packed body as large as its cap once unpacked', send('gzip', gzipSync(Buffer.alloc(2000))), 2000, 'no failure'],
  ['a megabyte that weighed a thousandth', send('gzip', gzipSync(Buffer.alloc(MB))), 10 * MB, 'no failure'],
];

for (const [name, body, cap, expected] of CAPS) {
  for (const [reader, over] of [
    ['page', {}],
    ['asset', { accept: 'asset' }],
    ['asset streamed', { accept: 'asset', sink: drain }],
  ] satisfies [string, Partial<LookRequest>][]) {
    test(`${name} (${reader}): ${expected}`, async () => {
      const server = await serve((_request, response) => body(response));
      const limits = reader === 'page' ? { maxPage: cap, maxAsset: 1 } : { maxPage: 1, maxAsset: cap };
      assert.is(await failureOf(look(clientFor(server.url, limits), '/', over)), expected);
    });
  }
}

test('a 60 MB asset passes through in bounded memory', async () => {
  const chunk = Buffer.alloc(100_000, 'abcdefghij');
  const server = await serve((_request, response) => {
    let left = 600;
    const more = () => {
      while (left > 0) {
        left -= 1;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const before = process.memoryUsage().rss;
  const answer = await look(clientFor(server.url), '/film.mp4', { accept: 'asset', sink: drain });
  const grown = process.memoryUsage().rss - before;
  assert.ok(answer.kind === 'body' && answer.stored?.size === 60 * MB && answer.bytes.length === 0);
  assert.ok(grown < 40 * MB, `grew by ${Math.round(grown / MB)} MB`);
});

for (const encoding of ['br', 'deflate', 'gzip', 'GZip'] as const) {
  test(`a page in ${encoding} is unpacked, small and large`, async () => {
    const packers = { br: brotliCompressSync, deflate: deflateSync, gzip: gzipSync, GZip: gzipSync };
    const pages = { '/small': 'a page', '/large': Array.from({ length: 120_000 }, (_, i) => `${i * 7919}`).join('') };
    const server = await serve((request, response) => {
      send(encoding, packers[encoding](pages[request.url as keyof typeof pages]))(response);
    });
    const origin = clientFor(server.url);
    for (const [address, page] of Object.entries(pages)) {
      const answer = await look(origin, address);
      assert.ok(answer.kind === 'body' && answer.bytes.toString() === page, address);
    }
  });
}

test.run();
