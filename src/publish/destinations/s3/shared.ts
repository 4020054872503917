import type { Clock } from '../../../model/clock.ts';
import { HoldfastError } from '../../../model/errors.ts';
import type { Conditions } from '../../control.ts';
import type { Keys } from './keys.ts';
import type { Store } from './store.ts';

/** What the parts of the driver share. */
export interface Shared {
  /** The destination's. */
  readonly name: string;
  readonly store: Store;
  readonly keys: Keys;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** True for the path of a file that is never stored compressed. */
  readonly isIdentity: (path: string) => boolean;
  /** How the store takes conditions, as the record last said; 'ignored' until then. */
  readonly known: { conditions: Conditions };
  /** Keys of what this process has staged. */
  readonly staged: Set<string>;
}

/** The error for an object that somebody else has changed meanwhile. */
export function moved(name: string, why: string): HoldfastError {
  return new HoldfastError('destination-moved', `${name}: another publisher was here: ${why}`, {
    hint: 'run again; let one machine alone publish to a destination',
  });
}

/** For what is cleared away also after the signal was aborted: an end of its own, in milliseconds. */
export const CLEARING_MS = 10_000;
