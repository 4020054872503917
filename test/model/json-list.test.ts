import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { pick } from '../../src/model/json.ts';
import { listIn } from '../../src/model/json-list.ts';
import { suite } from '../support/suite.ts';

const test = suite('lists in JSON, read one by one');

/** What is read of a text: the list, 'none' where there is none, 'no JSON'. */
function read(text: string, path?: string): unknown {
  try {
    const list = listIn(Buffer.from(text), path);
    return list === undefined ? 'none' : [...list];
  } catch (error) {
    assert.instance(error, SyntaxError);
    return 'no JSON';
  }
}

/** The same by way of the whole. */
function expected(text: string, path?: string): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    const found = path === undefined ? value : pick(value, path);
    return Array.isArray(found) ? found : 'none';
  } catch {
    return 'no JSON';
  }
}

test('any JSON gives what it gives when it is parsed whole, however it is spaced', () => {
  const keys = fc.constantFrom('a', 'b', '0', '1', 'é"\\');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('value')),
      fc.dictionary(keys, tie('value')),
    ),
  }));
  const path = fc.option(
    fc.array(keys, { minLength: 1, maxLength: 3 }).map((names) => names.join('.')),
    { nil: undefined },
  );
  fc.assert(
    fc.property(value, path, fc.constantFrom(undefined, 1, '\t\r'), (whole, where, space) => {
      const text = JSON.stringify(whole, undefined, space);
      assert.equal(read(text, where), expected(text, where));
    }),
  );
});

test('what is cut, or has one byte too many or another one, is no more JSON than as a whole', () => {
  const whole =
    '{"n": 12, "list": [{"id": 1, "html": "a \\"b\\" ] } \\\\"}, -1.5e3, [], {}, null], "more": {"x": [true]}} ';
  for (let at = 0; at <= whole.length; at++)
    for (const text of [
      whole.slice(0, at),
      whole.slice(0, at) + whole.slice(at + 1),
      ...[',', '"', ']', '}', ':', '\\', '1'].map((one) => whole.slice(0, at) + one + whole.slice(at)),
    ])
      assert.equal(read(text, 'list'), expected(text, 'list'), text);
});

test('of a name that stands twice the last counts', () => {
  assert.equal(read('{"a":[1],"a":[2]}', 'a'), [2]);
});

test('it may be gone through again', () => {
  const list = listIn(Buffer.from('[1,2]'), undefined) ?? [];
  assert.equal([...list, ...list], [1, 2, 1, 2]);
});

test.run();
