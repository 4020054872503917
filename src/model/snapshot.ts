import type { Address } from './address.ts';
import type { BlobRef, Problem, Validators } from './capture.ts';
import type { OriginState } from './origin-state.ts';

/** What later stages need of a page or asset whose last good capture is to be published. */
export interface Captured {
  readonly address: Address;
  readonly body: BlobRef;
  /** The Content-Type as the origin sent it. */
  readonly type: string;
  /** X-Robots-Tag, where the origin sent one. */
  readonly robots?: string;
  /** Content-Security-Policy, where the origin sent one. */
  readonly csp?: string;
  readonly title?: string;
  /** Queries such as `p=12` by which the page links to others. */
  readonly shortlinks: readonly string[];
  /** How much effort its compression is worth: `hot` pages change every few minutes, an `asset` hardly ever. */
  readonly tempo: 'hot' | 'tail' | 'asset';
}

/** An address that answers with a redirect; `to` is an absolute URL, or an address of the site. */
export interface CapturedRedirect {
  readonly address: Address;
  readonly to: string;
  /** The origin's. */
  readonly status: number;
}

/** The last good capture of every page, as later stages see it. */
export interface Snapshot {
  pages(): Iterable<Captured>;
  /** Only those that a page, or an asset of a page, refers to. */
  assets(): Iterable<Captured>;
  redirects(): Iterable<CapturedRedirect>;
  /** How the origin is; undefined before it was ever looked at. */
  origin(): OriginState | undefined;
  /** The page that calls itself by this query (`p=211`). */
  shortlink(query: string): Address | undefined;
  /** True where a page that is live and has no capture here may stay as it is: it is of a lane, and could not be looked at or its bytes were lost. */
  mayStay(address: Address): boolean;
  /** True where a page or asset was taken down, by hand or because it said so itself. */
  isWithdrawn(address: Address): boolean;
  /** True for a page of a lane that is looked at every few minutes, or of the fastest there is. */
  isHot(address: Address): boolean;
  /** Addresses taken down by hand: a new machine must know them too. */
  withdrawnByHand(): readonly Address[];
}

/** A page whose last look failed; its last good capture stays live while there is one. */
export interface KeptPage {
  readonly address: Address;
  readonly lane: string;
  readonly problem: Problem | 'gone';
  readonly text: string;
  /** Milliseconds since 1970: when it began to fail. */
  readonly since: number;
  /** When its last good capture was confirmed; undefined where it never was. */
  readonly goodAt: number | undefined;
}

/** What is remembered of one address between runs. Numbers in `assets` and `links` stand for names in the snapshot's table. */
export interface Entry {
  readonly lane: string;
  /** Links away from the start of the crawl. */
  readonly depth?: number;
  readonly lookedAt?: number;
  readonly good?: GoodEntry;
  readonly goodAt?: number;
  readonly redirect?: { readonly to: string; readonly status: number };
  readonly trouble?: Trouble;
  readonly withdrawn?: Withdrawal;
  /** True on a page known only from what is live at a destination: this machine never looked at it. */
  readonly adopted?: true;
  /** True where the next look is taken as it is, though smaller or of another type: the page has insisted for long enough. */
  readonly insists?: true;
  /** On an asset: the `?ver=` it was last referred to with; other than the captured one means new bytes. */
  readonly wanted?: string;
}

export type Withdrawal = 'gone' | 'private' | 'kept-too-long' | 'by-hand';

export interface Trouble {
  readonly problem: Problem | 'gone';
  readonly text: string;
  readonly since: number;
  /** When it began to say that it is gone, moved or private, or ceased to, where it failed otherwise before. */
  readonly turned?: number;
  /** Since when it fails while the rest of its lane is well. */
  readonly aloneSince?: number;
  /** Looks in a row that ended so while the rest of the lane was well. */
  readonly looks: number;
  /** Where it redirects to, with problem `moved`. */
  readonly to?: string;
  readonly status?: number;
}

export interface GoodEntry {
  readonly body: BlobRef;
  readonly same: string;
  readonly type: string;
  readonly validators: Validators;
  readonly robots?: string;
  readonly csp?: string;
  readonly title?: string;
  readonly textSize: number;
  /** On an asset: the `?ver=` it was captured with. */
  readonly version?: string;
  readonly assets: readonly number[];
  /** Kept where any lane crawls. */
  readonly links: readonly number[];
  readonly shortlink?: string;
  readonly shortlinks: readonly string[];
  /** What references were read by: where the configuration would read others now, they are read again from the stored body. */
  readonly recipe?: string;
}

/** What is remembered of a lane. A pass that has begun and not ended goes on in the next run. */
export interface LaneState {
  /** When the last pass began (ms since 1970). */
  readonly began: number;
  /** When it ended; absent while it is unfinished. */
  readonly ended?: number;
  /** True where the last pass ended in a refusal that a person may lift. */
  readonly refused?: true;
}
