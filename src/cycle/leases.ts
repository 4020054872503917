import { asHoldfastError, isHoldfastError } from '../model/errors.ts';
import type { ControlState, Destination } from '../publish/destination.ts';
import { type Lease, takeLease } from '../publish/lease.ts';
import { type Manifests, manifestsOf } from '../publish/manifests.ts';
import { assertOwn } from '../publish/ownership.ts';
import type { Report } from './report.ts';
import type { Workplace } from './workplace.ts';

/** A destination that this run may publish to, or, in a dry run, may look at. */
export interface Held {
  readonly destination: Destination;
  readonly manifests: Manifests;
  /** Undefined in a dry run, which writes nothing. */
  readonly lease: Lease | undefined;
  /** The control record as it is now. */
  readonly state: ControlState | undefined;
}

/** The destinations of one run. */
export interface Leases {
  readonly held: readonly Held[];
  /** Aborted when a lease is lost to another run: what it does, we need not. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

/** What the leases are for. */
export interface Purpose {
  /** The one destination that is wanted, where not all are. */
  readonly to?: string;
  readonly dryRun: boolean;
  readonly report: Report;
}

/**
 * Takes the lease of each destination the run is for, in order of name, so that of two machines with the same configuration
 * one gets all. Throws `leased` where another machine has one; a destination that fails otherwise is told in the report and left out.
 */
export async function takeLeases(
  place: Workplace,
  { to, dryRun, report }: Purpose,
  signal: AbortSignal,
): Promise<Leases> {
  const wanted = place.destinations.filter(({ name }) => to === undefined || name === to);
  const inOrder = wanted.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const held = new Map<string, Held>();
  const release = async (): Promise<void> => {
    await Promise.all([...held.values()].map(({ lease }) => lease?.release()));
  };
  for (const destination of inOrder) {
    try {
      held.set(destination.name, await hold(place, { destination, dryRun }, signal));
    } catch (error) {
      if (signal.aborted || isHoldfastError(error, 'leased')) {
        await release();
        throw error;
      }
      const live = await liveNow(destination, signal);
      report.destinations.set(destination.name, { live, previous: live ?? null, error: asHoldfastError(error) });
    }
  }
  return {
    held: wanted.flatMap(({ name }) => held.get(name) ?? []),
    signal: AbortSignal.any([...held.values()].flatMap(({ lease }) => lease?.signal ?? [])),
    release,
  };
}

interface Wanted {
  readonly destination: Destination;
  readonly dryRun: boolean;
}

async function hold(place: Workplace, { destination, dryRun }: Wanted, signal: AbortSignal): Promise<Held> {
  const { owner, holder, clock } = place;
  if (!dryRun) return heldBy(await takeLease(destination, { owner, holder, clock }, signal));
  const state = await destination.control.read(signal);
  assertOwn(state?.record, owner, destination.name);
  return { destination, manifests: manifestsOf(destination), lease: undefined, state };
}

/** A destination whose lease was taken. */
export function heldBy(lease: Lease): Held {
  const { destination, manifests } = lease;
  return {
    destination,
    manifests,
    lease,
    get state() {
      return lease.state;
    },
  };
}

/** What is live by the record, undefined where that cannot be read. */
async function liveNow(destination: Destination, signal: AbortSignal): Promise<string | null | undefined> {
  return destination.control.read(signal).then(
    (state) => state?.record.live ?? null,
    () => undefined,
  );
}
