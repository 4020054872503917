import type { Layout } from '../layout/paths.ts';
import { moved } from '../layout/refusals.ts';
import type { Connection, There } from './connection.ts';
import { quoted } from './shell.ts';

/** A mirror on another machine, for each part of the driver. */
export interface Remote extends There {
  readonly layout: Layout;
  readonly connection: Connection;
  /** The run that this driver wrote into the control record as the holder of the lease; undefined where it wrote none. */
  readonly leaseOf: () => string | undefined;
}

/** Longer than any step that is done under the lock. */
const LOCK_SECONDS = 10;

/**
 * Lines that take the lock of the control record, which is held until the script ends, and go on only while the lease is still that
 * of `run`: what was held up on the way until another took over does nothing. `_holdfast` is the folder to be in then.
 */
export function whileLeased({ layout, leaseOf }: Pick<Remote, 'layout' | 'leaseOf'>): string[] {
  const run = leaseOf();
  const isOurs = `case $(cat control.json) in *${quoted(`"run": "${run}"`)}*) ;; *) echo ${LOST}; exit 0 ;; esac`;
  return [...underLock(layout), ...(run === undefined ? [] : [isOurs])];
}

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

/** Runs a script that begins with `whileLeased`. Throws `destination-moved` where the lease was another's. */
export async function runLeased(
  remote: Remote,
  script: { readonly lines: Iterable<string>; readonly isLong?: boolean },
  signal: AbortSignal,
): Promise<string> {
  function* lines(): Generator<string> {
    yield* whileLeased(remote);
    yield* script.lines;
  }
  const said = await remote.connection.run({ ...script, lines: lines(), isUrgent: true }, signal);
  if (said.trim() === LOST) throw moved(remote.name, 'another run has moved the control record');
  return said;
}
