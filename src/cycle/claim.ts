import type { LoadedConfig } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import { HoldfastError } from '../model/errors.ts';
import type { ControlRecord } from '../publish/control.ts';
import { claimed, LEASE_TIMING } from '../publish/lease.ts';
import { takeLock } from '../store/lock.ts';
import { destinationsOf, holderOf, ownerOf, stateFiles } from './workplace.ts';

/** Whose a destination was and is. */
export interface Claimed {
  readonly destination: string;
  /** `<site> (<environment>)`, null where it was nobody's. */
  readonly from: string | null;
  readonly to: string;
}

/**
 * Makes a destination ours whoever's it was. What lies there stays until a publish puts its own over it: what others listed is never
 * removed. Throws `leased` where somebody is at work there.
 */
export async function claim(loaded: LoadedConfig, name: string, signal: AbortSignal): Promise<Claimed> {
  const destination = destinationsOf(loaded).find((each) => each.name === name);
  if (destination === undefined)
    throw new HoldfastError('usage', `${name}: there is no such destination`, {
      hint: `there is ${loaded.config.destinations.map((each) => each.name).join(', ')}`,
    });
  const lock = await takeLock(stateFiles(loaded.stateDir).lock);
  try {
    const [owner, holder] = [ownerOf(loaded), await holderOf(loaded.stateDir)];
    const found = await destination.control.read(signal);
    assertIdle(found?.record, name);
    const fresh = await claimed(destination, { owner, holder, clock: systemClock }, signal);
    await destination.control.swap(takenOver(found?.record, fresh), found?.version, signal);
    const from = found === undefined ? null : `${found.record.site} (${found.record.environment})`;
    return { destination: name, from, to: `${owner.site} (${owner.environment})` };
  } finally {
    await lock.release();
  }
}

function assertIdle(record: ControlRecord | undefined, name: string): void {
  const lease = record?.lease ?? null;
  if (lease === null || Math.abs(Date.now() - Date.parse(lease.renewed)) >= LEASE_TIMING.ttl) return;
  throw new HoldfastError('leased', `${name}: ${lease.holder} is at work there`, {
    hint: 'stop it first: a destination is never taken from one who is at work',
  });
}

/** Of our own site all stays as it was, and only who may write to it changes; of another's nothing is relied on. */
function takenOver(before: ControlRecord | undefined, fresh: ControlRecord): ControlRecord {
  const generation = (before?.generation ?? 0) + 1;
  if (before === undefined) return { ...fresh, generation };
  const isOurs = before.site === fresh.site && before.environment === fresh.environment;
  const { conditions, writer } = fresh;
  return isOurs ? { ...before, conditions, writer, lease: null, generation } : { ...fresh, generation };
}
