import { isUtf8 } from 'node:buffer';
import { decodeEntities } from '../../model/entities.ts';

const META_CHARSET = /<meta\b[^>]{0,200}?charset\s*=\s*["']?([\w-]+)/i;
const XML_ENCODING = /^\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*["']([\w-]+)/i;
/** Browsers look for the charset no further than this. */
const META_WITHIN = 1024;

/** How to read bytes of a page or feed that were taken as Latin-1: by its Content-Type, what it says of itself, or what they look like. */
export function decoderFor(type: string, bytes: Buffer): (latin1: string) => string {
  const head = bytes.toString('latin1', 0, META_WITHIN);
  const declared = charsetOf(type) ?? (XML_ENCODING.exec(head) ?? META_CHARSET.exec(head))?.[1];
  const label = declared ?? (isUtf8(bytes) ? 'utf-8' : 'windows-1252');
  const decoder = makeDecoder(label) ?? new TextDecoder('utf-8');
  return (latin1) => decoder.decode(Buffer.from(latin1, 'latin1'));
}

/** The charset that a Content-Type names, as it writes it. */
export function charsetOf(type: string): string | undefined {
  return /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(type)?.[1];
}

function makeDecoder(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

/**
 * Text reduced to what a phrase is compared by: references resolved, lower case, no accents, straight quotes, plain
 * hyphens, single spaces.
 */
export function fold(text: string): string {
  const plain = decodeEntities(text).toLowerCase();
  // Most text is ASCII, and stays as it is.
  const bare = /^[\u0000-\u007f]*$/.test(plain) ? plain : withoutAccents(plain);
  return bare.replace(/\s+/g, ' ').trim();
}

function withoutAccents(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[\u2018\u2019\u02bc\u00b4`]/g, "'")
    .replace(/[\u2010-\u2015]/g, '-')
    .replaceAll('ß', 'ss')
    .replaceAll('ł', 'l')
    .replaceAll('ı', 'i')
    .replaceAll('ø', 'o');
}
