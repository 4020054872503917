import type { Address } from '../../model/address.ts';

/** A few pages may be alike (empty categories); more than this, and more than this part of all, is a catch-all answer. */
const MAX_ALIKE = 5;
const MAX_PART = 0.1;

/** The addresses that share one body (`same`) with more than five pages and more than a tenth of all those given, which may be gone over twice. */
export function repeatedBodies(
  pages: Iterable<{ readonly address: Address; readonly same: string }>,
): ReadonlySet<Address> {
  const counts = new Map<string, number>();
  let total = 0;
  for (const { same } of pages) {
    total++;
    counts.set(same, (counts.get(same) ?? 0) + 1);
  }
  const limit = Math.max(MAX_ALIKE, total * MAX_PART);
  const tooMany = new Set([...counts].flatMap(([same, count]) => (count > limit ? [same] : [])));
  const repeated = new Set<Address>();
  if (tooMany.size > 0) for (const { address, same } of pages) if (tooMany.has(same)) repeated.add(address);
  return repeated;
}
