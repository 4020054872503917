import type { Config } from '../config/schema.ts';
import type { Address } from '../model/address.ts';
import type { Outcome } from '../model/capture.ts';
import type { Clock } from '../model/clock.ts';
import type { Site } from '../model/site.ts';
import type { Way } from '../model/way.ts';
import type { Origin } from '../origin/client.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Digester } from './digester.ts';
import type { Lane } from './lanes.ts';
import type { Records } from './records.ts';

/** What the snapshot stage works with; made once a run by the pipeline. */
export interface LookContext {
  readonly config: Config;
  readonly site: Site;
  readonly records: Records;
  readonly blobs: Blobs;
  readonly origin: Origin;
  readonly clock: Clock;
  /** Addresses that are composed here and so never asked of the origin. */
  readonly composed: ReadonlySet<Address>;
  /** Matches assets that stay links (`assets.exclude`). */
  readonly leavesAsset: (address: Address) => boolean;
  readonly digester: Digester;
  /** What references are read by in this run. */
  readonly recipe: string;
  /** Selector of the places where the thread of a page may go; undefined for a page without comments to show. */
  readonly threadPlace: (page: Address) => string | undefined;
  /** A person said that pages and lanes may shrink, this once. */
  readonly acceptShrink: boolean;
  readonly tally: Tally;
  /** Asked between slices: true where a person wants a release now, or comments have news, whatever the looks came to. */
  readonly isReleaseAsked: (signal: AbortSignal) => Promise<boolean>;
  /** What somebody wants looked at before its time. */
  readonly asks: AskBox;
  /** True for a lane that is left alone for now. */
  readonly isPaused: (lane: Lane) => boolean;
  /** True while the origin is to be asked for nothing that can wait: assets that are known, comments that are known. */
  readonly isSpared: boolean;
  /** Assets asked for in this run: one that failed is not asked for again before the next. */
  readonly triedAssets: Set<Address>;
}

/** Pages and lanes that somebody wants looked at now. */
export interface Asked {
  readonly paths: readonly Address[];
  /** Names of lanes. */
  readonly lanes: readonly string[];
}

/** Where such wishes wait; they may come at any time. */
export interface AskBox {
  readonly isWaiting: boolean;
  /** All that waits, and goes on waiting. */
  peek(): Asked | undefined;
  /** All that waits, which then waits no more; undefined where nothing does. */
  take(): Asked | undefined;
}

/** Nobody wants anything. */
export const NO_ASKS: AskBox = { isWaiting: false, peek: () => undefined, take: () => undefined };

export interface Warning {
  readonly code: string;
  readonly path: string;
  readonly text: string;
}

/** What the looks of one run came to: the last outcome of each page, and what a person should know. */
export interface Tally {
  readonly outcomes: Map<Address, Outcome>;
  readonly warnings: Map<string, Warning>;
  /** How far the looks are, where somebody watches. */
  readonly way?: Way;
  /** Called after each page, for who wants to know that the run lives. */
  readonly progress?: (lane: string, address: Address, outcome: Outcome) => void;
}

/** Adds a warning once a code and path. */
export function warn(tally: Tally, code: string, path: string, text: string): void {
  tally.warnings.set(`${code} ${path}`, { code, path, text });
}

/** Notes that an asset is referred to; a version it was not captured with makes it wanted anew. */
export function wantAsset({ records }: LookContext, address: Address, version: string): void {
  const known = records.assets.get(address);
  if (known === undefined) records.assets.set(address, { lane: 'assets', wanted: version });
  else if (known.wanted !== version) {
    const { trouble: _old, ...rest } = known;
    records.assets.set(address, { ...rest, wanted: version });
  }
}
