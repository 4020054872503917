import { HoldfastError } from '../model/errors.ts';
import type { Manifest } from '../model/manifest.ts';

/** The largest part of a destination's files that one publish may remove. */
const MAX_PART = 0.25;
/** On a site of a handful of files one page is already a quarter; below this many the part is not held against it. */
const FEW = 10;

export interface DeleteCap {
  /** Paths that would go, those withdrawn on purpose left out. */
  readonly removed: readonly string[];
  readonly live: Manifest | undefined;
  readonly maxDeletes: number;
  /** Lifts the part, not the count. */
  readonly acceptShrink: boolean;
  readonly destination: string;
}

/** Throws `too-many-deletes` when a publish would remove more than a person would expect of it. */
export function assertDeletes({ removed, live, maxDeletes, acceptShrink, destination }: DeleteCap): void {
  const total = live?.files.length ?? 0;
  const isTooLarge = !acceptShrink && removed.length > FEW && removed.length > total * MAX_PART;
  if (removed.length <= maxDeletes && !isTooLarge) return;
  const cap = removed.length > maxDeletes ? `--max-deletes ${maxDeletes}` : `a quarter of ${total}`;
  throw new HoldfastError(
    'too-many-deletes',
    `${destination}: ${removed.length} files would be removed, more than ${cap} (${removed.slice(0, 3).join(', ')}, …)`,
    {
      hint: `if that is meant, run publish --max-deletes ${removed.length} --accept-shrink once`,
      visitors: 'visitors get the release that was live before',
    },
  );
}
