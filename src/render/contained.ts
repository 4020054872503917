import { HoldfastError } from '../model/errors.ts';
import { decodeAttribute, MarkupScanner } from '../model/markup.ts';

/** Attributes that make a browser ask for something, by element; `*` stands for any. */
const ASKS: Readonly<Record<string, readonly string[]>> = {
  '*': ['src', 'srcset', 'poster', 'background'],
  link: ['href', 'imagesrcset'],
  object: ['data'],
  image: ['href', 'xlink:href'],
  use: ['href', 'xlink:href'],
};
/** What in a style asks for something that is not in it. */
const STYLE_ASKS = /@import\b[^;]*|url\((?!\s*["']?(?:data:|#))[^)]*\)/i;
/** Links that only say something. */
const SAYS = /^(?:canonical|alternate|author|license|next|prev|shortlink)$/i;

/**
 * Throws `template-broken` where a page, its analytics not yet in it, would ask for anything: a holding page is shown when
 * nothing else may be there, and each thing it asked for would be one more request on the worst day.
 */
export function assertContained(html: Buffer, path: string): void {
  const scanner = new MarkupScanner(html.toString('latin1'));
  while (scanner.next()) {
    if (scanner.closing) continue;
    const asked = askedBy(scanner);
    if (asked === undefined) continue;
    throw new HoldfastError('template-broken', `${path} asks for ${asked} (in <${scanner.name}>)`, {
      hint: 'a holding page is one file: put styles in it, and small pictures as data: or inline SVG',
    });
  }
}

function askedBy(scanner: MarkupScanner): string | undefined {
  const value = (name: string) => decodeAttribute(scanner.raw(name) ?? '').trim();
  const styles = scanner.name === 'style' ? scanner.text.slice(scanner.end, scanner.contentEnd) : value('style');
  const asked = STYLE_ASKS.exec(styles)?.[0];
  if (asked !== undefined) return asked;
  if (scanner.name === 'link' && SAYS.test(value('rel'))) return undefined;
  const names = [...(ASKS['*'] ?? []), ...(ASKS[scanner.name] ?? [])];
  return names.map(value).find((address) => address !== '' && !/^(?:data:|#)/i.test(address));
}
