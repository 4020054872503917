import { HoldfastError } from '../../../model/errors.ts';

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'free some room on its disk',
  EDQUOT: 'free some room, or raise the quota',
  EACCES: 'give the user that runs Holdfast the right to write there',
  EPERM: 'give the user that runs Holdfast the right to write there',
  EROFS: 'its disk is mounted read-only: mount it for writing',
};

/** What a disk refused, as `destination-unwritable`; `code` is the system's, such as ENOSPC. */
export function unwritable(name: string, path: string, code: string, cause?: unknown): HoldfastError {
  return new HoldfastError('destination-unwritable', `${name}: ${path} cannot be written: ${code}`, {
    cause,
    hint: HINTS[code] ?? 'check its disk',
  });
}

/** What a release needs is not where it should be: `destination-damaged`. */
export function damaged(name: string, why: string): HoldfastError {
  return new HoldfastError('destination-damaged', `${name}: ${why}`, {
    hint: 'run publish --force, which sends every file again',
  });
}

/** The record is not what it was: `destination-moved`. */
export function moved(name: string, why: string): HoldfastError {
  return new HoldfastError('destination-moved', `${name}: another publisher was here: ${why}`, {
    hint: 'run again; let one machine alone publish to a destination',
  });
}
