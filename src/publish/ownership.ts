import { HoldfastError } from '../model/errors.ts';
import type { ControlRecord, Owner } from './control.ts';

/** Throws `destination-foreign` where a destination belongs to another site or environment; an empty one is free. */
export function assertOwn(record: ControlRecord | undefined, owner: Owner, destination: string): void {
  if (record === undefined || (record.site === owner.site && record.environment === owner.environment)) return;
  throw new HoldfastError(
    'destination-foreign',
    `${destination}: belongs to ${record.site} (${record.environment}), not to ${owner.site} (${owner.environment})`,
    {
      hint: `give this environment a destination of its own, or take this one over: holdfast claim ${destination}`,
      visitors: 'visitors get what was live before; nothing was written',
    },
  );
}

/** Throws `destination-foreign` where the store ignores conditions and another machine than `holder` is the one that may publish to it. */
export function assertWriter(record: ControlRecord | undefined, holder: string, destination: string): void {
  if (record === undefined || record.writer === null || record.writer === holder) return;
  throw new HoldfastError(
    'destination-foreign',
    `${destination}: its store ignores conditional writes, so one machine alone may publish to it, and that is ${record.writer}`,
    {
      hint: `where that machine is gone for good, take over: holdfast claim ${destination}`,
      visitors: 'visitors get what was live before; nothing was written',
    },
  );
}
