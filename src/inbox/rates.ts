import { createHmac } from 'node:crypto';
import type { InboxConfig } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';

/** How many submissions come, in all and of each sender. */
export interface Rates {
  /** Counts one submission; which limit it is over, undefined for none. What is over the limit of all is not counted against its sender. */
  count(sender: string): 'too-many' | 'busy' | undefined;
}

/** Senders remembered at once: beyond that the one heard of longest ago is forgotten. 100,000 take some 20 MB. */
const MAX_SENDERS = 100_000;

/** Senders are remembered by a keyed hash, in memory only; `key` lasts as long as the process. */
export function createRates(
  limits: Pick<InboxConfig['limits'], 'perAddress' | 'window' | 'perSecond'>,
  clock: Pick<Clock, 'monotonic'>,
  key: Uint8Array,
): Rates {
  const times = new Map<string, readonly number[]>();
  let tokens = limits.perSecond;
  let filled = clock.monotonic();
  return {
    count(sender) {
      const now = clock.monotonic();
      tokens = Math.min(limits.perSecond, tokens + ((now - filled) / 1000) * limits.perSecond);
      filled = now;
      if (tokens < 1) return 'busy';
      const name = createHmac('sha256', key).update(sender).digest('base64');
      const recent = (times.get(name) ?? []).filter((time) => now - time < limits.window);
      if (recent.length >= limits.perAddress) return 'too-many';
      tokens -= 1;
      // Put in anew, so that the map's first is the one heard of longest ago.
      times.delete(name);
      times.set(name, [...recent, now]);
      const [oldest] = times.keys();
      if (times.size > MAX_SENDERS && oldest !== undefined) times.delete(oldest);
      return undefined;
    },
  };
}
