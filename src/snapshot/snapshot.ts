import type { Config } from '../config/schema.ts';
import type { Address } from '../model/address.ts';
import { lazily } from '../model/lazily.ts';
import type { Captured, CapturedRedirect, Entry, GoodEntry, KeptPage, Snapshot } from '../model/snapshot.ts';
import { ALWAYS_WANTED } from './always.ts';
import { type Lane, laneFor, lanesOf } from './lanes.ts';
import { isFinal, isShown } from './look.ts';
import type { Records } from './records.ts';

/** A lane looked at more often than this is hot: its pages are compressed fast rather than small. */
const HOT_EVERY_MS = 10 * 60_000;

/** The snapshot as later stages see it: what is live in `records` now, without copying it. */
export function viewSnapshot(records: Records, config: Config): Snapshot {
  const lanes = lanesOf(config.lanes);
  const shown = () => shownPages(records, lanes);
  const shortlinks = lazily(() => shortlinkTable(shown()));
  return {
    *pages() {
      for (const [address, { good }, lane] of shown()) {
        if (good !== undefined) yield captured(address, good, lane.every <= HOT_EVERY_MS ? 'hot' : 'tail');
      }
    },
    *assets() {
      for (const address of reachableAssets(records, config)) {
        const good = records.assets.get(address)?.good;
        if (good !== undefined) yield captured(address, good, 'asset');
      }
    },
    *redirects(): Generator<CapturedRedirect> {
      for (const [address, { redirect }] of shown()) if (redirect !== undefined) yield { address, ...redirect };
    },
    origin: () => records.origin,
    shortlink: (query) => shortlinks().get(query),
    mayStay: (address) => {
      const entry = records.pages.get(address);
      if (entry === undefined || entry.withdrawn !== undefined) return false;
      const isCaptured = entry.good !== undefined || entry.redirect !== undefined;
      return !isCaptured && laneFor(lanes, address, entry) !== undefined;
    },
    isWithdrawn: (address) => records.pages.get(address)?.withdrawn !== undefined || isTakenDown(records, address),
    isHot: (address) => {
      const lane = laneFor(lanes, address, records.pages.get(address) ?? { lane: '' });
      return lane !== undefined && (lane.every <= HOT_EVERY_MS || lane === lanes[0]);
    },
    withdrawnByHand: () =>
      [...records.pages, ...records.assets].flatMap(([address, { withdrawn }]) =>
        withdrawn === 'by-hand' ? [address] : [],
      ),
  };
}

/** Gives the snapshot as it is now: the same object as long as nothing in it changed, so that what followed from it is known by it. */
export function steadySnapshot(records: Records, config: Config): () => Snapshot {
  let last: { readonly revision: number; readonly snapshot: Snapshot } | undefined;
  return () => {
    if (last?.revision !== records.revision)
      last = { revision: records.revision, snapshot: viewSnapshot(records, config) };
    return last.snapshot;
  };
}

type Shown = readonly [Address, Entry, Lane];

/** Pages that are not withdrawn and that some lane holds; of those, the ones that are wanted. */
function* shownPages(
  records: Records,
  lanes: readonly Lane[],
  isWanted: (entry: Entry) => boolean = () => true,
): Generator<Shown> {
  for (const [address, entry] of records.pages) {
    const lane = entry.withdrawn === undefined && isWanted(entry) ? laneFor(lanes, address, entry) : undefined;
    if (lane !== undefined) yield [address, entry, lane];
  }
}

function captured(address: Address, good: GoodEntry, tempo: Captured['tempo']): Captured {
  const { body, type, shortlinks, robots, csp, title } = good;
  return {
    address,
    body,
    type,
    shortlinks,
    tempo,
    ...(robots === undefined ? {} : { robots }),
    ...(csp === undefined ? {} : { csp }),
    ...(title === undefined ? {} : { title }),
  };
}

function shortlinkTable(pages: Iterable<Shown>): ReadonlyMap<string, Address> {
  const table = new Map<string, Address>();
  for (const [address, { good }] of pages) if (good?.shortlink !== undefined) table.set(good.shortlink, address);
  return table;
}

/** Assets that a published page needs, those that they need in turn, and those that every site is asked for. */
export function reachableAssets(records: Records, config: Config): ReadonlySet<Address> {
  const numbers = new Set<number>(ALWAYS_WANTED.map((address) => records.numberOf(address)));
  for (const [, { good }] of shownPages(records, lanesOf(config.lanes)))
    for (const number of good?.assets ?? []) numbers.add(number);
  const reachable = new Set<Address>();
  for (const number of numbers) {
    const address = records.nameOf(number);
    const entry = records.assets.get(address);
    if (entry === undefined || isTakenDown(records, address)) continue;
    reachable.add(address);
    for (const nested of entry.good?.assets ?? []) numbers.add(nested);
  }
  return reachable;
}

/** Every published page whose last look failed, and pages that never succeeded though something leads to them; oldest trouble first. */
export function keptPages(records: Records, config: Config): readonly KeptPage[] {
  const lanes = lanesOf(config.lanes);
  const kept: KeptPage[] = [];
  for (const [address, entry, lane] of shownPages(records, lanes, ({ trouble }) => trouble !== undefined)) {
    const { trouble, goodAt } = entry;
    if (trouble === undefined) continue;
    const isOutside = !isShown(entry) && isFinal(trouble.problem) && !lane.paths.has(address);
    if (!isOutside)
      kept.push({
        address,
        lane: lane.name,
        problem: trouble.problem,
        text: trouble.text,
        since: trouble.since,
        goodAt,
      });
  }
  return kept.sort((a, b) => a.since - b.since);
}

/** True for a file that a person took down. It is remembered among the pages as well, where it is known by its address alone, before a page ever referred to it. */
export function isTakenDown({ pages, assets }: Pick<Records, 'pages' | 'assets'>, address: Address): boolean {
  return assets.get(address)?.withdrawn !== undefined || pages.get(address)?.withdrawn === 'by-hand';
}

/** Takes pages or assets down by hand, known or not, or lets them come back at their next look. */
export function withdrawByHand({ pages, assets }: Records, addresses: readonly Address[], isBack: boolean): void {
  for (const address of addresses) {
    for (const table of [pages, assets]) {
      const known = table.get(address) ?? (table === pages ? { lane: '' } : undefined);
      if (known === undefined) continue;
      const { withdrawn: _withdrawn, ...rest } = known;
      // A file that was noted here only to be taken down is no page to look at.
      const isFile = table === pages && assets.get(address) !== undefined && Object.keys(rest).length === 1;
      if (isBack && isFile) table.delete(address);
      else table.set(address, isBack ? rest : { ...rest, withdrawn: 'by-hand' });
    }
  }
}

/** Forgets what was captured and withdrawn, but not which pages there are: another machine has looked since, and what is live is what it saw. */
export function forgetLooks({ pages, assets }: Records): void {
  for (const table of [pages, assets])
    for (const [address, { lane, depth, wanted }] of [...table])
      table.set(address, {
        lane,
        ...(depth === undefined ? {} : { depth }),
        ...(wanted === undefined ? {} : { wanted }),
        ...(table === pages ? { adopted: true as const } : {}),
      });
}

/** On a machine that knows nothing yet: the pages that are live, so that none is dropped, and none kept that says it is gone. */
export function adoptPages({ pages }: Records, live: Iterable<Address>): void {
  for (const address of live) if (pages.get(address) === undefined) pages.set(address, { lane: '', adopted: true });
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
