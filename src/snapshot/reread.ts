import { isHoldfastError } from '../model/errors.ts';
import type { LookContext } from './context.ts';
import { referTo } from './finding.ts';

/** After a change of aliases, exclusions or lanes: reads the references of every unchanged page again, from its stored body. */
export async function rereadReferences(context: LookContext): Promise<void> {
  const { records, blobs, site, recipe } = context;
  for (const [address, entry] of records.pages) {
    const { good } = entry;
    if (good === undefined || good.recipe === recipe || !/html/i.test(good.type)) continue;
    const { referencesInHtml } = await import('./references.ts');
    try {
      const refs = referencesInHtml(await blobs.read(good.body.sha256), address, site);
      const { shortlink: _shortlink, ...rest } = good;
      records.pages.set(address, { ...entry, good: { ...rest, ...referTo(context, refs) } });
    } catch (error) {
      if (!isHoldfastError(error, 'blob-damaged', 'blob-missing')) throw error;
    }
  }
}
