/** All that is no visible ASCII, and signs that mean something to the quoting of some server. */
const TO_ESCAPE = /[^!-~]|['"#]/gu;

/**
 * A source of `patterns.ts`, or of the table's own expressions, as PCRE reads it: bytes in place of characters, no line of the text ends the match, and no
 * sign in it that would end a quoted word.
 */
export function pcre(source: string): string {
  const whole = source.endsWith('$') ? `${source.slice(0, -1)}\\z` : source;
  return `(?s)${whole.replace(TO_ESCAPE, (character) => [...Buffer.from(character)].map((byte) => `\\x${hex(byte)}`).join(''))}`;
}

/** An edge's path pattern for the path as it was sent, each byte by itself or percent-encoded: for servers that cannot decode. */
export function patternAsSent(pattern: string): string {
  const below = pattern.endsWith('/**');
  const source = (below ? pattern.slice(0, -'/**'.length) : pattern)
    .split(/(\*+)/)
    .map((part) => (part.startsWith('**') ? '.*' : part === '*' ? '(?:[^/%]|%(?!2[fF]))*' : bytesAsSent(part)))
    .join('');
  return below ? `^${source}(?:(?:/|%2[fF]).*)?$` : `^${source}$`;
}

function bytesAsSent(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return [...Buffer.from(bytes, 'latin1')].map(byteAsSent).join('');
}

function byteAsSent(byte: number): string {
  const plain = String.fromCharCode(byte);
  const encoded = `%${[...hex(byte)].map(eitherCase).join('')}`;
  return `(?:${/[\w/-]/.test(plain) ? plain : `\\x${hex(byte)}`}|${encoded})`;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

const eitherCase = (digit: string): string => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit);
