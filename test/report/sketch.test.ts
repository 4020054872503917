import * as assert from 'uvu/assert';
import { createAddresses } from '../../src/report/addresses.ts';
import { createSketch, hashWord } from '../../src/report/sketch.ts';
import { createTopList } from '../../src/report/toplist.ts';
import { suite } from '../support/suite.ts';

const test = suite('counting in bounded memory');

const nameOf = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

/** The largest error, as a part of the number, met on the way to `most` addresses. */
function worstError(seed: number, most: number): number {
  const sketch = createSketch();
  let worst = 0;
  for (let index = 0, look = 1; index < most; index += 1) {
    const name = nameOf(index);
    sketch.add(hashWord(name, seed), hashWord(name, seed * 7 + 1));
    if (index + 1 !== look) continue;
    worst = Math.max(worst, Math.abs(sketch.estimate() / look - 1));
    look = Math.ceil(look * 1.5);
  }
  return worst;
}

test('a sketch is within two per cent at every size up to 400,000, whatever the salt', () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const worst = worstError(Math.imul(seed, 0x9e3779b1), 400_000);
    assert.ok(worst < 0.02, `seed ${seed}: ${worst}`);
  }
});

test('a sketch of nothing is nothing, and what comes again counts once', () => {
  const sketch = createSketch();
  assert.is(Math.round(sketch.estimate()), 0);
  for (let times = 0; times < 1000; times += 1) sketch.add(hashWord('a', 1), hashWord('a', 2));
  assert.is(Math.round(sketch.estimate()), 1);
});

test('addresses are counted exactly, each group by itself', () => {
  const addresses = createAddresses([1, 2]);
  for (let index = 0; index < 150_000; index += 1)
    addresses.add(nameOf(index % 100_000), index % 2 === 0 ? 0b11 : 1 << 31);
  assert.equal(addresses.unique(0), { addresses: 50_000, isExact: true });
  assert.equal(addresses.unique(1), { addresses: 50_000, isExact: true });
  assert.equal(addresses.unique(31), { addresses: 50_000, isExact: true });
  assert.equal(addresses.unique(5), { addresses: 0, isExact: true });
});

test('beyond what fits, addresses are counted within two per cent, and said to be estimated', () => {
  const addresses = createAddresses([3, 4], 1000);
  for (let round = 0; round < 2; round += 1)
    for (let index = 0; index < 100_000; index += 1) addresses.add(nameOf(index), 1);
  const { addresses: count, isExact } = addresses.unique(0);
  assert.is(isExact, false);
  assert.ok(Math.abs(count / 100_000 - 1) < 0.02, String(count));
});

test('a list that fits is exact', () => {
  const list = createTopList(3);
  for (const key of 'abacabad') list.add(key);
  assert.equal(list.top(2), [
    { key: 'a', count: 4, unsure: 0 },
    { key: 'b', count: 2, unsure: 0 },
  ]);
});

test('a list keeps what is frequent within its bound, however much comes by once', () => {
  const keys = 100;
  const list = createTopList(keys);
  const truth = new Map<string, number>();
  const requests = 200_000;
  for (let index = 0; index < requests; index += 1) {
    const key = index % 3 === 0 ? `often ${(index * 7919) % 40}` : `once ${index}`;
    truth.set(key, (truth.get(key) ?? 0) + 1);
    list.add(key);
  }
  const top = list.top(40);
  assert.is(top.filter(({ key }) => key.startsWith('often')).length, 40);
  for (const { key, count, unsure } of list.top(1000)) {
    const real = truth.get(key) ?? 0;
    assert.ok(count <= real && real <= count + unsure, `${key}: ${real} is in ${count} + ${unsure}`);
    assert.ok(unsure <= requests / keys);
  }
  assert.is(top[0]?.unsure, 0, 'what was never dropped is exact');
});

test('endless keys are cut, and those that begin alike counted together', () => {
  const list = createTopList(3);
  for (const end of ['a', 'b']) list.add(`${'x'.repeat(5000)}${end}`);
  assert.equal(list.top(3), [{ key: 'x'.repeat(300), count: 2, unsure: 0 }]);
});

test.run();
