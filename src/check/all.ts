import { readFile } from 'node:fs/promises';
import type { LoadedConfig } from '../config/load.ts';
import { type SecretPart, USUAL_SECRETS } from '../config/secrets.ts';
import { lastRuns } from '../cycle/history.ts';
import { stateFiles } from '../cycle/workplace.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import { asHoldfastError } from '../model/errors.ts';
import { checkAlerts } from './alerts.ts';
import { askWeb } from './ask.ts';
import { checkAtOrigin } from './at-origin.ts';
import { checkCertificates } from './certificates.ts';
import { clockFinding } from './clock.ts';
import { checkConfig } from './config.ts';
import { checkDestinations, type DestinationsChecked } from './destinations.ts';
import { checkEdge } from './edge.ts';
import { CONCERNS, type Concern, type Finding, findingsOf } from './finding.ts';
import { checkHolding } from './holding.ts';
import { checkInbox } from './inbox.ts';
import { nearestFolder } from './places.ts';
import { roomFor, roomIn } from './room.ts';
import { checkSchedule } from './schedule.ts';
import { checkValues } from './values.ts';

export interface Checking {
  readonly loaded: LoadedConfig;
  /** Loads the configuration once more, with credentials that only some verbs read. */
  readonly load: (secrets: readonly SecretPart[]) => Promise<LoadedConfig>;
  readonly clock?: Clock;
}

/** Everything that can be known before it would fail, in the order of `CONCERNS`. Writes nothing but what a destination's probe has to. Throws only the signal's reason. */
export async function checkAll(
  { loaded, load, clock = systemClock }: Checking,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const guarded = (concern: Concern, work: () => Promise<readonly Finding[]>) =>
    work().catch((error: unknown): readonly Finding[] => {
      signal.throwIfAborted();
      const { message, hint } = asHoldfastError(error);
      return [findingsOf(concern)('fail', message, hint)];
    });
  const atDestinations = checkDestinations(loaded, signal);
  const found = await Promise.all([
    guarded('config', () => checkConfig(loaded)),
    guarded('origin', () => checkAtOrigin(loaded, clock, signal)),
    guarded('destination', async () => (await atDestinations).findings),
    guarded('edge', async () => checkAtEdge(loaded, await atDestinations, signal)),
    guarded('schedule', async () => checkRhythm(loaded, await atDestinations, clock)),
    guarded('disk', async () => checkDisk(loaded, await atDestinations)),
    guarded('holding', () => checkHolding(loaded, signal)),
    guarded('values', () => checkValues(loaded, signal)),
    guarded('certificate', () => checkCertificates(loaded.config, clock.now())),
    guarded('inbox', async () => checkInbox(await withSecrets('inbox', { loaded, load }), signal)),
    guarded('alerts', async () => {
      const { config, root } = await withSecrets('run', { loaded, load });
      return checkAlerts(config, root, signal);
    }),
  ]);
  return CONCERNS.flatMap((concern) => found.flat().filter((finding) => finding.concern === concern));
}

/** The configuration with one more part's credentials, where it has such a part at all. */
async function withSecrets(part: 'inbox' | 'run', { loaded, load }: Checking): Promise<LoadedConfig> {
  const { inbox, alerts, heartbeat, run } = loaded.config;
  const isThere =
    part === 'inbox' ? inbox !== undefined : alerts.length > 0 || heartbeat !== undefined || run.token !== undefined;
  return isThere ? load([...USUAL_SECRETS, part]) : loaded;
}

async function checkAtEdge(
  { config }: LoadedConfig,
  { live }: DestinationsChecked,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (live === undefined) return [];
  const { release, record } = live;
  const { findings, stamps } = await checkEdge(
    { manifest: release.manifest, hold: record.hold, config, hasRedirects: release.destination.holds === 'flag' },
    askWeb,
    signal,
  );
  return stamps.length === 0 ? findings : [...findings, clockFinding("the public address's", stamps)];
}

async function checkRhythm(
  { config, stateDir }: LoadedConfig,
  { holder }: DestinationsChecked,
  clock: Clock,
): Promise<readonly Finding[]> {
  const [last] = await lastRuns(stateDir, 1);
  const ended = last === undefined ? undefined : Date.parse(last.ended);
  const own = (await readFile(stateFiles(stateDir).holder, 'utf8').catch(() => '')).trim();
  const other = holder === own ? undefined : holder;
  return checkSchedule(config, { last: ended, now: clock.now(), other });
}

async function checkDisk({ stateDir }: LoadedConfig, { live }: DestinationsChecked): Promise<readonly Finding[]> {
  const find = findingsOf('disk', 'the state');
  return [find(...roomFor(await roomIn(await nearestFolder(stateDir)), live?.release.manifest))];
}
