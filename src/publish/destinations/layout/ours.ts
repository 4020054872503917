import { join } from 'node:path';
import { HoldfastError } from '../../../model/errors.ts';
import { CURRENT, type Layout, linkedHash, OWN, TREES } from './paths.ts';

/** What was found where a mirror is or is to be. */
export interface Found {
  /** Every name in the folder; none where there is no folder. */
  readonly names: readonly string[];
  /** Those of them that are folders themselves, not links to some. */
  readonly folders: readonly string[];
  /** Where `current` points; undefined where it is no link. */
  readonly target: string | undefined;
}

/** What a freshly made disk has in its topmost folder. */
const HARMLESS = new Set(['lost+found']);

/** Throws `destination-foreign` where the folder holds what is not ours: it would be overwritten, or served half. */
export function assertOurs(layout: Layout, name: string, { names, folders, target }: Found): void {
  for (const own of [TREES, OWN]) {
    if (names.includes(own) && !folders.includes(own)) throw foreign(name, join(layout.dir, own), 'is not a folder');
  }
  if (names.includes(CURRENT)) {
    if (target === undefined) throw foreign(name, layout.current, 'is not a link, as Holdfast would have made it');
    if (linkedHash(target) === undefined)
      throw foreign(name, layout.current, `points to ${target}, which Holdfast did not make`);
  }
  if (names.includes(OWN)) return;
  const other = names.find((each) => !HARMLESS.has(each));
  if (other !== undefined) throw foreign(name, join(layout.dir, other), 'is there, and was not made by Holdfast');
}

function foreign(name: string, path: string, why: string): HoldfastError {
  return new HoldfastError('destination-foreign', `${name}: ${path} ${why}`, {
    hint: 'give the mirror an empty folder of its own, and the web server the link `current` in it as its root',
  });
}
