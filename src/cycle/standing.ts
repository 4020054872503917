import type { Destination } from '../publish/destination.ts';
import { type Bid, type Lease, takeLease } from '../publish/lease.ts';
import { type Manifests, manifestsOf } from '../publish/manifests.ts';
import type { Desk } from './workplace.ts';

/** Keeps the leases it gave out, renewed, until they are let go: between two cycles nobody else may publish. */
export interface StandingDesk extends Desk {
  /** Names of the destinations whose leases are held now. */
  readonly held: readonly string[];
  /** The holder these leases are taken for. */
  readonly holder: string;
  /** The manifests of a destination; each is read once, whoever asks. */
  manifests(destination: Destination): Manifests;
  /** As `Bid.ranOut`, by destination: said by who watched another machine's lease run out. */
  expect(ranOut: ReadonlyMap<string, string>): void;
  /** Gives every lease back; another machine may have them at once. */
  letGo(): Promise<void>;
}

/**
 * A cycle that begins takes the lease that is held still, by one renewal, which shows too whether a verb of this machine has had it
 * meanwhile: that one may take it at any time, since it holds the local lock, and the record is then read anew.
 */
export function standingDesk(bid: Bid): StandingDesk {
  const leases = new Map<string, Lease>();
  const manifests = new Map<string, Manifests>();
  const manifestsAt = (destination: Destination): Manifests => {
    const known = manifests.get(destination.name) ?? manifestsOf(destination);
    manifests.set(destination.name, known);
    return known;
  };
  let expected: ReadonlyMap<string, string> = new Map();
  return {
    holder: bid.holder,
    manifests: manifestsAt,
    get held() {
      return [...leases].flatMap(([name, { signal }]) => (signal.aborted ? [] : [name]));
    },
    expect(ranOut) {
      expected = ranOut;
    },
    async take(destination: Destination, signal) {
      const known = leases.get(destination.name);
      if (known !== undefined && (await isHeld(known))) return known;
      leases.delete(destination.name);
      const ranOut = expected.get(destination.name);
      const lease = await takeLease(destination, { ...bid, ranOut, manifests: manifestsAt(destination) }, signal);
      leases.set(destination.name, lease);
      return lease;
    },
    giveBack: async () => undefined,
    async letGo() {
      const all = [...leases.values()];
      leases.clear();
      await Promise.all(all.map((lease) => lease.release()));
    },
  };
}

async function isHeld(lease: Lease): Promise<boolean> {
  return lease
    .move((record) => record)
    .then(
      () => true,
      () => false,
    );
}
