import type { Manifest } from '../model/manifest.ts';
import type { Live } from '../publish/live.ts';
import { type Difference, difference } from '../release/difference.ts';

/** What a release changes where `live` is shown, and what is put again because it is not certain to be there. */
export function differenceFrom({ manifest, unsure }: Live, release: Manifest, force = false): Difference {
  const { remove } = difference(release, manifest);
  const isAll = unsure === 'all';
  const change = difference(release, isAll ? undefined : manifest, { force, ...(isAll ? {} : { unsure }) });
  return { ...change, remove };
}
