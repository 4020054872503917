import type { HoldingFacts } from '../model/holding.ts';
import type { ComposedPage } from './compose.ts';

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
