import * as assert from 'uvu/assert';
import { type Clock, sleepUntil } from '../../src/model/clock.ts';
import { parseInstant, shownInstant } from '../../src/model/instant.ts';
import { suite } from '../support/suite.ts';

const test = suite('instants');

const NINE = '2027-02-02T09:00:00.000Z';

const read: [text: string, instant: string | undefined][] = [
  ['2027-02-02T09:00:00Z', NINE],
  ['2027-02-02T10:00+01:00', NINE],
  ['2027-02-02 10:00:00 +0100', NINE],
  ['2027-02-01T23:00:00-10:00', NINE],
  ['2027-02-02T10:00[Europe/Berlin]', NINE],
  ['2027-02-02T09:00:00.25Z', '2027-02-02T09:00:00.250Z'],
  ['2027-07-01T10:00[Europe/Berlin]', '2027-07-01T08:00:00.000Z'],
  ['2027-02-02T09:00:00', undefined],
  ['2027-02-02', undefined],
  ['tomorrow', undefined],
  ['2027-02-30T09:00Z', undefined],
  ['2027-02-02T25:00Z', undefined],
  ['2027-02-02T09:00+15:00', undefined],
  ['2027-02-02T10:00[Europe/Nowhere]', undefined],
];

for (const [text, instant] of read) {
  test(`${text} ${instant === undefined ? 'names no instant' : 'is read'}`, () => {
    const at = parseInstant(text);
    assert.is(at === undefined ? undefined : new Date(at).toISOString(), instant);
  });
}

test('a time of a zone that clocks there never show, or show twice, names no instant; with its offset it does', () => {
  assert.is(parseInstant('2027-03-28T02:30[Europe/Berlin]'), undefined);
  assert.is(parseInstant('2027-10-31T02:30[Europe/Berlin]'), undefined);
  assert.is(parseInstant('2027-10-31T02:30+02:00'), Date.parse('2027-10-31T00:30:00Z'));
});

test('people see UTC, and their own zone with the date where that is another', () => {
  const at = Date.parse('2027-02-02T23:30:00Z');
  assert.is(shownInstant(at), '2027-02-02 23:30:00 UTC');
  assert.is(shownInstant(Date.parse(NINE), 'Europe/Berlin'), '2027-02-02 09:00:00 UTC (10:00:00 Europe/Berlin)');
  assert.is(shownInstant(at, 'Europe/Berlin'), '2027-02-02 23:30:00 UTC (2027-02-03 00:30:00 Europe/Berlin)');
});

/** Sleepers wake early by what `early` says; the wall clock jumps by `jump` at the third nap. */
function clockThat({ early = 0, jump = 0 }): Clock & { readonly naps: number[] } {
  let wall = Date.parse(NINE) - 2000;
  const naps: number[] = [];
  return {
    naps,
    now: () => wall,
    monotonic: () => 0,
    sleep: async (ms) => {
      naps.push(ms);
      wall += Math.max(1, ms - early) + (naps.length === 3 ? jump : 0);
    },
  };
}

test('to sleep until an instant never ends before it, though timers wake early', async () => {
  const clock = clockThat({ early: 3 });
  await sleepUntil(Date.parse(NINE), clock);
  assert.is(clock.now(), Date.parse(NINE));
  assert.ok(Math.max(...clock.naps) <= 500, 'naps are short, so that a clock that is set is noticed');
});

test('a clock that is set on ends it at once, one that is set back makes it longer', async () => {
  const on = clockThat({ jump: 3_600_000 });
  await sleepUntil(Date.parse(NINE), on);
  assert.is(on.naps.length, 3);
  const back = clockThat({ jump: -1000 });
  await sleepUntil(Date.parse(NINE), back);
  assert.is(back.naps.length, 6);
  assert.is(back.now(), Date.parse(NINE));
});

test.run();
