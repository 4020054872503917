import * as assert from 'uvu/assert';
import { openMemory } from '../../src/cycle/memory.ts';
import { suite } from '../support/suite.ts';

const test = suite('what a place remembers from cycle to cycle');

/** A step that counts how often it was done. */
const step = (from: readonly unknown[], isSound = true) => {
  let done = 0;
  return { from, isSound: () => isSound, make: () => ++done };
};

test('a step is done once for the same things, and anew as soon as one is another', async () => {
  const memory = openMemory();
  const { make } = step([]);
  const pages = ['/'];
  const done: number[] = [];
  for (const from of [[pages, 'a'], [pages, 'a'], [pages, 'b'], [pages, 'a'], [['/'], 'a'], [pages]])
    done.push(await memory.recall('render', { from, make }));
  assert.equal(done, [1, 1, 2, 3, 4, 5]);
});

test('what is not sound is done anew, and so is everything once it is told to forget', async () => {
  const memory = openMemory();
  const unsound = step([1], false);
  assert.equal([await memory.recall('render', unsound), await memory.recall('render', unsound)], [1, 2]);
  const sound = step([1]);
  await memory.recall('render', sound);
  memory.forget();
  assert.is(await memory.recall('render', sound), 2);
});

test('a step that failed is done anew', async () => {
  const memory = openMemory();
  const failing = { from: [1], make: () => Promise.reject(new Error('no')) };
  await memory.recall('render', failing).then(assert.unreachable, () => undefined);
  assert.is(await memory.recall('render', step([1])), 1);
});

test.run();
