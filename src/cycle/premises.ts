import { stat } from 'node:fs/promises';
import type { LoadedConfig } from '../config/load.ts';
import { type Clock, onwardClock, systemClock } from '../model/clock.ts';
import type { Destination } from '../publish/destination.ts';
import type { Manifests } from '../publish/manifests.ts';
import { openRecords, type Records, type SnapshotRecord } from '../snapshot/records.ts';
import { openJournal } from '../store/journal.ts';
import { type StandingDesk, standingDesk } from './standing.ts';
import {
  type Clients,
  closeClients,
  destinationsOf,
  holderOf,
  openWorkplace,
  ownerOf,
  stateFiles,
  type Workplace,
} from './workplace.ts';

/** Where cycles work: opened for one, or kept from one to the next. The caller of both calls holds the lock. */
export interface Premises {
  readonly loaded: LoadedConfig;
  enter(): Promise<Workplace>;
  /** Called when the leases are held and work begins. */
  begins?(): void;
  /** `isSound` is false where the cycle threw, and what is in memory may not be what is on disk. */
  leave(place: Workplace, isSound: boolean): Promise<void>;
}

/** A workplace that is opened for one cycle and closed after it. */
export function forOneCycle(loaded: LoadedConfig): Premises {
  return { loaded, enter: () => openWorkplace(loaded), leave: (place) => place.close() };
}

/** Premises of a process that lives on. */
export interface KeptPremises extends Premises {
  /** Leases are kept between cycles too: another machine stays idle until they run out or are let go. */
  readonly desk: StandingDesk;
  /** The drivers of every destination. */
  readonly destinations: readonly Destination[];
  /** What is known of each destination. */
  readonly manifests: readonly Manifests[];
  /** The clock that looks go by. */
  readonly onward: Clock;
  /** The snapshot in memory; read from disk where no cycle was here yet. */
  records(): Promise<Records>;
  /** How fast the origin is asked now, as a part of what is configured. */
  readonly ease: number;
  /** Lets leases and connections go. */
  close(): Promise<void>;
}

/**
 * A workplace that stays: the journals in memory, the origin's connections and pace, the leases. Where another process has changed the
 * state meanwhile (a `withdraw`, a `publish` by hand) it is read anew.
 */
export async function keepPremises(
  loaded: LoadedConfig,
  { clock = systemClock, begins = () => undefined }: { readonly clock?: Clock; readonly begins?: () => void } = {},
): Promise<KeptPremises> {
  const bid = { owner: ownerOf(loaded), holder: await holderOf(loaded.stateDir), clock };
  const desk = standingDesk(bid);
  const destinations = destinationsOf(loaded);
  const onward = onwardClock(clock);
  let clients: Clients | undefined;
  let records: Records | undefined;
  let kept: { readonly place: Workplace; readonly mark: string } | undefined;
  return {
    loaded,
    desk,
    destinations,
    manifests: destinations.map(desk.manifests),
    onward,
    begins,
    get ease() {
      return clients?.origin.ease ?? 1;
    },
    async enter() {
      const isAsLeft = kept?.mark === (await markOf(loaded.stateDir));
      const known = isAsLeft ? kept?.place : undefined;
      const place = known ?? (await openWorkplace(loaded, clock, { clients, destinations, desk, onward }));
      if (clients !== undefined) place.newRun();
      [clients, records] = [place.clients, place.records];
      return place;
    },
    async records() {
      records ??= openRecords(await openJournal<SnapshotRecord>(stateFiles(loaded.stateDir).snapshot));
      return records;
    },
    async leave(place, isSound) {
      kept = isSound ? { place, mark: await markOf(loaded.stateDir) } : undefined;
    },
    async close() {
      await desk.letGo();
      if (clients !== undefined) await closeClients(clients);
    },
  };
}

/** Equal as long as nobody else wrote to the state: every run that changes it touches one of these. */
async function markOf(stateDir: string): Promise<string> {
  const { snapshot, threads, rendered, blobIndex } = stateFiles(stateDir);
  const stats = await Promise.all(
    [snapshot, threads, rendered, blobIndex].map((path) => stat(path, { bigint: true }).catch(() => undefined)),
  );
  return stats.map((found) => (found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeNs}`)).join(', ');
}
