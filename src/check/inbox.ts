import { access, constants, statfs } from 'node:fs/promises';
import type { LoadedConfig } from '../config/load.ts';
import type { InboxConfig } from '../config/schema.ts';
import { patternSource } from '../edge/patterns.ts';
import { spoolDir } from '../inbox/open.ts';
import { createSeal, createUnsealer } from '../inbox/seal.ts';
import { ALIVE_PATH, ALIVE_STATUS } from '../inbox/service.ts';
import { inboxState } from '../inbox/state.ts';
import { age } from '../model/age.ts';
import { asHoldfastError } from '../model/errors.ts';
import { askWeb } from './ask.ts';
import { count, type Finding, findingsOf } from './finding.ts';
import { nearestFolder } from './places.ts';

const find = findingsOf('inbox');

/** Where comments of visitors would get stuck: the spool, the keys, the service, the edge's paths. Writes nothing. */
export async function checkInbox(loaded: LoadedConfig, signal: AbortSignal): Promise<readonly Finding[]> {
  const { inbox, edge } = loaded.config;
  if (inbox === undefined) return [];
  return [
    ...(await checkSpool(loaded, inbox)),
    await checkKeys(inbox),
    await checkService(inbox, signal),
    ...checkPaths(inbox, edge.comments.paths),
    ...(await checkWaiting(loaded)),
  ];
}

async function checkSpool(loaded: LoadedConfig, { limits }: InboxConfig): Promise<readonly Finding[]> {
  const dir = spoolDir(loaded);
  const place = await nearestFolder(dir);
  const why = await access(place, constants.W_OK | constants.X_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? 'unknown reason',
  );
  if (why !== undefined)
    return [
      find('fail', `its spool ${dir} cannot be written (${why})`, 'run holdfast inbox as the user who owns the folder'),
    ];
  const { bavail, bsize } = await statfs(place);
  if (bavail * bsize >= limits.bytes) return [find('ok', `its spool ${dir} can be written`)];
  const text = `its spool ${dir} may take ${megabytes(limits.bytes)}, and the disk has ${megabytes(bavail * bsize)}`;
  return [find('warn', text, 'make room, or lower inbox.limits.bytes')];
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
const PROBE = Buffer.from('a check of Holdfast');

/** Seals some bytes in memory, and opens them again where the private key is at hand. */
async function checkKeys({ recipient, replay }: InboxConfig): Promise<Finding> {
  if (recipient === undefined)
    return find('warn', 'what it keeps is not sealed: who reads the disk reads the comments', 'see inbox.recipient');
  try {
    const sealed = await (await createSeal(recipient)).close(PROBE);
    const { identity } = replay;
    if (identity === undefined || /^(env|file):/.test(identity))
      return find('ok', 'what it keeps is sealed; the private key is not at hand here');
    await (await createUnsealer(identity)).open(sealed);
    return find('ok', 'what it keeps is sealed, and the private key opens it');
  } catch (error) {
    const { message, hint } = asHoldfastError(error);
    return find('fail', `its keys are not of one pair: ${message}`, hint);
  }
}

async function checkService({ listen }: InboxConfig, signal: AbortSignal): Promise<Finding> {
  const reply = await askWeb(`http://${listen}${ALIVE_PATH}`, signal);
  const isThere = typeof reply !== 'string' && reply.status === ALIVE_STATUS;
  if (isThere) return find('ok', `it listens at ${listen}`);
  const why = typeof reply === 'string' ? reply : `what is there answers ${reply.status}`;
  const hint = 'start holdfast inbox; publish/inbox has a unit for systemd';
  return find('warn', `it does not listen at ${listen} (${why}): who comments gets the holding page`, hint);
}

/** A form that the edge does not send here reaches the origin, or nobody. */
function checkPaths({ forms }: InboxConfig, paths: readonly string[]): readonly Finding[] {
  return forms
    .filter(
      ({ path }) => !path.includes('*') && !paths.some((pattern) => new RegExp(patternSource(pattern), 's').test(path)),
    )
    .map(({ path }) =>
      find('fail', `the edge does not send ${path} to it`, 'add it to edge.comments.paths, and fill the edge in again'),
    );
}

async function checkWaiting(loaded: LoadedConfig): Promise<readonly Finding[]> {
  const state = await inboxState(loaded);
  if (state === undefined) return [];
  const { waiting, refused, torn, drainSeconds } = state;
  const lost = refused + torn;
  return [
    ...(waiting === 0
      ? []
      : [find('ok', `${count(waiting, 'comment')} waiting; delivering takes ${age(drainSeconds * 1000)}`)]),
    ...(lost === 0
      ? []
      : [find('warn', `${count(lost, 'comment')} cannot be delivered`, 'holdfast inbox list says which, and why')]),
  ];
}
