import type { Layout } from '../layout/paths.ts';
import { moved } from '../layout/refusals.ts';
import type { Connection, There } from './connection.ts';
import { quoted } from './shell.ts';

/** A mirror on another machine, for each part of the driver. */
export interface Remote extends There {
  readonly layout: Layout;
  readonly connection: Connection;
}

/** Longer than a step that is done under the lock takes even on a busy disk, shorter than a lease holds without a renewal. */
const LOCK_SECONDS = 5;

const MOVED = 'moved';

/** A script for the time that the control record does not change. */
export interface Guarded {
  /** Of the record that must be there; undefined for none. */
  readonly version: string | undefined;
  /** They begin in `_holdfast`. */
  readonly lines: Iterable<string>;
}

/**
 * Runs a short script under the lock of the control record, if that is of this version: what was held up on its way until another
 * publisher moved the record does nothing. Throws `destination-moved` then.
 */
export async function runUnlessMoved(remote: Remote, guarded: Guarded, signal: AbortSignal): Promise<void> {
  const lines = unlessMoved(remote.layout, guarded);
  const said = await remote.connection.run({ lines, isUrgent: true }, signal);
  if (said.trim() === MOVED) throw moved(remote.name, 'the control record is not the one that was read');
}

function* unlessMoved({ own }: Layout, { version, lines }: Guarded): Generator<string> {
  yield version === undefined ? `mkdir -p -- ${quoted(own)}` : `[ -d ${quoted(own)} ] || { echo ${MOVED}; exit 0; }`;
  yield `cd ${quoted(own)}`;
  // The kernel gives the lock back when the script ends, however it ends.
  yield 'exec 9<.';
  yield `flock -w ${LOCK_SECONDS} 9 || { echo 'another publisher holds the lock of the record' >&2; exit 1; }`;
  yield `version=$(if [ -e control.json ]; then sha256sum <control.json; fi)`;
  yield `[ "\${version%% *}" = ${quoted(version ?? '')} ] || { echo ${MOVED}; exit 0; }`;
  yield* lines;
}
