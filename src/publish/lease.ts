import { randomUUID } from 'node:crypto';
import { HoldfastError, isHoldfastError } from '../model/errors.ts';
import { type ControlRecord, newRecord } from './control.ts';
import type { ControlState, Destination } from './destination.ts';
import { assertOwn, assertWriter } from './ownership.ts';
import { type Bid, type Lease, type LeaseTiming, momentOf, renewed, tenureOf } from './tenure.ts';

export type { Bid, Change, Lease, LeaseTiming } from './tenure.ts';

/** A dead machine is followed within seconds; a pause of the network or of the disk for three seconds takes nobody's lease. */
export const LEASE_TIMING: LeaseTiming = { ttl: 9000, renew: 3000, stop: 6000 };

/** For how long after a takeover the one who lost the lease may wake and finish what it had begun to send. */
const SUSPECT_MS = 600_000;

/**
 * Takes the lease of a destination, claiming an empty one. Throws `leased` where another is at work, and `destination-foreign`
 * before anything is written. The lease of a holder that died is taken when its record did not move for a whole TTL, as measured here:
 * clocks of two machines are never compared.
 */
export async function takeLease(destination: Destination, bid: Bid, signal: AbortSignal): Promise<Lease> {
  const run = randomUUID();
  const timing = bid.timing ?? LEASE_TIMING;
  let found = await freeState(destination, { ...bid, timing }, signal);
  for (;;) {
    const record = found === undefined ? await claimed(destination, bid, signal) : found.record;
    const began = momentOf(bid.clock);
    const taken = renewed(followed(record, bid), { bid, run });
    try {
      const version = await destination.control.swap(taken, found?.version, signal);
      const state = { record: taken, version, settled: found?.settled ?? true };
      return tenureOf({ destination, bid, run, timing }, { state, renewedAt: began });
    } catch (error) {
      if (!isHoldfastError(error, 'destination-moved')) throw error;
      found = await heldMeanwhile(destination, { before: found, holder: bid.holder }, signal);
    }
  }
}

/**
 * The record again where it was moved without the lease being taken, as a hold does, or by a resident process of this machine that
 * renewed a lease that is ours to take. Throws `leased` where it was taken.
 */
async function heldMeanwhile(
  destination: Destination,
  { before, holder }: { readonly before: ControlState | undefined; readonly holder: string },
  signal: AbortSignal,
): Promise<ControlState> {
  const now = await destination.control.read(signal);
  const isOurs = (state: ControlState): boolean => state.record.lease?.holder === holder;
  if (now !== undefined && before !== undefined && now.version !== before.version)
    if (isSameLease(before, now) || (isOurs(before) && isOurs(now))) return now;
  throw leased(destination.name, 'another run took it a moment ago');
}

/** Equal as long as nobody took or renewed the lease. */
export function leaseStamp(lease: NonNullable<ControlRecord['lease']>): string {
  return `${lease.run} ${lease.renewed}`;
}

/** True where nobody took, renewed or gave back the lease in between: one that was given back again left another release live, or did nothing. */
function isSameLease(one: ControlState, other: ControlState | undefined): other is ControlState {
  return other !== undefined && tracesOf(one) === tracesOf(other);
}

/** What every publish changes of a record, and a hold does not. */
function tracesOf({ record: { lease, live, moving } }: ControlState): string {
  return JSON.stringify([lease, live, moving]);
}

/** The record once it is free to take; undefined where there is none. */
async function freeState(
  destination: Destination,
  { owner, holder, clock, timing, ranOut }: Bid & { timing: LeaseTiming },
  signal: AbortSignal,
): Promise<ControlState | undefined> {
  const first = await destination.control.read(signal);
  assertOwn(first?.record, owner, destination.name);
  assertWriter(first?.record, holder, destination.name);
  const lease = first?.record.lease ?? null;
  if (first === undefined || lease === null || lease.holder === holder || leaseStamp(lease) === ranOut) return first;
  if (Math.abs(clock.now() - Date.parse(lease.renewed)) < timing.ttl)
    throw leased(destination.name, `${lease.holder} is at work since or before ${lease.renewed}`);
  await clock.sleep(timing.ttl, signal);
  const second = await destination.control.read(signal);
  if (isSameLease(first, second)) return second;
  throw leased(destination.name, `${lease.holder} is at work; its clock is not ours`);
}

/** The first record of a destination. */
export async function claimed(
  destination: Destination,
  { owner, holder }: Bid,
  signal: AbortSignal,
): Promise<ControlRecord> {
  const conditions = await destination.control.probe(signal);
  return newRecord(owner, { lineage: randomUUID(), conditions, writer: conditions === 'ignored' ? holder : null });
}

/** What follows from the end of the holder before: where it was another machine's, that one may wake and write on. */
function followed(record: ControlRecord, { holder, clock }: Bid): ControlRecord {
  const isAnothers = record.lease !== null && record.lease.holder !== holder;
  if (!isAnothers || record.moving === null) return record;
  const until = new Date(clock.now() + SUSPECT_MS).toISOString();
  const others = record.suspects.filter(({ release }) => release !== record.moving);
  return { ...record, suspects: [...others, { release: record.moving, until }] };
}

function leased(name: string, why: string): HoldfastError {
  return new HoldfastError('leased', `${name}: another machine has the lease: ${why}`, {
    hint: 'one machine works at a time: for a scheduled run nothing is to be done, else try again in a moment',
  });
}
