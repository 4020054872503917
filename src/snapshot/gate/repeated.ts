import type { Address } from '../../model/address.ts';

/** A few pages may be alike (empty categories); more than this, and more than this part of all, is a catch-all answer. */
const MAX_ALIKE = 5;
const MAX_PART = 0.1;

/** The addresses that share one body (`same`) with more than five pages and more than a tenth of all those given. */
export function repeatedBodies(
  pages: Iterable<{ readonly address: Address; readonly same: string }>,
): ReadonlySet<Address> {
  const alike = new Map<string, Address[]>();
  let total = 0;
  for (const { address, same } of pages) {
    total++;
    const group = alike.get(same);
    if (group === undefined) alike.set(same, [address]);
    else group.push(address);
  }
  const tooMany = [...alike.values()].filter(({ length }) => length > MAX_ALIKE && length > total * MAX_PART);
  return new Set(tooMany.flat());
}
