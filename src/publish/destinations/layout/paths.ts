import { join } from 'node:path';

/** Where a mirror keeps what; `current` alone is what a web server's root names. */
export interface Layout {
  readonly dir: string;
  /** A link to one folder of `trees`: the live release. */
  readonly current: string;
  /** One folder for each different folder of the kept releases, named by its hash; and what is on its way in or out. */
  readonly trees: string;
  readonly own: string;
  readonly control: string;
  readonly controlLock: string;
  readonly releases: string;
  /** There while visitors are put on a holding page: files that a web server looks for. */
  readonly hold: string;
}

/** The paths of the mirror in `dir`. */
export function layoutOf(dir: string): Layout {
  const own = join(dir, OWN);
  return {
    dir,
    current: join(dir, CURRENT),
    trees: join(dir, TREES),
    own,
    control: join(own, 'control.json'),
    controlLock: join(own, 'control.lock'),
    releases: join(own, 'releases'),
    hold: join(own, HOLD),
  };
}

export const CURRENT = 'current';
export const TREES = 'trees';
export const OWN = '_holdfast';
/** Folder in `_holdfast` with the flags of a hold; nothing else is ever in it. */
export const HOLD = 'hold';
/** The flag that says that there is a hold; the one beside it has the name of the holding page. */
export const HOLD_ON = 'on';

/** Paths of what Holdfast itself keeps beside the releases, as `open` takes them. */
export const INTERNAL = /^_holdfast\/(control\.json|releases\/[^/]+\.json|hold\/[^/]+)$/;

/** Folders in `trees` that no release refers to: being built, or being removed. */
export const PASSING = '.incoming-';
/** The link that becomes `current` by being renamed. */
export const NEXT_LINK = '.current-';
/** What a write that was killed leaves of a state file. */
export const TEMPORARY = /\.[0-9a-f]{12}\.tmp$/;

/** Where `current` points for a root folder of this hash. */
export function linkTarget(hash: string): string {
  return `${TREES}/${hash}`;
}

/** The root folder's hash from where `current` points; undefined for a link that is none of ours. */
export function linkedHash(target: string): string | undefined {
  const match = /^trees\/([0-9a-f]{48})\/?$/.exec(target);
  return match?.[1];
}

/** A release's id is a file name of ours. */
export function isReleaseId(id: string): boolean {
  return /^[0-9A-Za-z][0-9A-Za-z._-]{0,99}$/.test(id);
}
