import type { Config } from '../config/schema.ts';
import type { Address } from '../model/address.ts';
import type { Captured, CapturedRedirect, Entry, GoodEntry, KeptPage, Snapshot } from '../model/snapshot.ts';
import { ALWAYS_WANTED } from './assets.ts';
import { holds, type Lane, lanesOf } from './lanes.ts';
import type { Records } from './records.ts';

/** A lane looked at more often than this is hot: its pages are compressed fast rather than small. */
const HOT_EVERY_MS = 10 * 60_000;

/** The snapshot as later stages see it: what is live in `records` now, without copying it. */
export function viewSnapshot(records: Records, config: Config): Snapshot {
  const lanes = lanesOf(config.lanes);
  const byName = new Map(lanes.map((lane) => [lane.name, lane]));
  const laneOf = (address: Address, entry: Entry): Lane | undefined => {
    const lane = byName.get(entry.lane);
    return lane !== undefined && holds(lane, address, entry) ? lane : undefined;
  };
  const shown = function* (): Generator<readonly [Address, Entry, Lane]> {
    for (const [address, entry] of records.pages) {
      const lane = entry.withdrawn === undefined ? laneOf(address, entry) : undefined;
      if (lane !== undefined) yield [address, entry, lane];
    }
  };
  const shortlinks = lazily(() => shortlinkTable(shown()));
  return {
    *pages() {
      for (const [address, { good }, lane] of shown()) {
        if (good !== undefined) yield captured(address, good, lane.every <= HOT_EVERY_MS ? 'hot' : 'tail');
      }
    },
    *assets() {
      for (const [address, good] of reachableAssets(records, shown())) yield captured(address, good, 'asset');
    },
    *redirects(): Generator<CapturedRedirect> {
      for (const [address, { redirect }] of shown()) if (redirect !== undefined) yield { address, to: redirect.to };
    },
    shortlink: (query) => shortlinks().get(query),
    mayStay: (address) => {
      const entry = records.pages.get(address);
      if (entry === undefined) return lanes.some((lane) => records.lane(lane.name)?.whole !== true);
      return entry.withdrawn === undefined && laneOf(address, entry) !== undefined;
    },
  };
}

function captured(address: Address, good: GoodEntry, tempo: Captured['tempo']): Captured {
  const { body, type, shortlinks, robots, title } = good;
  return {
    address,
    body,
    type,
    shortlinks,
    tempo,
    ...(robots === undefined ? {} : { robots }),
    ...(title === undefined ? {} : { title }),
  };
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function shortlinkTable(pages: Iterable<readonly [Address, Entry, Lane]>): ReadonlyMap<string, Address> {
  const table = new Map<string, Address>();
  for (const [address, { good }] of pages) if (good?.shortlink !== undefined) table.set(good.shortlink, address);
  return table;
}

/** Assets that a published page needs, and those that they need in turn; each once. */
function* reachableAssets(
  records: Records,
  pages: Iterable<readonly [Address, Entry, Lane]>,
): Generator<[Address, GoodEntry]> {
  const seen = new Set<number>(ALWAYS_WANTED.map((address) => records.numberOf(address)));
  for (const [, { good }] of pages) for (const number of good?.assets ?? []) seen.add(number);
  for (const number of seen) {
    const address = records.nameOf(number);
    const good = records.assets.get(address)?.good;
    if (good === undefined) continue;
    for (const nested of good.assets) seen.add(nested);
    yield [address, good];
  }
}

/** Every published page whose last look failed, and pages that never succeeded; oldest trouble first. */
export function keptPages(records: Records, config: Config): readonly KeptPage[] {
  const lanes = lanesOf(config.lanes);
  const kept: KeptPage[] = [];
  for (const [address, entry] of records.pages) {
    const { trouble, good, redirect, withdrawn, goodAt } = entry;
    const lane = lanes.find((candidate) => holds(candidate, address, entry));
    if (trouble === undefined || withdrawn !== undefined || lane === undefined) continue;
    if (good === undefined && redirect === undefined && !lane.paths.has(address)) continue;
    kept.push({ address, lane: lane.name, problem: trouble.problem, text: trouble.text, since: trouble.since, goodAt });
  }
  return kept.sort((a, b) => a.since - b.since);
}

/** Takes a page down by hand, known or not, or lets it come back at its next look. */
export function withdrawByHand(records: Records, address: Address, isBack: boolean): void {
  const { withdrawn: _withdrawn, ...rest } = records.pages.get(address) ?? { lane: '' };
  records.pages.set(address, isBack ? rest : { ...rest, withdrawn: 'by-hand' });
}

/** Drops what was captured from these bytes, which the disk has lost, so that the next look asks for them whole. */
export function forgetBody(records: Records, sha256: string): readonly Address[] {
  const forgotten: Address[] = [];
  for (const table of [records.pages, records.assets]) {
    for (const [address, entry] of table) {
      if (entry.good?.body.sha256 !== sha256) continue;
      const { good: _lost, ...rest } = entry;
      table.set(address, { ...rest, lookedAt: 0 });
      forgotten.push(address);
    }
  }
  return forgotten;
}

/** The hashes of every body the snapshot needs. */
export function* bodiesOf(records: Records): Generator<string> {
  for (const table of [records.pages, records.assets]) {
    for (const [, { good }] of table) if (good !== undefined) yield good.body.sha256;
  }
}
