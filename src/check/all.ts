import type { LoadedConfig } from '../config/load.ts';
import type { DestinationConfig } from '../config/schema.ts';
import { foldersOf, ownerOf } from '../cycle/workplace.ts';
import type { Address } from '../model/address.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import { createOrigin } from '../origin/client.ts';
import { createDestination, rsyncFor } from '../publish/destinations/index.ts';
import { lanesOf } from '../snapshot/lanes.ts';
import { VERSION } from '../version.ts';
import { checkAnalytics } from './analytics.ts';
import { checkConfig } from './config.ts';
import type { Finding } from './finding.ts';
import { checkGate } from './gate.ts';
import { lookAt } from './look.ts';
import { checkMirror } from './mirror.ts';
import { checkOrigin } from './origin.ts';
import { checkRsync } from './rsync.ts';
import { checkStore } from './store.ts';

/** Hot pages looked at: enough to know the origin by, few enough to be no load. */
const MOST_PAGES = 20;

/** Everything that can be known before a publish, in the order it would matter. Throws only the signal's reason. */
export async function checkAll(
  loaded: LoadedConfig,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<readonly Finding[]> {
  const { config } = loaded;
  const origin = createOrigin({ config: config.origin, siteUrl: config.site.url, version: VERSION, clock });
  try {
    const seen = await lookAt(origin, { addresses: hotPages(loaded), clock }, signal);
    return [
      ...(await checkConfig(loaded)),
      ...checkOrigin(seen, loaded),
      ...checkGate(seen, config.gate),
      ...checkAnalytics(seen, loaded),
      ...(await checkDestinations(loaded, signal)),
    ];
  } finally {
    await origin.close();
  }
}

/** What the fastest lane that lists pages lists; the front page where none does. */
function hotPages({ config }: LoadedConfig): readonly Address[] {
  const fastest = lanesOf(config.lanes).find((lane) => lane.paths.size > 0);
  return [...(fastest?.paths ?? ['/'])].slice(0, MOST_PAGES);
}

async function checkDestinations(loaded: LoadedConfig, signal: AbortSignal): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const line of loaded.config.destinations) findings.push(...(await checkOne(line, loaded, signal)));
  return findings;
}

function checkOne(line: DestinationConfig, loaded: LoadedConfig, signal: AbortSignal): Promise<readonly Finding[]> {
  const folders = foldersOf(loaded);
  const owner = ownerOf(loaded);
  if (line.use === 'rsync') {
    const { to, dir } = line;
    return checkRsync({ destination: rsyncFor(line, folders), place: `${to}:${dir}`, dir, owner }, signal);
  }
  const destination = createDestination(line, folders);
  if (line.use === 'mirror') return checkMirror({ destination, dir: folders.resolve(line.dir), owner }, signal);
  return checkStore({ destination, owner }, signal);
}
