/** What an expression says whose bytes are written as `\xHH` for PCRE, as JavaScript has it. */
export function unwrittenPcre(source: string): string {
  return source
    .replace(/^\(\?s\)/, '')
    .replace(/\\z$/, '$')
    .replace(/((?:\\x[0-9a-f]{2})+)|\\[\s\S]/g, (all, bytes: string | undefined) =>
      bytes === undefined ? all : Buffer.from(bytes.replaceAll('\\x', ''), 'hex').toString('utf8'),
    );
}

/** One byte, by itself or percent-encoded. */
const BYTE = /\(\?:(?:\\x([0-9a-f]{2})|([\w/-]))\|%((?:\d|\[[a-f][A-F]\]){2})\)/g;

/** The path pattern, decoded to bytes, that an expression for paths as they are sent was made of. Throws where a byte's two forms differ. */
export function unwrittenPath(source: string): string {
  return source
    .replace(/^\(\?s\)\^/, '')
    .replace(/\(\?:\(\?:\/\|%2\[fF\]\)\.\*\)\?\\z$/, '/**')
    .replace(/\\z$/, '')
    .replaceAll('(?:[^/%]|%(?!2[fF]))*', '*')
    .replaceAll('.*', '**')
    .replace(BYTE, (all, hex: string | undefined, plain: string | undefined, encoded: string) => {
      const byte = hex === undefined ? (plain ?? '').charCodeAt(0) : Number.parseInt(hex, 16);
      if (Number.parseInt(encoded.replace(/\[(.).\]/g, '$1'), 16) !== byte) throw new Error(`not one byte: ${all}`);
      return String.fromCharCode(byte);
    });
}
