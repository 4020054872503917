import * as assert from 'uvu/assert';
import type { Entry, Trouble } from '../../src/model/snapshot.ts';
import type { LookContext } from '../../src/snapshot/context.ts';
import { lanesOf } from '../../src/snapshot/lanes.ts';
import { settle } from '../../src/snapshot/settle.ts';
import { suite } from '../support/suite.ts';

const test = suite('which pages leave at the end of a pass');
const HOUR = 3_600_000;
const NOW = 1000 * HOUR;
const [lane, tail] = lanesOf(
  (['hot', 'tail'] as const).map((name, at) => ({
    name,
    every: HOUR + at,
    exclude: [],
    limit: 9,
    paths: [`/${name}/`],
  })),
);

const good = { body: { sha256: '', size: 1 } } as unknown as NonNullable<Entry['good']>;

/** What becomes of the one page of a lane that has failed so, when another page of the site was well at `lastGood`. */
function after(trouble: Partial<Trouble>, lastGood: number): Entry['withdrawn'] {
  const pages = new Map<string, Entry>([
    ['/hot/', { lane: 'hot', good, lookedAt: NOW, trouble: { text: '', looks: 1, ...trouble } as Trouble }],
    ['/tail/', { lane: 'tail', good, lookedAt: lastGood, goodAt: lastGood }],
  ]);
  const context = {
    records: { pages },
    clock: { now: () => NOW },
    config: { gate: { maxKept: 24 * HOUR } },
    tally: { outcomes: new Map() },
    acceptShrink: false,
  } as unknown as LookContext;
  assert.ok(lane && tail);
  settle(context, { lane, lanes: [lane, tail], began: NOW });
  return pages.get('/hot/')?.withdrawn;
}

const CASES: readonly [string, Partial<Trouble>, number, Entry['withdrawn']][] = [
  ['one that is gone at two looks', { problem: 'gone', since: NOW - 2 * HOUR }, NOW - HOUR, 'gone'],
  ['but not where nothing was well since', { problem: 'gone', since: NOW - HOUR }, NOW - 2 * HOUR, undefined],
  [
    'nor since it stopped to fail otherwise',
    { problem: 'gone', since: NOW - 9 * HOUR, turned: NOW - HOUR },
    NOW - 2 * HOUR,
    undefined,
  ],
  [
    'one that failed alone for longer than `maxKept`',
    { problem: 'status', since: NOW - 30 * HOUR, aloneSince: NOW - 30 * HOUR },
    NOW - HOUR,
    'kept-too-long',
  ],
  [
    'but not where the origin was away all that time',
    { problem: 'status', since: NOW - 30 * HOUR, aloneSince: NOW - 30 * HOUR },
    NOW - 29 * HOUR,
    undefined,
  ],
];

for (const [name, trouble, lastGood, withdrawn] of CASES)
  test(name, () => {
    assert.is(after(trouble, lastGood), withdrawn);
  });

test.run();
