import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { pathMatcher } from '../../src/model/globs.ts';
import type { Answer, LookRequest } from '../../src/origin/client.ts';
import { openAsks } from '../../src/run/asks.ts';
import { type AskBox, type LookContext, NO_ASKS } from '../../src/snapshot/context.ts';
import { isDue, lanesOf } from '../../src/snapshot/lanes.ts';
import { openRecords, type SnapshotRecord } from '../../src/snapshot/records.ts';
import { rounds } from '../../src/snapshot/rounds.ts';
import { openJournal } from '../../src/store/journal.ts';
import { suite } from '../support/suite.ts';

const test = suite('lanes and their patterns');

const MATCHES: readonly [pattern: string, address: string, matches: boolean][] = [
  ['/tag/**', '/tag/', true],
  ['/tag/**', '/tag/oak/', true],
  ['/tag/**', '/tag/oak/page/2/', true],
  ['/tag/**', '/tags/', false],
  ['/tag/*', '/tag/oak', true],
  ['/tag/*', '/tag/oak/page/2', false],
  ['/tag/*/', '/tag/oak/', true],
  ['/**/feed/', '/feed/', true],
  ['/**/feed/', '/2024/a/feed/', true],
  ['/**/*.pdf', '/a/b/c.pdf', true],
  ['/{a,b}/**', '/b/c/', true],
  ['/{a,b}/**', '/c/b/', false],
  ['/news/202?/', '/news/2024/', true],
  ['/**', '/.well-known/x', true],
  ['/café/**', '/caf%C3%A9/menu/', true],
  ['/caf%C3%A9/**', '/caf%C3%A9/menu/', true],
  ['/a.b/', '/axb/', false],
  ['/exact/', '/exact/', true],
  ['/', '/', true],
  ['/news?(/)', '/news', true],
  ['/news?(/)', '/news/', true],
  ['/news?(/)', '/news/x', false],
  ['/', '/a/', false],
  ['/**', '/', true],
  ['/exact/', '/inexact/exact/', false],
];

for (const [pattern, address, matches] of MATCHES) {
  test(`${pattern} ${matches ? 'takes' : 'leaves'} ${address}`, () => {
    assert.is(pathMatcher([pattern])(address), matches);
    assert.is(pathMatcher(['/never/**', pattern, '/nor/this/'])(address), matches);
  });
}

test('without a pattern nothing is taken', () => {
  assert.is(pathMatcher([])('/'), false);
});

const lane = (name: string, every: number, more: object = {}) => ({
  name,
  every,
  exclude: [],
  limit: 10,
  paths: ['/'],
  ...more,
});

test('lanes are looked at fastest first, whatever their order in the configuration', () => {
  assert.equal(
    lanesOf([lane('slow', 100), lane('fast', 1), lane('middle', 10)]).map(({ name }) => name),
    ['fast', 'middle', 'slow'],
  );
});

test('what a lane lists by path is never excluded from it', () => {
  const [one] = lanesOf([lane('one', 1, { paths: ['/wp-login.php', '/tag/oak/'], exclude: ['/tag/**'] })]);
  assert.is(one?.excludes('/tag/oak/'), false);
  assert.is(one?.excludes('/tag/ash/'), true);
  assert.is(one?.excludes('/wp-login.php'), false);
  assert.is(one?.excludes('/wp-admin/edit.php'), true);
});

/** Begun before the clock was set back. */
const AHEAD = { began: 1_000_000, ended: 1_000_500 };

