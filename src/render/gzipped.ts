import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Site } from '../model/site.ts';
import { editText } from './text.ts';

/** Sitemaps, the only text that sites keep compressed, hold 50 MB at most (sitemaps.org). */
const MAX_UNPACKED = 50_000_000;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** A file other than HTML with its addresses made public; one that is stored compressed (`sitemap.xml.gz`) is unpacked for it and packed again. */
export async function editFile(bytes: Buffer, type: string, site: Site): Promise<Buffer> {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b && /gzip/i.test(type);
  if (!isPacked) return editText(bytes, type, site);
  const inside = await unpack(bytes, { maxOutputLength: MAX_UNPACKED }).catch(() => undefined);
  if (inside === undefined) return bytes;
  const edited = editText(inside, 'application/xml', site);
  return edited === inside ? bytes : pack(edited);
}
