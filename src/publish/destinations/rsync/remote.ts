import type { Layout } from '../layout/paths.ts';
import { moved } from '../layout/refusals.ts';
import type { Connection, There } from './connection.ts';
import { quoted } from './shell.ts';
import type { Script } from './starter.ts';

/** A mirror on another machine, for each part of the driver. */
export interface Remote extends There {
  readonly layout: Layout;
  readonly connection: Connection;
  /** The run that this driver wrote into the control record as the holder of the lease; undefined where it wrote none. */
  readonly leaseOf: () => string | undefined;
}

/** Longer than a step that is done under the lock takes even on a busy disk, shorter than a lease holds without a renewal. */
const LOCK_SECONDS = 5;

/** Lines that go on only while the control record is of this version, beside them under its lock; undefined for none there. */
export function unlessMoved(version: string | undefined): string[] {
  const found = `version=$(if [ -e control.json ]; then sha256sum <control.json; fi)`;
  return [found, `[ "\${version%% *}" = ${quoted(version ?? '')} ] || { echo ${LOST}; exit 0; }`];
}

/** Lines that take the lock of the control record. The kernel gives it back when the script ends, however it ends. */
export function underLock(layout: Layout): string[] {
  return [
    `cd ${quoted(layout.own)}`,
    'exec 9<.',
    `flock -w ${LOCK_SECONDS} 9 || { echo 'another publisher holds the lock of the record' >&2; exit 1; }`,
  ];
}

const LOST = 'lost';

/** Goes on only while the record names this run, in the words of `controlText`, as the holder of the lease. */
function ifLeased(run: string): string {
  const words = quoted(`"run": ${JSON.stringify(run)}`);
  return `case $(cat control.json) in *${words}*) ;; *) echo ${LOST}; exit 0 ;; esac`;
}

/**
 * Runs a script, beginning in `_holdfast`, under the lock of the control record and only if the lease is still that of this driver's
 * run: what was held up on its way until another took over does nothing. Throws `destination-moved` then.
 */
export async function runLeased(
  remote: Remote,
  script: Omit<Script, 'isUrgent'>,
  signal: AbortSignal,
): Promise<string> {
  const run = remote.leaseOf();
  const lines = [...underLock(remote.layout), ...(run === undefined ? [] : [ifLeased(run)]), ...script.lines];
  const said = await remote.connection.run({ ...script, lines, isUrgent: true }, signal);
  if (said.trim() === LOST) throw moved(remote.name, 'another run has moved the control record');
  return said;
}
