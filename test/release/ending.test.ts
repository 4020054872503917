import * as assert from 'uvu/assert';
import { cutCaching, keepAt, stepsBefore, windowOf } from '../../src/release/ending.ts';
import { ASSET_CACHING, FINGERPRINTED_CACHING, NO_CACHING, PAGE_CACHING } from '../../src/release/headers.ts';
import { suite } from '../support/suite.ts';

const test = suite('what caches keep as an instant comes near');

test('how long a copy may be shown is its fresh time and the time in which another is asked for', () => {
  assert.is(windowOf(PAGE_CACHING), 360);
  assert.is(windowOf(ASSET_CACHING), 3900);
  assert.is(windowOf('max-age=30'), 30);
  assert.is(windowOf(NO_CACHING), 0);
});

test('a copy that was fetched at any moment before the instant is shown by nobody after it', () => {
  for (const window of [0, 60, 360, 3900]) {
    const steps = stepsBefore(window);
    const usual = `max-age=0, s-maxage=${window}, stale-if-error=86400`;
    // Within a step the files of the step before are there until its publish is through, in 10 s at most.
    for (let left = (window + 120) * 1000; left > 0; left -= 500) {
      const begun = [...steps].reverse().find((step) => step - 10_000 >= left);
      const keep = begun === undefined ? undefined : keepAt(begun, window);
      const caching = keep === undefined ? usual : cutCaching(usual, keep);
      const shown = windowOf(caching) * 1000;
      if (left <= (window + 5) * 1000 || keep !== undefined) assert.ok(shown <= left, `${window}: ${shown} at ${left}`);
      assert.is(/stale/.test(caching), keep === undefined, 'nor while the site is away');
    }
  }
});

test('what is cut is fresh time and stale time; what no cache keeps, and what says no time, stays as it is', () => {
  assert.is(cutCaching(PAGE_CACHING, 10), 'max-age=0, s-maxage=10, must-revalidate');
  assert.is(cutCaching(PAGE_CACHING, 0), 'max-age=0, s-maxage=0, must-revalidate');
  assert.is(cutCaching('public, max-age=600, immutable', 10), 'public, max-age=10, s-maxage=10, must-revalidate');
  assert.is(cutCaching(FINGERPRINTED_CACHING, 0), 'public, max-age=0, s-maxage=0, must-revalidate');
  assert.is(cutCaching('max-age=5', 60), 'max-age=5, s-maxage=5, must-revalidate');
  for (const same of [NO_CACHING, 'private, max-age=60', 'no-cache']) assert.is(cutCaching(same, 0), same);
});

test('far from the instant nothing is cut', () => {
  assert.is(keepAt(400_000, 360), undefined);
  assert.is(keepAt(375_000, 360), 60);
  assert.is(keepAt(75_000, 360), 10);
  assert.is(keepAt(20_000, 360), 0);
});

test.run();
