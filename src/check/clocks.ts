import type { LoadedConfig } from '../config/load.ts';
import { type ClockOff, systemClock } from '../model/clock.ts';
import { isHoldfastError } from '../model/errors.ts';
import { createOrigin } from '../origin/client.ts';
import { VERSION } from '../version.ts';
import { askWeb } from './ask.ts';
import { clockFinding } from './clock.ts';
import { storeClock } from './destinations.ts';
import type { Finding } from './finding.ts';
import { lookAt } from './look.ts';
import { stampsOf } from './origin.ts';

/** Whose clock is off: the origin's, by one look at a hot page, and that of each bucket. Nothing of who does not answer. */
export async function clocksThatAreOff({ config }: LoadedConfig, signal: AbortSignal): Promise<readonly ClockOff[]> {
  const clock = systemClock;
  const origin = createOrigin({ config: config.origin, siteUrl: config.site.url, version: VERSION, clock });
  const stores = config.destinations.map(async (line) =>
    line.use === 's3' ? offAmong(`${line.name}'s`, await storeClock(line, askWeb, signal)) : [],
  );
  try {
    const seen = await lookAt(origin, { addresses: [config.lanes[0]?.paths?.[0] ?? '/'], clock }, signal);
    const isAway = seen.every(({ result }) => isHoldfastError(result));
    const atOrigin = isAway ? [] : offAmong(ORIGIN, [clockFinding(ORIGIN, stampsOf(seen))]);
    return [...atOrigin, ...(await Promise.all(stores)).flat()];
  } finally {
    await origin.close();
  }
}

const ORIGIN = "the origin's";

function offAmong(whose: string, findings: readonly Finding[]): readonly ClockOff[] {
  return findings.flatMap(({ level, text, hint }) => (level === 'ok' ? [] : [{ whose, text: `${text}; ${hint}` }]));
}
