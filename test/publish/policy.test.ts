import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { assertDeletes } from '../../src/publish/caps.ts';
import type { ControlRecord } from '../../src/publish/control.ts';
import { assertOwn } from '../../src/publish/ownership.ts';
import { MOST_RELEASES, madeAt, retained } from '../../src/publish/retention.ts';
import { recordOf } from '../conformance/releases.ts';
import { fileOf, manifestOf } from '../support/manifests.ts';
import { suite } from '../support/suite.ts';

const test = suite('what a publish may do');

const DELETES: readonly [removed: number, live: number, maxDeletes: number, acceptShrink: boolean, allowed: boolean][] =
  [
    [0, 0, 256, false, true],
    [1, 2, 256, false, true],
    [10, 12, 256, false, true],
    [11, 44, 256, false, true],
    [11, 43, 256, false, false],
    [11, 43, 256, true, true],
    [256, 2000, 256, false, true],
    [257, 2000, 256, false, false],
    [257, 2000, 257, false, true],
    [257, 2000, 256, true, false],
    [1, 100, 0, false, false],
  ];

for (const [removed, live, maxDeletes, acceptShrink, allowed] of DELETES) {
  const flags = `--max-deletes ${maxDeletes}${acceptShrink ? ' --accept-shrink' : ''}`;
  test(`removing ${removed} of ${live} files with ${flags} is ${allowed ? 'allowed' : 'refused'}`, () => {
    const paths = Array.from({ length: removed }, (_, index) => `p/${index}/index.html`);
    const manifest = manifestOf(Array.from({ length: live }, (_, index) => fileOf(`p/${index}/index.html`, 'x')));
    const attempt = () =>
      assertDeletes({ removed: paths, live: manifest, maxDeletes, acceptShrink, destination: 'mirror' });
    if (allowed) attempt();
    else assert.throws(attempt, (error: Error) => isHoldfastError(error, 'too-many-deletes') && error.exit === 5);
  });
}

const OURS = { site: 'www.example.org', environment: 'production' };
const HOUR = 3_600_000;
const NOW = new Date('2027-01-03T00:00:00Z');
/** A release made so many hours ago. */
const ago = (hours: number): string =>
  `${new Date(NOW.getTime() - hours * HOUR).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z-aaaaaaaaaaaa`;
const old = [100, 101, 102, 103, 104].map(ago);
const record: ControlRecord = recordOf({ ...OURS, generation: 3, live: old[0] ?? null, releases: old });
const keep = (more: Partial<ControlRecord>, live: string, count: number) =>
  retained({ ...record, ...more }, live, { count, age: 48 * HOUR, now: NOW });

test('an empty destination is free, and ours is ours', () => {
  assertOwn(undefined, OURS, 'mirror');
  assertOwn(record, OURS, 'mirror');
});

for (const [site, environment] of [
  ['www.example.com', 'production'],
  ['www.example.org', 'staging'],
] as const) {
  test(`${site} (${environment}) is refused at a destination of another`, () => {
    assert.throws(
      () => assertOwn(record, { site, environment }, 'mirror'),
      (error: Error) =>
        isHoldfastError(error, 'destination-foreign') &&
        error.message.includes('www.example.org (production)') &&
        error.exit === 5,
    );
  });
}

test('the live release and the newest others are retained', () => {
  assert.equal(keep({}, ago(0), 5), [ago(0), ...old]);
  assert.equal(keep({}, ago(0), 2), [ago(0), ...old.slice(0, 2)]);
});

test('releases that were live within two days are retained however many there are, also one that was made long before', () => {
  const made = [1, 2, 3, 4, 5, 6, 7, 47, 49, 60].map(ago);
  assert.equal(keep({ live: made[0] ?? null, releases: made }, ago(0), 5), [ago(0), ...made.slice(0, 9)]);
  const quiet = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 72].map(ago);
  assert.equal(keep({ live: quiet[0] ?? null, releases: quiet }, ago(0), 5), [ago(0), ...quiet]);
});

test('the pinned release and the last one verified are retained however old they are', () => {
  const more = { pinned: old[4] ?? null, verified: old[3] ?? null };
  assert.equal(keep(more, ago(0), 2), [ago(0), old[0], old[1], old[3], old[4]]);
});

test('with a release a minute for two days a hundred are retained, the newest among them, spread over all of the time', () => {
  const minutes = Array.from({ length: 48 * 60 }, (_, n) => ago((n + 1) / 60));
  let releases: readonly string[] = [];
  for (const id of minutes.toReversed()) releases = keep({ live: releases[0] ?? null, releases }, id, 5);
  assert.is(releases.length, MOST_RELEASES);
  assert.equal(releases.slice(0, 6), minutes.slice(0, 6));
  const times = releases.map(madeAt);
  assert.equal(
    times,
    times.toSorted((a, b) => b - a),
  );
  const gaps = times.slice(1).map((time, n) => (times[n] ?? 0) - time);
  assert.ok(Math.max(...gaps) <= HOUR, `the longest gap is ${Math.max(...gaps) / 60_000} minutes`);
  assert.ok(NOW.getTime() - (times.at(-1) ?? 0) > 47 * HOUR);
});

test('going back to an earlier release keeps it first and once', () => {
  assert.equal(keep({}, old[2] ?? '', 5), [old[2], old[0], old[1], old[3], old[4]]);
});

test('the first release is retained alone', () => {
  assert.equal(keep({ live: null, releases: [] }, ago(0), 5), [ago(0)]);
});

test.run();
