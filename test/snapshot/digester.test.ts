import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { Raw } from '../../src/snapshot/digest.ts';
import { digest } from '../../src/snapshot/digest.ts';
import { type DigestConfig, toolsOf } from '../../src/snapshot/digest-tools.ts';
import type * as Digester from '../../src/snapshot/digester.ts';
import { importBuilt } from '../support/built.ts';
import { page } from '../support/site.ts';
import { suite } from '../support/suite.ts';

/** As it was built: a thread has no compiler, and what it cannot do would be done, unnoticed, on this one. */
const { openDigester } = await importBuilt<typeof Digester>('snapshot/digester');
const hasThread = () => process.getActiveResourcesInfo().includes('MessagePort');

const test = suite('digesting many pages');

const config = {
  site: { name: 'x', url: 'https://www.example.org', language: 'en' },
  origin: { url: 'http://10.0.0.5', aliases: [] },
  gate: { mustContain: ['</html>'], mustNotContain: [], minBytes: 100, maxShrink: 0.5, maxKept: 1000 },
  normalize: [{ match: 'nonsense-\\d+', replace: '' }],
} as unknown as DigestConfig;

const raw = (n: number): Raw => ({
  address: `/${n}/`,
  type: 'text/html',
  bytes: Buffer.from(
    n % 7 === 0 ? 'cut' : page(`Page ${n}`, `<a href="/${n + 1}/">next</a><img src="/${n}.png"> nonsense-${n}`),
  ),
  setCookies: [],
  wantsTitle: true,
});

test('a thousand pages at once are digested as each would be alone, each for its own asker', async () => {
  const digester = openDigester(config);
  const tools = toolsOf(config);
  const numbers = Array.from({ length: 1000 }, (_, index) => index);
  const digests = await Promise.all(numbers.map((n) => digester.digest(raw(n))));
  assert.ok(hasThread(), 'they had a thread of their own');
  await digester.close();
  assert.not.ok(hasThread());
  for (const n of numbers) assert.equal(digests[n], digest(raw(n), tools), `page ${n}`);
});

test('the thread ends once nobody has a page for it, and a page that comes later finds one', async () => {
  const digester = openDigester(config);
  await Promise.all(Array.from({ length: 200 }, (_, n) => digester.digest(raw(n))));
  const deadline = performance.now() + 10_000;
  while (hasThread() && performance.now() < deadline) await wait(50);
  assert.not.ok(hasThread(), 'it ended by itself');
  assert.equal(await digester.digest(raw(1)), digest(raw(1), toolsOf(config)));
  assert.ok(hasThread());
  await digester.close();
});

test('pages that come back together do not end the thread under those that follow', async () => {
  const digester = openDigester(config);
  await Promise.all(Array.from({ length: 200 }, (_, n) => digester.digest(raw(n))));
  const tools = toolsOf(config);
  // Longer than an idle thread lives.
  for (const ends = performance.now() + 1000; performance.now() < ends; )
    assert.equal(await digester.digest(raw(1)), digest(raw(1), tools));
  await digester.close();
});

test('a page that cannot be digested fails by itself, and ends neither the process nor those beside it', async () => {
  const digester = openDigester(config);
  const bad = { ...raw(200), setCookies: null as never };
  const pages = Array.from({ length: 300 }, (_, n) => (n === 200 ? bad : raw(n)));
  const ended = await Promise.allSettled(pages.map((one) => digester.digest(one)));
  assert.equal(
    ended.flatMap(({ status }, n) => (status === 'rejected' ? [n] : [])),
    [200],
  );
  await digester.close();
});

test('the bytes that were handed in stay the caller’s', async () => {
  const digester = openDigester(config);
  const pages = Array.from({ length: 300 }, (_, index) => raw(index + 1));
  await Promise.all(pages.map((one) => digester.digest(one)));
  await digester.close();
  assert.match(pages[299]?.bytes.toString() ?? '', 'Page 300');
});

test.run();
