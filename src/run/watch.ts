import type { Clock } from '../model/clock.ts';
import type { Destination } from '../publish/destination.ts';
import { LEASE_TIMING, leaseStamp } from '../publish/lease.ts';

/** What a passive machine saw. */
export interface Seen {
  /** True where every destination that could be read is free, or its lease has run out: it is worth trying now. */
  readonly isFree: boolean;
  /** Who is active; undefined where nobody is. */
  readonly holder: string | undefined;
  /** Milliseconds until every lease that is another's may have run out. */
  readonly left: number;
  /** Stamps of the leases that were not renewed for a whole TTL, by destination. */
  readonly ranOut: ReadonlyMap<string, string>;
}

/** Watches the control records from a machine that is not at work. */
export interface Watch {
  /** Looks once; never throws. */
  look(signal: AbortSignal): Promise<Seen>;
}

interface Sight {
  /** '' where nobody has the lease. */
  readonly stamp: string;
  /** Monotonic: when it was first seen, read to its end. */
  readonly since: number;
  readonly holder: string | undefined;
}

export interface WatchOptions {
  readonly clock: Clock;
  /** Who we are in leases. */
  readonly holder: string;
  readonly ttl?: number;
}

/** Begins to watch; a lease counts as run out once it was not renewed for `ttl` by this machine's own clock. */
export function watchLeases(
  destinations: readonly Destination[],
  { clock, holder: self, ttl = LEASE_TIMING.ttl }: WatchOptions,
): Watch {
  const sights = new Map<string, Sight>();
  const look = async (destination: Destination, signal: AbortSignal): Promise<Sight | undefined> => {
    const state = await destination.control.read(signal).catch(() => undefined);
    if (state === undefined) return undefined;
    const known = sights.get(destination.name);
    const { lease } = state.record;
    const stamp = lease === null ? '' : leaseStamp(lease);
    const sight = known?.stamp === stamp ? known : { stamp, since: clock.monotonic(), holder: lease?.holder };
    sights.set(destination.name, sight);
    return sight;
  };
  return {
    async look(signal) {
      const all = await Promise.all(destinations.map(async (one) => [one.name, await look(one, signal)] as const));
      const seen = all.flatMap(([name, sight]) => (sight === undefined ? [] : [{ name, ...sight }]));
      const hasRunOut = ({ since }: Sight) => clock.monotonic() - since >= ttl;
      const others = seen.filter(({ holder }) => holder !== undefined && holder !== self);
      return {
        isFree: seen.length > 0 && others.every(hasRunOut),
        holder: others[0]?.holder,
        left: Math.max(0, ...others.map(({ since }) => ttl - (clock.monotonic() - since))),
        ranOut: new Map(others.filter(hasRunOut).map(({ name, stamp }) => [name, stamp])),
      };
    },
  };
}
