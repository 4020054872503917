import type { Address } from '../model/address.ts';
import { addressOfFile } from '../model/address.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';
import type { ControlRecord } from './control.ts';
import type { Destination } from './destination.ts';

/** The release that `id`, whole or the beginning of its last part, names; without one, the one that was live before. Throws `release-unknown`. */
export function releaseToReturnTo(
  record: ControlRecord | undefined,
  id: string | undefined,
  destination: string,
): string {
  const { releases = [], live = null } = record ?? {};
  const others = releases.filter((each) => each !== live);
  const matches = id === undefined ? others.slice(0, 1) : releases.filter((each) => isNamed(each, id));
  const [found] = matches;
  if (found !== undefined && matches.length === 1) return found;
  const howMany = matches.length === 0 ? 'no release that is kept' : `${matches.length} releases, name it whole`;
  throw releaseUnknown(
    destination,
    id === undefined ? 'there is no release before the live one' : `${id} is ${howMany}`,
  );
}

/** For a release that is named and is not there. */
export function releaseUnknown(destination: string, why: string): HoldfastError {
  return new HoldfastError('release-unknown', `${destination}: ${why}`, {
    hint: 'holdfast releases lists those that can be returned to',
  });
}

/** `20270202T090000Z-4f2a9c1d77aa` is named by all of it, or by what comes after the hyphen, from `4f2a` on. */
function isNamed(release: string, id: string): boolean {
  const LEAST = 4;
  return release === id || (id.length >= LEAST && release.slice(release.indexOf('-') + 1).startsWith(id));
}

/** The files of a release that is to be live again, without what was withdrawn since. */
export function filesToReturnTo(release: Manifest, isWithdrawn: (address: Address) => boolean): readonly ReleaseFile[] {
  return release.files.filter(({ path }) => !isWithdrawn(addressOfFile(path)));
}

/** Reads these files of a kept release back and throws `release-damaged` where one is not as it was: nothing was changed yet. */
export async function assertWhole(
  destination: Destination,
  { release, files }: { readonly release: Manifest; readonly files: readonly ReleaseFile[] },
  signal: AbortSignal,
): Promise<void> {
  const bad: string[] = [];
  for await (const { file, state } of destination.readBack(release, { files, isLive: false }, signal))
    if (state !== 'whole') bad.push(`${file.path} is ${state}`);
  if (bad.length === 0) return;
  const shown = bad.slice(0, 3).join(', ');
  throw new HoldfastError('release-damaged', `${destination.name}: ${release.id} is not whole: ${shown}`, {
    hint: 'return to another release: holdfast releases lists them',
    visitors: 'visitors get what was live before; nothing was changed',
  });
}
