import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Cycle } from '../../src/cycle/cycle.ts';
import { sweep } from '../../src/cycle/sweep.ts';
import type { RenderedRecord } from '../../src/render/render.ts';
import { openRecords, type SnapshotRecord } from '../../src/snapshot/records.ts';
import { openJournal } from '../../src/store/journal.ts';
import { suite } from '../support/suite.ts';

const test = suite('what an hourly sweep forgets');
const NOW = Date.parse('2027-02-02T09:00:00Z');
const DAY = 86_400_000;

interface Case {
  /** When it was last swept. */
  readonly swept?: number;
  readonly pinned?: string;
  readonly error?: Error;
  /** Destinations that this run has no lease of. */
  readonly others?: number;
}

/** The blobs that a sweep keeps of three rendered files, of which two are live and one is made ahead; undefined where it did not begin. */
async function keptBy({ swept = NOW - DAY, pinned, error, others = 0 }: Case): Promise<readonly string[] | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-sweep-'));
  try {
    const rendered = await openJournal<RenderedRecord>(join(dir, 'rendered.jsonl'));
    for (const name of ['index.html', 'old.css', '//ahead.html'])
      rendered.set(name, { key: '', sha256: `hash of ${name}`, size: 1, variants: {} });
    await writeFile(join(dir, 'swept'), '');
    await utimes(join(dir, 'swept'), swept / 1000, swept / 1000);
    let kept: readonly string[] | undefined;
    const place = {
      stateDir: dir,
      clock: { now: () => NOW },
      records: openRecords(await openJournal<SnapshotRecord>(join(dir, 'snapshot.jsonl'))),
      rendered,
      destinations: Array.from({ length: 1 + others }),
      config: { lanes: [] },
      blobs: {
        sweep: async (keep: ReadonlySet<string>) => {
          kept = [...keep];
          return 0;
        },
      },
    };
    const manifests = { read: async () => ({ files: [{ path: 'index.html' }] }) };
    const held = [{ manifests, state: { record: { live: 'one', pinned: pinned ?? null } } }];
    const report = { destinations: new Map([['mirror', error === undefined ? {} : { error }]]) };
    await sweep({ place, leases: { held }, report } as unknown as Cycle, new AbortController().signal);
    if (kept !== undefined) assert.ok(Math.abs((await stat(join(dir, 'swept'))).mtimeMs - Date.now()) < DAY);
    return kept;
  } finally {
    await rm(dir, { recursive: true });
  }
}

const SHOWN = ['hash of index.html', 'hash of //ahead.html'];
const ALL = ['hash of index.html', 'hash of old.css', 'hash of //ahead.html'];

const CASES: readonly [string, Case, readonly string[] | undefined][] = [
  ['what was rendered for a file that is live nowhere any more', {}, SHOWN],
  ['nothing within an hour', { swept: NOW - 3_000_000 }, undefined],
  ['the same where the clock was set back since the last one', { swept: NOW + 400 * DAY }, SHOWN],
  ['nothing rendered while a release is pinned', { pinned: 'one' }, ALL],
  ['nor where a destination failed', { error: new Error('full') }, ALL],
  ['nor where another destination may show it', { others: 1 }, ALL],
];

for (const [name, given, kept] of CASES)
  test(name, async () => {
    assert.equal(await keptBy(given), kept);
  });

test.run();
