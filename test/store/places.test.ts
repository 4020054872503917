import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { createPlaces, type Place, placeIn, RECORD_WORDS, recordOf } from '../../src/store/places.ts';
import { suite } from '../support/suite.ts';
import { hashOf } from './pages.ts';

const test = suite('places of packed blobs');

const number = fc.nat(0xffffffff);
const place = fc.record(
  { pack: fc.integer({ min: 1, max: 0xffffffff }), offset: number, size: number, at: number },
  { noNullPrototype: true },
);

test('a record says the place it was made of', () => {
  fc.assert(
    fc.property(fc.string(), place, (name, expected) => {
      assert.equal(placeIn(recordOf(hashOf(Buffer.from(name)), expected), 0), expected);
    }),
  );
});

test('a record with a word changed, and one of zeros, are passed over', () => {
  assert.is(placeIn(new Uint32Array(RECORD_WORDS), 0), undefined);
  fc.assert(
    fc.property(place, fc.nat(RECORD_WORDS - 1), fc.integer({ min: 1, max: 0xffffffff }), (of, word, change) => {
      const record = recordOf(hashOf(Buffer.from('page')), of);
      record[word] = (record[word] ?? 0) ^ change;
      assert.is(placeIn(record, 0), undefined);
    }),
  );
});

/** Hashes that fall on the same slots, beside others. */
const hash = fc.oneof(
  fc.nat(30).map((n) => `01000000${hashOf(Buffer.from([n])).slice(8)}`),
  fc.nat(3_000).map((n) => hashOf(Buffer.from(String(n)))),
);
const step = fc.tuple(hash, fc.option(place, { freq: 3, nil: undefined }));

test('the table holds what a map would, through additions, repetitions and forgetting', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3_000, size: 'max' }), (steps) => {
      const places = createPlaces();
      const expected = new Map<string, Place>();
      for (const [sha256, to] of steps) {
        if (to === undefined) places.forget(sha256);
        else places.take(recordOf(sha256, to), 0);
        if (to === undefined) expected.delete(sha256);
        else expected.set(sha256, to);
      }
      for (const [sha256] of steps) assert.equal(places.get(sha256), expected.get(sha256));
      assert.is(places.size, expected.size);
      assert.equal(new Map(places.entries()), expected);
      assert.is(places.records().length, expected.size * RECORD_WORDS);
    }),
    { numRuns: 20 },
  );
});

test.run();
