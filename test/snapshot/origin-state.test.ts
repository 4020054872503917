import * as assert from 'uvu/assert';
import { type OriginRecord, originStateText, parseOriginState } from '../../src/model/origin-state.ts';
import { nextOriginState, type Seen } from '../../src/snapshot/origin-state.ts';
import { suite } from '../support/suite.ts';

const test = suite('what the looks say of the origin');

const NOTHING: Seen = { well: 0, failed: 0, unanswered: 0, isAway: false, isSlow: false };
const seen = (more: Partial<Seen>): Seen => ({ ...NOTHING, ...more });
const [WELL, ONE_WELL] = [seen({ well: 3 }), seen({ well: 1 })];
const [SLOW, ONE_SLOW] = [seen({ well: 3, isSlow: true }), seen({ well: 1, isSlow: true })];
const [BAD, ONE_BAD] = [seen({ failed: 3 }), seen({ failed: 1 })];
const SILENT = seen({ failed: 1, unanswered: 1 });
const AWAY = seen({ well: 7, isAway: true });

/** The states after each of these cycles, a minute apart, beginning from nothing. */
function after(...cycles: readonly Seen[]): readonly (string | undefined)[] {
  let record: OriginRecord | undefined;
  return cycles.map((cycle, minute) => {
    record = nextOriginState(record, cycle, minute * 60_000);
    return record?.state;
  });
}

const CASES: readonly [what: string, cycles: readonly Seen[], states: readonly (string | undefined)[]][] = [
  ['the first look is believed', [ONE_WELL], ['up']],
  ['without a look nothing is known, and nothing changes', [NOTHING, AWAY, NOTHING], [undefined, 'down', 'down']],
  ['an origin that is away is down at once', [WELL, AWAY], ['up', 'down']],
  ['so is one that answers nothing', [WELL, SILENT], ['up', 'down']],
  ['one bad page among good ones says nothing', [WELL, seen({ well: 2, failed: 1 })], ['up', 'up']],
  [
    'one bad page of a lane of one says nothing until it was seen three times',
    [WELL, ONE_BAD, ONE_BAD, ONE_BAD],
    ['up', 'up', 'up', 'down'],
  ],
  ['three bad pages and no good one are enough', [WELL, BAD], ['up', 'down']],
  ['more bad ones than good ones are as bad', [WELL, seen({ well: 2, failed: 3 })], ['up', 'down']],
  ['it is back after three looks that are well', [AWAY, ONE_WELL, ONE_WELL, ONE_WELL], ['down', 'down', 'down', 'up']],
  ['in one cycle, where that has as many', [AWAY, WELL], ['down', 'up']],
  [
    'a bad look in between begins the count anew',
    [AWAY, ONE_WELL, ONE_WELL, AWAY, ONE_WELL, ONE_WELL, ONE_WELL],
    ['down', 'down', 'down', 'down', 'down', 'down', 'up'],
  ],
  ['slow is no reason to come back, and is said', [AWAY, SLOW, WELL], ['down', 'slow', 'up']],
  [
    'what is slow by turns stays as it was',
    [WELL, ONE_SLOW, ONE_WELL, ONE_SLOW, ONE_WELL],
    ['up', 'up', 'up', 'up', 'up'],
  ],
  [
    'a cycle without looks does not end a count',
    [AWAY, ONE_WELL, NOTHING, ONE_WELL, NOTHING, ONE_WELL],
    ['down', 'down', 'down', 'down', 'down', 'up'],
  ],
];

for (const [what, cycles, states] of CASES) test(what, () => assert.equal(after(...cycles), states));

test('it says since when, and the same record stands while there is nothing new: nothing is written', () => {
  const down = nextOriginState(undefined, AWAY, 60_000);
  assert.equal(down, { state: 'down', since: '1970-01-01T00:01:00.000Z' });
  assert.is(nextOriginState(down, AWAY, 120_000), down);
  const turning = nextOriginState(down, ONE_WELL, 120_000);
  assert.equal(turning, { ...down, turning: { to: 'up', looks: 1 } });
  assert.equal(nextOriginState(turning, AWAY, 180_000), down);
});

test('the file holds the state and since when, and what is no such file is none', () => {
  const up = { state: 'up', since: '2027-02-02T09:00:00.000Z' } as const;
  const text = originStateText({ ...up, turning: { to: 'down', looks: 1 } } as OriginRecord);
  assert.equal(JSON.parse(text), { format: 1, ...up });
  assert.equal(parseOriginState(text), up);
  for (const other of [
    '',
    '{',
    'null',
    '[]',
    '{"state":"up"}',
    '{"format":2,"state":"up","since":"2027-02-02"}',
    '{"format":1,"state":"off","since":"2027-02-02"}',
    '{"format":1,"state":"up","since":"soon"}',
  ])
    assert.is(parseOriginState(other), undefined, other);
});

test.run();
