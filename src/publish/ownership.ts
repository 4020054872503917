import { HoldfastError } from '../model/errors.ts';
import type { ControlRecord } from './destination.ts';

/** Throws `destination-foreign` where a destination belongs to another site or environment; an empty one is free. */
export function assertOwn(
  record: ControlRecord | undefined,
  site: string,
  environment: string,
  destination: string,
): void {
  if (record === undefined || (record.site === site && record.environment === environment)) return;
  throw new HoldfastError(
    'destination-foreign',
    `${destination}: belongs to ${record.site} (${record.environment}), not to ${site} (${environment})`,
    {
      hint: 'give this environment a destination of its own in the configuration',
      visitors: 'visitors get what was live before; nothing was written',
    },
  );
}
