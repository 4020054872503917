import * as assert from 'uvu/assert';
import type { OriginRecord } from '../../src/model/origin-state.ts';
import type { Entry, GoodEntry } from '../../src/model/snapshot.ts';
import { openRecords, type Records, type SnapshotRecord } from '../../src/snapshot/records.ts';
import type { Journal } from '../../src/store/journal.ts';
import { suite } from '../support/suite.ts';

const test = suite('what the snapshot remembers');

/** A journal that is on no disk. */
function unwritten(): Journal<SnapshotRecord> {
  const records = new Map<string, SnapshotRecord>();
  return {
    get: (key) => records.get(key),
    set: (key, value) => void records.set(key, value),
    delete: (key) => void records.delete(key),
    entries: () => records.entries(),
    get size() {
      return records.size;
    },
    damaged: 0,
    flush: async () => undefined,
  };
}

const GOOD: GoodEntry = {
  body: { sha256: 'a'.repeat(64), size: 10 },
  same: 'same',
  type: 'text/html',
  validators: { etag: '"1"' },
  textSize: 100,
  assets: [1, 2],
  links: [],
  shortlinks: ['p=7'],
};
const ENTRY: Entry = { lane: 'hot', lookedAt: 1, good: GOOD, goodAt: 1 };
const TROUBLE = { problem: 'status', text: 'answered 500', since: 2, looks: 0 } as const;

/** What a look, or a person, may make of an entry, and whether a release can show it. */
const changes: readonly [name: string, next: Entry, isShown: boolean][] = [
  ['a look that found it as it was', { ...ENTRY, lookedAt: 2, goodAt: 2 }, false],
  ['new validators for the same bytes', { ...ENTRY, good: { ...GOOD, validators: { etag: '"2"' } } }, false],
  ['trouble that leaves its capture', { ...ENTRY, trouble: TROUBLE }, false],
  ['the same, written anew', JSON.parse(JSON.stringify(ENTRY)) as Entry, false],
  ['other bytes', { ...ENTRY, good: { ...GOOD, body: { ...GOOD.body, sha256: 'b'.repeat(64) } } }, true],
  ['another type', { ...ENTRY, good: { ...GOOD, type: 'text/xml' } }, true],
  ['a header for robots', { ...ENTRY, good: { ...GOOD, robots: 'noindex' } }, true],
  ['another asset', { ...ENTRY, good: { ...GOOD, assets: [1, 3] } }, true],
  ['one asset less', { ...ENTRY, good: { ...GOOD, assets: [1] } }, true],
  ['its capture lost', { lane: 'hot', lookedAt: 1, goodAt: 1 }, true],
  ['taken down', { ...ENTRY, withdrawn: 'by-hand' }, true],
  ['a redirect', { ...ENTRY, redirect: { to: '/b/', status: 301 } }, true],
  ['another lane', { ...ENTRY, lane: 'tail' }, true],
  ['reached by links', { ...ENTRY, depth: 1 }, true],
];

function known(): Records {
  const records = openRecords(unwritten());
  records.pages.set('/a/', ENTRY);
  return records;
}

for (const [name, next, isShown] of changes)
  test(`${name} ${isShown ? 'is' : 'is not'} something that a release can show`, () => {
    const records = known();
    const before = records.revision;
    records.pages.set('/a/', next);
    assert.is(records.revision !== before, isShown);
  });

test('so are pages that come and go, assets too, and how the origin is, but not how long it may be turning', () => {
  const records = known();
  const since = '2027-02-02T09:00:00Z';
  const say = (origin: OriginRecord): void => {
    records.origin = origin;
  };
  const steps: [change: () => void, isShown: boolean][] = [
    [() => records.pages.set('/b/', { lane: 'hot' }), true],
    [() => records.pages.delete('/b/'), true],
    [() => records.pages.delete('/b/'), false],
    [() => records.assets.set('/s.css', { lane: 'assets' }), true],
    [() => records.assets.set('/s.css', { lane: 'assets', wanted: '2' }), false],
    [() => records.setLane('hot', { began: 1 }), false],
    [() => say({ state: 'up', since }), true],
    [() => say({ state: 'up', since, turning: { to: 'slow', looks: 1 } }), false],
    [() => say({ state: 'slow', since }), true],
  ];
  for (const [change, isShown] of steps) {
    const before = records.revision;
    change();
    assert.is(records.revision !== before, isShown, String(change));
  }
});

test.run();