const DUE: readonly [string, { began: number; ended?: number; whole: boolean } | undefined, number, boolean][] = [
  ['a lane that was never looked at is due', undefined, 0, true],
  ['a pass that has not ended is due at once', { began: 1000, whole: false }, 1001, true],
  [
    'just before nine tenths of the interval it is not due',
    { began: 1000, ended: 1500, whole: true },
    1000 + 53_999,
    false,
  ],
  [
    'at nine tenths of the interval since it began it is due',
    { began: 1000, ended: 50_000, whole: true },
    1000 + 54_000,
    true,
  ],
  ['a clock that was set back by more than the interval does not stop it', { ...AHEAD, whole: true }, 5, true],
  ['one that was set back by an interval does not', { ...AHEAD, whole: true }, 1_000_000 - 60_000, true],
  ['one that was set back a little makes nothing due', { ...AHEAD, whole: true }, 1_000_000 - 59_999, false],
  ['nor does it before nine tenths have passed again', { ...AHEAD, whole: true }, 1_000_000 + 53_999, false],
  ['and then it is due', { ...AHEAD, whole: true }, 1_000_000 + 54_000, true],
];

for (const [sentence, state, now, expected] of DUE) {
  test(sentence, () => {
    const [one] = lanesOf([lane('one', 60_000)]);
    assert.ok(one);
    assert.is(isDue(one, { lane: () => state } as never, now), expected);
  });
}

/** More than a slice, and not two. */
const LONG = 600;

/** The looks of one run of three lanes: which pages were asked for before each chance to publish, by lane. `onAsk` is told how many were. */
async function chances(asks: AskBox, onAsk: (asked: number, context: LookContext) => void): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-rounds-'));
  const paths = (name: string) => Array.from({ length: LONG }, (_, index) => `/${name}/${index}/`);
  const lanes = [
    lane('hot', 60_000, { paths: ['/hot/'], limit: LONG }),
    lane('middle', 600_000, { paths: paths('middle'), limit: LONG }),
    lane('tail', 86_400_000, { paths: paths('tail'), limit: LONG }),
  ];
  let asked: string[] = [];
  let count = 0;
  const context = {
    config: { lanes, origin: { concurrency: 1 }, assets: { every: 3_600_000 }, gate: {}, launch: {} },
    records: openRecords(await openJournal<SnapshotRecord>(join(dir, 'snapshot.jsonl'))),
    origin: {
      look: async ({ address }: LookRequest): Promise<Answer> => {
        const [, name = ''] = address.split('/');
        asked.push(name);
        onAsk(++count, context);
        return { kind: 'unchanged' };
      },
    },
    clock: { now: () => 1_000_000_000, monotonic: () => 0, sleep: async () => undefined },
    composed: new Set(),
    recipe: '',
    acceptShrink: false,
    tally: { outcomes: new Map(), warnings: new Map() },
    isReleaseAsked: async () => false,
    asks,
    isPaused: () => false,
    isSpared: false,
    triedAssets: new Set(['/robots.txt', '/favicon.ico']),
    site: {},
    leavesAsset: () => false,
  } as unknown as LookContext;
  try {
    for (const { name } of lanes.slice(0, 2))
      context.records.setLane(name, { began: 1_000_000_000, ended: 1_000_000_000 });
    const told: string[] = [];
    for await (const _chance of rounds(context, { now: false }, new AbortController().signal)) {
      told.push([...new Set(asked)].map((name) => `${name} ${asked.filter((one) => one === name).length}`).join(', '));
      asked = [];
    }
    return told;
  } finally {
    await rm(dir, { recursive: true });
  }
}

test('a lane that falls due in the middle of a slower one lets those that are faster still come between its own slices', async () => {
  const isDueAgain = (name: string, { records }: LookContext) => records.setLane(name, { began: 0, ended: 0 });
  const told = await chances(NO_ASKS, (asked, context) => {
    if (asked === 10) isDueAgain('middle', context);
    if (asked === 600) isDueAgain('hot', context);
  });
  assert.equal(told, ['tail 500, middle 500, hot 1', 'middle 100', 'tail 100']);
});

test('a long lane that was asked for does not keep all else waiting: the rest of it comes in its turn', async () => {
  const asks = openAsks();
  asks.add({ paths: [], lanes: ['tail'] });
  assert.equal(await chances(asks, () => undefined), ['tail 500', 'tail 100']);
});

test.run();
