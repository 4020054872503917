import type { LoadedConfig } from '../config/load.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Site } from '../model/site.ts';
import type { Records } from '../snapshot/records.ts';

/** Whose records they are to be, by which configuration, and in which file they lie. */
export interface Subject extends Pick<LoadedConfig, 'path'> {
  readonly site: Site;
  readonly snapshot: string;
}

/**
 * Notes which site and origin the records are of. Throws `config-invalid` where they are of another site at another origin: two configurations in one
 * folder have one state, and the pages of the one would be published as the other's. A site that gets another name, or another server, goes on.
 */
export function assertSubject(records: Records, { site: { publicUrl, originUrl }, path, snapshot }: Subject): void {
  const [site = '', origin = ''] = (records.subject ?? `${publicUrl.host} ${originUrl.host}`).split(' ');
  if (site !== publicUrl.host && origin !== originUrl.host)
    throw new HoldfastError(
      'config-invalid',
      `${snapshot} holds what was seen of ${site} at ${origin}, and ${path} is of ${publicUrl.host} at ${originUrl.host}`,
      {
        hint: `keep each site's configuration in a folder of its own; where it is the same site, move that file away`,
      },
    );
  records.subject = `${publicUrl.host} ${originUrl.host}`;
}
