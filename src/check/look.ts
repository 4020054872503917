import type { Address } from '../model/address.ts';
import type { Clock } from '../model/clock.ts';
import { type HoldfastError, isHoldfastError } from '../model/errors.ts';
import type { Answer, Origin } from '../origin/client.ts';

/** One page looked at for the checks, and when; times are milliseconds of the machine's clock. */
export interface Seen {
  readonly address: Address;
  readonly asked: number;
  readonly answered: number;
  readonly result: Answer | HoldfastError;
}

/** Looks at each page once, one after the other; an origin that cannot be reached at all is asked only once. */
export async function lookAt(
  origin: Pick<Origin, 'look'>,
  pages: { readonly addresses: readonly Address[]; readonly clock: Clock },
  signal: AbortSignal,
): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (const address of pages.addresses) {
    const asked = pages.clock.now();
    const result = await origin.look({ address, accept: 'page', signal }).catch((error: unknown) => {
      if (isHoldfastError(error)) return error;
      throw error;
    });
    seen.push({ address, asked, answered: pages.clock.now(), result });
    if (seen.every((one) => isHoldfastError(one.result, 'origin-unreachable', 'origin-private', 'origin-away'))) break;
  }
  return seen;
}

/** True for a look that got a page, or was led to another. */
export function isGood({ result }: Seen): boolean {
  return !isHoldfastError(result) && result.kind !== 'status';
}
