import * as assert from 'uvu/assert';
import { paintFor } from '../../src/cli/paint.ts';
import { statusLine } from '../../src/cli/status-colours.ts';
import { suite } from '../support/suite.ts';

const test = suite('status on a terminal');

const [RED, GREEN, YELLOW, DIM] = ['\u001b[31m', '\u001b[32m', '\u001b[33m', '\u001b[2m'];
const LINES: readonly [line: string, colour: string][] = [
  ['Tide pools (production), https://www.example.org', ''],
  ['LAUNCH MODE until 2027-02-02T12:00:00Z: hot lanes faster, the others paused', YELLOW],
  ['mirror: 4f2a9c1d is live since 2027-02-02T09:00:00Z (12 min), 1200 files', GREEN],
  ['mirror: cannot be read: EACCES', RED],
  [
    'mirror: ON HOLD: visitors get the page busy since 2027-02-02T09:00:00Z (4 s), by a-1, until holdfast hold off',
    YELLOW,
  ],
  ['mirror: pinned by rollback: nothing else goes live until holdfast unpin', YELLOW],
  ['mirror: nothing is live yet', YELLOW],
  ['mirror: 12 files are not certain, the next publish puts them again', RED],
  ['cache cdn: nothing waits, 12 of 1000 paths asked for this month', DIM],
  ['cache cdn: published, not purged: 3 files since x, 1 paths asked for this month; failed 4 times since x: y', RED],
  ['LIVE at 2027-02-02 09:00 UTC, in 00:10:00 (embargo): cdn NOT READY (destination-unwritable); mirror ready, 1', RED],
  ['LIVE at 2027-02-02 09:00 UTC, in 1 d 00:10:00 (embargo): not prepared yet; a publish within the day', YELLOW],
  ['origin: up for 2 h', ''],
  ['origin: slow for 12 s', YELLOW],
  ['origin: down for 12 s', RED],
  ['lane hot: looked at 12 s ago, every 1 min', ''],
  ['lane hot: looked at 2 min ago, every 1 min, due', DIM],
  ['lane archive: never looked at, every 10 min', YELLOW],
  ['kept: /news/ for 12 min: timeout, no answer within 20 s', YELLOW],
  ['comments /news/: 12, read 4 s ago, every 1 min', ''],
  ['comments /news/: 12, read 4 s ago, every 1 min; failing: it answered 500', RED],
  ['value raised: never computed, every 1 min, being computed', YELLOW],
  ['inbox: 4 wait, the oldest for 3 min; delivering takes 2 s', ''],
  ['inbox: nothing waits, 2 refused', RED],
  ['last run: ended 12 s ago, exit 0, 5 requests, 0.4 s', ''],
  ['last run: ended 12 s ago, exit 3, 5 requests, 0.4 s', YELLOW],
  ['last run: ended 12 s ago, exit 1, 5 requests, 0.4 s; origin-away: x', RED],
];
for (const [line, colour] of LINES) {
  test(line, () => {
    assert.is(statusLine(line, paintFor({ hasColours: true })), colour === '' ? line : `${colour}${line}\u001b[0m`);
    assert.is(statusLine(line, paintFor(undefined)), line);
  });
}

test.run();
