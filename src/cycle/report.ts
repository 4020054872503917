import type { Address } from '../model/address.ts';
import { asHoldfastError, EXIT, type HoldfastError } from '../model/errors.ts';
import type { Manifest } from '../model/manifest.ts';
import type { KeptPage } from '../model/snapshot.ts';
import { noWay, type Way } from '../model/way.ts';
import type { Published } from '../publish/golive.ts';
import type { Live } from '../publish/live.ts';
import type { Difference } from '../release/difference.ts';
import type { Tally, Warning } from '../snapshot/context.ts';

/** What one run came to. It is filled as the run goes on, so that a run that fails in the middle still tells what it did. */
export interface Report {
  readonly tally: Tally;
  /** Ids of the releases made in this run, oldest first. */
  readonly releases: string[];
  /** The last word of each destination. */
  readonly destinations: Map<string, DestinationReport>;
  /** Set when the origin went away and the looks ended early. */
  away: string | undefined;
  kept: readonly KeptPage[];
  collisions: number;
  /** Comments that came, were edited and went. */
  readonly comments: { new: number; edited: number; removed: number };
  origin: OriginUse;
  /** Set where a comment was purged. */
  purged: PurgedComment | undefined;
  /** Seconds spent in each stage. */
  readonly stages: Record<StageName, number>;
  /** How far each stage is, and which is under way: for who watches. */
  readonly way: Readonly<Record<StageName, Way>>;
  stage: StageName | undefined;
}

/** What a run asked of the origin. */
export interface OriginUse {
  readonly requests: number;
  /** What these took, all together. */
  readonly seconds: number;
  /** How fast it was asked at the end, as a part of what is configured: 1 while it was well. */
  readonly ease: number;
}

/** What a purge came to. */
export interface PurgedComment {
  readonly id: string;
  /** Pages whose thread it stood in. */
  readonly pages: readonly Address[];
  /** Captured files that named it, and were asked for again. */
  readonly lookedAgain: readonly Address[];
  /** Those of them that name it still: the origin shows it. */
  readonly stillShown: readonly Address[];
  /** Releases that cannot be returned to any more, by destination. */
  readonly dropped: Readonly<Record<string, readonly string[]>>;
}

export type StageName = 'look' | 'render' | 'publish';

export interface DestinationReport {
  /** What visitors get there now; null where nothing is live, undefined where that could not be read. */
  readonly live: string | null | undefined;
  readonly previous: string | null;
  /** What was live when the run began: `difference` is held against it, however many releases the run made. */
  readonly start?: Live;
  readonly difference?: Difference;
  /** Of all releases of the run together. */
  readonly published?: Published;
  readonly error?: HoldfastError;
}

/** Counts of `publish --json`, disjoint: they add up to the pages looked at. */
export interface PageCounts {
  captured: number;
  unchanged: number;
  kept: number;
  failed: number;
  gone: number;
}

/** The one JSON object that `publish --json` prints last. */
export interface ReportJson {
  readonly release: string | null;
  readonly previous: string | null;
  readonly releases: readonly string[];
  readonly changed: boolean;
  readonly pages: PageCounts;
  readonly files: { readonly added: number; readonly changed: number; readonly removed: number; readonly same: number };
  readonly destinations: readonly Published[];
  readonly origin: OriginUse;
  readonly comments: { readonly new: number; readonly edited: number; readonly removed: number };
  readonly warnings: readonly Warning[];
  readonly seconds: number;
}

/** A report of a run that has not begun. */
export function newReport(progress?: Tally['progress']): Report {
  const way = { look: noWay(), render: noWay(), publish: noWay() };
  const tally: Tally = {
    outcomes: new Map(),
    warnings: new Map(),
    way: way.look,
    ...(progress === undefined ? {} : { progress }),
  };
  return {
    tally,
    releases: [],
    destinations: new Map(),
    away: undefined,
    kept: [],
    collisions: 0,
    comments: { new: 0, edited: 0, removed: 0 },
    origin: { requests: 0, seconds: 0, ease: 1 },
    purged: undefined,
    stages: { look: 0, render: 0, publish: 0 },
    way,
    stage: undefined,
  };
}

/** Runs one step and adds its time to its stage, also when it fails. */
export async function timed<T>(report: Report, stage: StageName, step: () => Promise<T>): Promise<T> {
  const began = performance.now();
  report.stage = stage;
  try {
    return await step();
  } finally {
    report.stage = undefined;
    report.stages[stage] += (performance.now() - began) / 1000;
  }
}

/** A destination that already shows the release. */
export function nothingSent(name: string): Published {
  return { name, put: 0, deleted: 0, bytes: 0, requests: 0 };
}

/** Disjoint counts of the pages looked at, by the last word on each. */
export function pageCounts(report: Report): PageCounts {
  const counts: PageCounts = { captured: 0, unchanged: 0, kept: 0, failed: 0, gone: 0 };
  for (const outcome of report.tally.outcomes.values()) counts[outcome]++;
  return counts;
}

/** The first destination stands for the rest: they are sent the same content. */
export function reportJson(report: Report, seconds: number): ReportJson {
  const all = [...report.destinations.values()];
  const first = all[0];
  const put = first?.difference?.put ?? [];
  return {
    release: first?.live ?? null,
    previous: first?.previous ?? null,
    releases: report.releases,
    changed: report.releases.length > 0,
    pages: pageCounts(report),
    files: {
      added: put.filter(({ why }) => why === 'not there').length,
      changed: put.filter(({ why }) => why !== 'not there').length,
      removed: first?.difference?.remove.length ?? 0,
      same: first?.difference?.same ?? 0,
    },
    destinations: all.flatMap(({ published }) => published ?? []),
    origin: report.origin,
    comments: { ...report.comments },
    warnings: [...report.tally.warnings.values()],
    seconds: Math.round(seconds * 1000) / 1000,
  };
}

/** The release a destination shows, in the short form of a summary line: the first digits of its content's hash. */
export function shortId(id: Manifest['id']): string {
  return id.slice(id.indexOf('-') + 1).slice(0, 8);
}

/** Warnings that say that visitors lack something: pages nobody could list, assets that could not be fetched, comments that are old. */
const GAPS: readonly string[] = ['discovery-failed', 'asset-failed', 'comments-failed', 'comments-misplaced'];

/** The worst thing that happened: a refusal, a failure, then pages kept. */
export function exitOf(report: Report, failure: HoldfastError | undefined): number {
  const errors = [failure, ...[...report.destinations.values()].map(({ error }) => error)]
    .filter((error) => error !== undefined)
    .map(asHoldfastError);
  const worst = errors.find(({ exit }) => exit === EXIT.refused.code) ?? errors[0];
  if (worst !== undefined) return worst.exit === EXIT.kept.code ? EXIT.failed.code : worst.exit;
  const isPartial = report.away !== undefined || report.kept.length > 0 || report.collisions > 0;
  const hasGaps = [...report.tally.warnings.values()].some(({ code }) => GAPS.includes(code));
  return isPartial || hasGaps ? EXIT.kept.code : EXIT.done.code;
}
