/** Whether a stylesheet is worth a closer look. */
const REFERS = /url\(|@import|image-set\(/i;

/** Where something begins that matters: a string or a comment may hold what looks like a reference. */
const MARKS = /\/\*|\\[\s\S]|\burl\(|@import\b|\bimage-set\(|\btype\(|["'()]/gi;

const STRINGS = { '"': /[^"\\\n]*(?:\\[\s\S][^"\\\n]*)*/y, "'": /[^'\\\n]*(?:\\[\s\S][^'\\\n]*)*/y } as const;
const UNQUOTED = /[^"'()\\\s]*(?:\\(?:[0-9a-f]{1,6}\s?|[^0-9a-f])[^"'()\\\s]*)*/iy;
const SPACE = /\s*/y;

/** What was read, and the offset past it. */
interface Piece {
  readonly value: string;
  readonly end: number;
}

/** The addresses a stylesheet (or a `style` attribute) refers to, in order, with CSS escapes resolved. */
export function addressesInCss(text: string): string[] {
  return REFERS.test(text) ? [...eachAddress(text)] : [];
}

function* eachAddress(text: string): Generator<string> {
  const marks = new RegExp(MARKS);
  /** Open parentheses since an `image-set(`, whose strings are addresses; 0 outside of one. */
  let depth = 0;
  for (let found = marks.exec(text); found !== null; found = marks.exec(text)) {
    const mark = found[0].toLowerCase();
    const from = marks.lastIndex;
    if (mark === '/*') marks.lastIndex = past(text, '*/', from);
    else if (mark === 'url(' || mark === '@import') {
      const piece = mark === 'url(' ? readUrl(text, from) : readImport(text, from);
      marks.lastIndex = piece.end;
      if (piece.value !== '') yield unescapeCss(piece.value);
    } else if (mark === '"' || mark === "'") {
      const piece = readString(text, from, mark);
      marks.lastIndex = piece.end;
      if (depth > 0 && piece.value !== '') yield unescapeCss(piece.value);
    } else if (mark === 'type(') marks.lastIndex = past(text, ')', from);
    else if (mark === 'image-set(' || (mark === '(' && depth > 0)) depth++;
    else if (mark === ')' && depth > 0) depth--;
  }
}

function readUrl(text: string, from: number): Piece {
  const start = from + read(SPACE, text, from).length;
  const quote = text[start];
  const piece = quote === '"' || quote === "'" ? readString(text, start + 1, quote) : readUnquoted(text, start);
  const end = piece.end + read(SPACE, text, piece.end).length;
  // What is no address after all is stepped over to its parenthesis, as in a browser.
  return text[end] === ')' ? { value: piece.value, end: end + 1 } : { value: '', end: past(text, ')', end) };
}

/** The string after `@import`; an `@import url(…)` is met at its `url(`. */
function readImport(text: string, from: number): Piece {
  const start = from + read(SPACE, text, from).length;
  const quote = text[start];
  return quote === '"' || quote === "'" ? readString(text, start + 1, quote) : { value: '', end: from };
}

function readString(text: string, from: number, quote: '"' | "'"): Piece {
  const value = read(STRINGS[quote], text, from);
  const end = from + value.length;
  return text[end] === quote ? { value, end: end + 1 } : { value: '', end };
}

function readUnquoted(text: string, from: number): Piece {
  const value = read(UNQUOTED, text, from);
  return { value, end: from + value.length };
}

function read(pattern: RegExp, text: string, from: number): string {
  pattern.lastIndex = from;
  return pattern.exec(text)?.[0] ?? '';
}

function past(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at === -1 ? text.length : at + mark.length;
}

function unescapeCss(address: string): string {
  if (!address.includes('\\')) return address;
  return address.replace(/\\(?:([0-9a-f]{1,6})\s?|(\r\n|\n)|([\s\S]))/gi, (_, hex, newline, character) => {
    if (newline !== undefined) return '';
    if (hex === undefined) return character;
    const codePoint = Number.parseInt(hex, 16);
    return codePoint > 0 && codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : '\ufffd';
  });
}
