import { TextDecoder } from 'node:util';
import { decodeEntities } from '../model/markup.ts';

/** Longest title kept, in characters: what a list of pages can show. */
const MAX_TITLE = 200;

/** The text of a page's `<title>`, or undefined where it has none; in the page's own charset. */
export function titleOf(bytes: Buffer, type: string): string | undefined {
  const head = bytes.subarray(0, 65_536).toString('latin1');
  const found = /<title[^>]*>([^<]*)<\/title/i.exec(head);
  if (found?.[1] === undefined) return undefined;
  const charset =
    /charset=["']?([\w-]+)/i.exec(type)?.[1] ?? /<meta[^>]+charset=["']?([\w-]+)/i.exec(head)?.[1] ?? 'utf-8';
  const text = decoderFor(charset).decode(Buffer.from(found[1], 'latin1'));
  return decodeEntities(text).replace(/\s+/g, ' ').trim().slice(0, MAX_TITLE);
}

function decoderFor(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder('utf-8');
  }
}
