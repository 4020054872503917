import { randomBytes } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { compress, type Effort, isCompressible } from '../../src/render/compress.ts';
import { suite } from '../support/suite.ts';

const test = suite('compression');

const EFFORTS: readonly Effort[] = ['fast', 'good', 'best'];
const words = Array.from({ length: 4000 }, (_, index) => `word${(index * 7919) % 997}`).join(' ');

for (const effort of EFFORTS) {
  test(`at effort ${effort} both variants hold the same bytes, and the same each time`, async () => {
    for (const bytes of [Buffer.from(words), Buffer.from('<p>x</p>'.repeat(100)), Buffer.from(words.repeat(40))]) {
      const { gzip, br } = await compress(bytes, effort);
      assert.ok(gzip !== undefined && br !== undefined);
      assert.equal(gunzipSync(gzip ?? ''), bytes);
      assert.equal(brotliDecompressSync(br ?? ''), bytes);
      assert.equal(await compress(bytes, effort), { gzip, br });
    }
  });
}

test('more effort gives smaller files', async () => {
  const bytes = Buffer.from(words.repeat(3));
  const sizes = await Promise.all(EFFORTS.map(async (effort) => (await compress(bytes, effort)).br?.length ?? 0));
  assert.ok((sizes[0] ?? 0) > (sizes[2] ?? 0) && (sizes[1] ?? 0) >= (sizes[2] ?? 0), sizes.join(' '));
});

test('what does not shrink by 64 bytes and 5 % has no variants', async () => {
  const small = Buffer.from('a'.repeat(60));
  const noise = randomBytes(20_000);
  const nearly = Buffer.concat([randomBytes(20_000), Buffer.alloc(500)]);
  for (const bytes of [Buffer.alloc(0), small, noise, nearly]) assert.equal(await compress(bytes, 'fast'), {});
});

test('works off the main thread', async () => {
  const bytes = Buffer.from(words.repeat(60));
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await compress(bytes, 'best');
  clearInterval(timer);
  assert.ok(ticks > 0);
});

const TYPES: readonly [type: string, compressible: boolean][] = [
  ['text/html; charset=utf-8', true],
  ['TEXT/CSS', true],
  ['application/javascript', true],
  ['application/rss+xml', true],
  ['application/json', true],
  ['image/svg+xml', true],
  ['application/wasm', true],
  ['font/ttf', true],
  ['image/x-icon', true],
  ['font/woff2', false],
  ['image/jpeg', false],
  ['image/png', false],
  ['application/zip', false],
  ['video/mp4', false],
  ['application/octet-stream', false],
  ['', false],
];

for (const [type, compressible] of TYPES) {
  test(`${type === '' ? 'no type' : type} is ${compressible ? '' : 'not '}compressed`, () =>
    assert.is(isCompressible(type), compressible));
}

test.run();
