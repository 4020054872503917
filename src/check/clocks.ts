import type { LoadedConfig } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import { isHoldfastError } from '../model/errors.ts';
import { createOrigin } from '../origin/client.ts';
import { VERSION } from '../version.ts';
import { askWeb } from './ask.ts';
import { clockFinding } from './clock.ts';
import { storeClock } from './destinations.ts';
import { lookAt } from './look.ts';
import { stampsOf } from './origin.ts';

/**
 * Whose clock is another than this machine's, in words with what to do: the origin's, by one look at a hot page, and that of each bucket. Nothing
 * of who does not answer.
 */
export async function clocksThatAreOff({ config }: LoadedConfig, signal: AbortSignal): Promise<readonly string[]> {
  const clock = systemClock;
  const origin = createOrigin({ config: config.origin, siteUrl: config.site.url, version: VERSION, clock });
  const stores = config.destinations.map((line) => (line.use === 's3' ? storeClock(line, askWeb, signal) : []));
  try {
    const seen = await lookAt(origin, { addresses: [config.lanes[0]?.paths?.[0] ?? '/'], clock }, signal);
    const isAway = seen.every(({ result }) => isHoldfastError(result));
    const found = [
      ...(isAway ? [] : [clockFinding("the origin's", stampsOf(seen))]),
      ...(await Promise.all(stores)).flat(),
    ];
    return found.flatMap(({ level, text, hint }) => (level === 'ok' ? [] : [`${text}; ${hint}`]));
  } finally {
    await origin.close();
  }
}
