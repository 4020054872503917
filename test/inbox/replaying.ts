import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import type { Entry } from '../../src/inbox/entry.ts';
import type { ReplayEvent, ReplayReport } from '../../src/inbox/replay.ts';
import { runReplay } from '../../src/inbox/run-replay.ts';
import { createSeal } from '../../src/inbox/seal.ts';
import { type Folder, openSpool, type Spool } from '../../src/inbox/spool.ts';
import { packed } from '../../src/inbox/submission.ts';
import type { Clock } from '../../src/model/clock.ts';
import { comment, loadedIn, SITE, siteIn } from './rig.ts';

/** A clock that only sleepers move, all at once. */
export interface OwnClock extends Clock {
  /** What was slept, in milliseconds, in order. */
  readonly slept: readonly number[];
  skip(ms: number): void;
}

/** Starts at a time of day of its own; waits last no time. */
export function createOwnClock(start = Date.UTC(2026, 10, 27, 12)): OwnClock {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    monotonic: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
    skip: (ms) => {
      now += ms;
    },
  };
}

/** One replay of the spool in a folder, an hour from now: whatever was put off is due. */
export function replayOnce(
  dir: string,
  origin: string,
  inbox: NonNullable<HoldfastConfig['inbox']> = {},
): Promise<ReplayReport> {
  const loaded = loadedIn(dir, { origin: { url: origin }, inbox });
  const clock = createOwnClock(Date.now() + 3_600_000);
  return runReplay({ loaded, site: siteIn(loaded), clock, log: () => {} }, new AbortController().signal);
}

/** A spool of its own, and replays of it. */
export interface Replaying {
  readonly dir: string;
  readonly clock: OwnClock;
  readonly spool: Spool;
  readonly log: readonly ReplayEvent[];
  /** Puts a submission there, as the service would have. */
  add(fields: Readonly<Record<string, string>>, entry?: Partial<Entry>): Promise<Entry>;
  replay(signal?: AbortSignal): Promise<ReplayReport>;
  /** How many lie in each folder that holds any. */
  folders(): Promise<Readonly<Partial<Record<Folder, number>>>>;
  close(): Promise<void>;
}

/** A spool for an origin. */
export async function openReplaying(
  origin: string,
  inbox: NonNullable<HoldfastConfig['inbox']> = {},
  clock = createOwnClock(),
): Promise<Replaying> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-replay-'));
  const loaded = loadedIn(root, {
    site: { name: 'Tide pools', url: SITE },
    origin: { url: origin, deadline: '5s' },
    inbox,
  });
  const spool = await openSpool(join(loaded.stateDir, 'inbox'));
  const log: ReplayEvent[] = [];
  let added = 0;
  return {
    dir: spool.dir,
    clock,
    spool,
    log,
    async add(fields, more = {}) {
      added += 1;
      const at = clock.now() - 60_000 + added;
      const receipt = added.toString(16).padStart(32, '0');
      const entry: Entry = { at, receipt, key: receipt, tries: 0, due: 0, sure: true, ...more };
      const kept = { v: 1, at, path: '/wp-comments-post.php', address: '203.0.113.7', agent: 'B/1' } as const;
      const bytes = packed({ ...kept, fields: Object.entries(comment(fields)) });
      await spool.keep(entry, await (await createSeal(inbox.recipient)).close(bytes));
      return entry;
    },
    replay: (signal = new AbortController().signal) =>
      runReplay({ loaded, site: siteIn(loaded), clock, log: (event) => log.push(event) }, signal),
    async folders() {
      const counts: Partial<Record<Folder, number>> = {};
      for (const folder of ['new', 'cur', 'done', 'refused', 'quarantine'] as const) {
        const { length } = await spool.list(folder);
        if (length > 0) counts[folder] = length;
      }
      return counts;
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
}
