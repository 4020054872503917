import type { Site } from '../model/site.ts';
import { createAddressRewriter } from './addresses.ts';
import { isText } from './types.ts';

/**
 * A stylesheet, script, feed, sitemap, `robots.txt`, SVG or other text with the site's other addresses made public; every
 * other byte stays. Gives `bytes` themselves where nothing is to be changed, as for types that are not text.
 */
export function editText(bytes: Buffer, type: string, site: Site): Buffer {
  if (!isText(type)) return bytes;
  const text = bytes.toString('latin1');
  const edited = createAddressRewriter(site)(text);
  return edited === text ? bytes : Buffer.from(edited, 'latin1');
}
