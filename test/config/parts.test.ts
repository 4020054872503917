import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { describeConfig } from '../../src/config/describe.ts';
import { findJsonFault } from '../../src/config/json.ts';
import { editDistance, nearest } from '../../src/config/nearest.ts';
import { comesFrom, overlay } from '../../src/config/overlay.ts';
import { bytes, duration } from '../../src/config/units.ts';
import { suite } from '../support/suite.ts';

const test = suite('the parts of the configuration');

test('durations are milliseconds, sizes are bytes', () => {
  const durations = { '250ms': 250, '1.5s': 1500, '10m': 600_000, '24h': 86_400_000, '2d': 172_800_000 };
  for (const [text, ms] of Object.entries(durations)) assert.is(duration().parse(text), ms);
  const sizes = { '512B': 512, '1.5KB': 1500, '10MB': 1e7, '2GB': 2e9 };
  for (const [text, size] of Object.entries(sizes)) assert.is(bytes().parse(text), size);
});

const DISTANCES: readonly [string, string, number][] = [
  ['', 'abc', 3],
  ['every', 'every', 0],
  ['evry', 'every', 1],
  ['eveyr', 'every', 1],
  ['nmae', 'name', 1],
  ['kitten', 'sitting', 3],
];
for (const [a, b, distance] of DISTANCES) {
  test(`from "${a}" to "${b}" it is ${distance} edits, and as many back`, () => {
    assert.is(editDistance(a, b), distance);
    assert.is(editDistance(b, a), distance);
  });
}

test('the nearest key is suggested only where it is near', () => {
  assert.is(nearest('Path', ['paths', 'name']), 'paths');
  assert.is(nearest('colour', ['paths', 'name']), undefined);
  assert.is(nearest('x', []), undefined);
});

test('an overlay changes neither of its sides, and undefined in it is nothing', () => {
  const base = Object.freeze({ a: Object.freeze({ b: 1, c: Object.freeze([1, 2]) }), d: 1 });
  const over = Object.freeze({ a: Object.freeze({ c: Object.freeze([3]) }), d: undefined, e: null });
  assert.equal(overlay(base, over), { a: { b: 1, c: [3] }, d: 1, e: null });
});

test('a key called __proto__ stays a key', () => {
  const merged = overlay({}, JSON.parse('{"__proto__": {"polluted": true}}')) as Record<string, unknown>;
  assert.equal(Object.keys(merged), ['__proto__']);
  assert.is((merged as { polluted?: boolean }).polluted, undefined);
});

test('a field comes from the overlay where it, or the list around it, was written there', () => {
  const over = { lanes: [{ name: 'a' }], gate: { minBytes: 5 } };
  assert.is(comesFrom(over, ['lanes', 0, 'every']), true);
  assert.is(comesFrom(over, ['gate', 'minBytes']), true);
  assert.is(comesFrom(over, ['gate', 'maxShrink']), false);
  assert.is(comesFrom(over, ['site']), false);
});

test('no fault is found in what JSON.parse takes, and one in everything it refuses', () => {
  const spoil = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', '1', ' ', '\\', '\n', 'e', '-', '.'));
  fc.assert(
    fc.property(spoil, ([json, at, extra]) => {
      const index = at % (json.length + 1);
      for (const text of [json, json.slice(0, index) + extra + json.slice(index), json.slice(0, index)]) {
        assert.is(findJsonFault(text) === undefined, isJson(text), JSON.stringify(text));
      }
    }),
    { numRuns: 2000 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('every field is described, with its type and its default as written in a file', () => {
  const fields = new Map(describeConfig().map((field) => [field.field, field]));
  assert.equal(fields.get('origin.deadline'), {
    field: 'origin.deadline',
    type: 'duration',
    default: '"20s"',
    doc: 'Longest time for one request, whole',
  });
  assert.is(fields.get('lanes[].every')?.default, 'required');
  assert.is(fields.get('lanes[].crawl')?.default, 'none');
  assert.is(fields.get('lanes[].paths')?.type, 'list of paths');
  assert.is(fields.get('origin.concurrency')?.type, 'whole number');
  assert.is(fields.get('origin.requestsPerSecond')?.type, 'number');
  assert.is(fields.get('analytics[plausible].domain')?.default, 'required');
  assert.ok(fields.has('environments'));
});

test('a doc line is one line that can stand in a table', () => {
  for (const { field, doc } of describeConfig()) assert.ok(/^[^|\n]{8,140}$/.test(doc), field);
});

test.run();
