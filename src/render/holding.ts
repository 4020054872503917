import type { ComposedPage } from './compose.ts';

/** File of the release that says how each holding page is to be served. */
export const HOLDING_FACTS_PATH = '_holdfast/holding.json';

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

/** The facts of all holding pages, in the order of their paths. */
export function holdingFacts(
  composed: readonly Pick<ComposedPage, 'kind' | 'path' | 'front'>[],
): readonly HoldingFacts[] {
  return composed.flatMap(({ kind, path, front }) => {
    const { name, status, retryAfter = null, refresh = 0 } = front;
    return kind === 'holding' && name !== undefined && status !== undefined
      ? [{ name, path, status, retryAfter, refresh }]
      : [];
  });
}
