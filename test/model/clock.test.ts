import * as assert from 'uvu/assert';
import { onwardClock } from '../../src/model/clock.ts';
import { suite } from '../support/suite.ts';

const test = suite('the clock that looks go by');

const START = 1_000_000;

/** A machine's clocks: time passes, and the wall clock may be set. */
function machine() {
  const time = { wall: START, monotonic: 50 };
  return {
    now: () => time.wall,
    monotonic: () => time.monotonic,
    sleep: async () => undefined,
    pass(ms: number) {
      time.wall += ms;
      time.monotonic += ms;
    },
    set(by: number) {
      time.wall += by;
    },
  };
}

type Step = readonly ['pass' | 'set', number];

/** What it says since the start, in milliseconds. */
const cases: readonly [name: string, steps: readonly Step[], says: number][] = [
  ['it says what the machine says', [['pass', 500]], 500],
  [
    'set back it goes on',
    [
      ['pass', 500],
      ['set', -3000],
      ['pass', 100],
    ],
    600,
  ],
  [
    'set back twice it goes on',
    [
      ['set', -3000],
      ['pass', 100],
      ['set', -3000],
      ['pass', 100],
    ],
    200,
  ],
  [
    'a jump forward it follows, as after a sleep',
    [
      ['pass', 500],
      ['set', 3000],
    ],
    3500,
  ],
  [
    'a jump forward that is taken back is one jump',
    [
      ['set', 3000],
      ['pass', 100],
      ['set', -3000],
      ['pass', 100],
    ],
    3200,
  ],
  [
    'set back and put right again it says what the machine says',
    [
      ['set', -3000],
      ['pass', 100],
      ['set', 3000],
      ['pass', 100],
    ],
    200,
  ],
];

for (const [name, steps, says] of cases)
  test(name, () => {
    const clock = machine();
    const onward = onwardClock(clock);
    let last = onward.now();
    for (const [what, ms] of steps) {
      clock[what](ms);
      assert.ok(onward.now() >= last);
      last = onward.now();
    }
    assert.is(last - START, says);
  });

test.run();
