import { ORIGIN_STATE_PATH } from './origin-state.ts';

/**
 * File of a release whose pages change at an instant that is near. Web servers look for it: while it is there they let caches keep nothing
 * without asking, as the release's own headers say where files have some.
 */
export const ENDING_PATH = '_holdfast/ending.txt';

/** What it says to a person who finds it. */
export const ENDING_TEXT = 'Caches ask again for each page of this release: some are about to change.\n';

/** Files that say how things are at the moment, and are no content: a release that is returned to has none of then. */
export function isOfTheMoment(path: string): boolean {
  return path === ORIGIN_STATE_PATH || path === ENDING_PATH;
}
