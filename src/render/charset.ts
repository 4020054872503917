import type { Edit } from './splice.ts';

/** How much of a page browsers search for its charset (HTML standard, "prescan a byte stream"). */
const PRESCAN = 1024;

const DECLARED = /<meta[^>]+charset\s*=/i;

/** Where the head begins: after its tag, else after `<html>`, else after the doctype. */
const BEGINNINGS = [/<head(?:\s[^>]*)?>/i, /<html(?:\s[^>]*)?>/i, /<!doctype[^>]*>/i];

/**
 * A page whose charset stood only in the origin's header would lose it on a server that sends none of its own: it
 * goes into the page. Nothing where the page says it itself. `text` is latin1.
 */
export function charsetEdit(text: string, charset: string | undefined): Edit | undefined {
  const isMarked = text.startsWith('\xef\xbb\xbf');
  if (charset === undefined || isMarked || DECLARED.test(text.slice(0, PRESCAN))) return undefined;
  const top = text.slice(0, PRESCAN);
  const found = BEGINNINGS.map((pattern) => pattern.exec(top)).find((match) => match !== null);
  const at = found === undefined || found === null ? 0 : found.index + found[0].length;
  return { start: at, end: at, text: `<meta charset="${charset}">` };
}

/** The charset that a Content-Type names, where it is a plain name. */
export function charsetOf(type: string): string | undefined {
  return /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(type)?.[1];
}
