import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { assertDeletes } from '../../src/publish/caps.ts';
import type { ControlRecord } from '../../src/publish/destination.ts';
import { assertOwn } from '../../src/publish/ownership.ts';
import { retained } from '../../src/publish/retention.ts';
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

const record: ControlRecord = {
  format: 1,
  site: 'www.example.org',
  environment: 'production',
  lineage: 'l',
  generation: 3,
  live: 'r5',
  since: '2027-01-01T00:00:00Z',
  releases: ['r5', 'r4', 'r3', 'r2', 'r1'],
  withdrawn: [],
};

test('an empty destination is free, and ours is ours', () => {
  assertOwn(undefined, 'www.example.org', 'production', 'mirror');
  assertOwn(record, 'www.example.org', 'production', 'mirror');
});

for (const [site, environment] of [
  ['www.example.com', 'production'],
  ['www.example.org', 'staging'],
] as const) {
  test(`${site} (${environment}) is refused at a destination of another`, () => {
    assert.throws(
      () => assertOwn(record, site, environment, 'mirror'),
      (error: Error) =>
        isHoldfastError(error, 'destination-foreign') &&
        error.message.includes('www.example.org (production)') &&
        error.exit === 5,
    );
  });
}

test('the live release and the newest others are retained', () => {
  assert.equal(retained(record, 'r6', 5), ['r6', 'r5', 'r4', 'r3', 'r2', 'r1']);
  assert.equal(retained(record, 'r6', 2), ['r6', 'r5', 'r4']);
});

test('going back to an earlier release keeps it first and once', () => {
  assert.equal(retained(record, 'r3', 5), ['r3', 'r5', 'r4', 'r2', 'r1']);
});

test('the first release is retained alone', () => {
  assert.equal(retained(undefined, 'r1', 5), ['r1']);
});

test.run();
