/** Where holding pages lie in a release: `_holdfast/holding/busy.html`. */
export const HOLDING_FOLDER = '_holdfast/holding/';

/** Where the smallest forms of holding pages would lie; they are no files of a release. */
export const TINY_FOLDER = '_holdfast/tiny/';

/** File of the release that says how each holding page is to be served. */
export const HOLDING_FACTS_PATH = '_holdfast/holding.json';

/** What a holding page may be called. Not `on`: that is the name of the flag which says that there is a hold. */
export const HOLDING_NAME = /^(?!on$)[a-z0-9][a-z0-9-]{0,39}$/;

/** What templates know all holding pages by. */
export const HOLDING_COLLECTION = 'holdingPages';

/** How one holding page is to be served: what a web server's configuration, a preview or a hold needs. Durations are in seconds. */
export interface HoldingFacts {
  readonly name: string;
  /** In the release: `_holdfast/holding/busy.html`. */
  readonly path: string;
  readonly status: number;
  /** For `Retry-After`; null where the page has none. */
  readonly retryAfter: number | null;
  /** Seconds until it first looks whether the origin is back; 0 where it never does. */
  readonly refresh: number;
}
