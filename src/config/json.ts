/** Where a text stops being JSON; lines and columns count from 1. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  /** What would have been right there. */
  readonly expected: string;
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/**
 * The first place where `text` is not JSON, undefined where all of it is. JSON.parse itself says where only for some
 * faults, and then prints what stands around it, which may be a secret.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const reader = createReader(text);
  const expected = readValue(reader) ?? (reader.peek() === '' ? undefined : 'the end of the file');
  if (expected === undefined) return undefined;
  const before = text.slice(0, reader.position()).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, expected };
}

interface Reader {
  position(): number;
  /** The next character that is not white space, '' at the end. */
  peek(): string;
  /** Passes over what `pattern` matches here; false where it does not. */
  take(pattern: RegExp | string): boolean;
}

function createReader(text: string): Reader {
  let position = 0;
  const pass = (pattern: RegExp): boolean => {
    pattern.lastIndex = position;
    const found = pattern.exec(text);
    if (found !== null) position += found[0].length;
    return found !== null;
  };
  const peek = (): string => {
    pass(SPACE);
    return text[position] ?? '';
  };
  const take = (pattern: RegExp | string): boolean => {
    const next = peek();
    if (typeof pattern !== 'string') return pass(pattern);
    if (next !== pattern) return false;
    position += 1;
    return true;
  };
  return { position: () => position, peek, take };
}

/** Each reader returns what was expected where it stopped, undefined where all was well. */
function readValue(reader: Reader): string | undefined {
  if (reader.take('{')) return readList(reader, '}', readMember);
  if (reader.take('[')) return readList(reader, ']', readValue);
  return reader.take(STRING) || reader.take(SCALAR) ? undefined : 'a value';
}

function readMember(reader: Reader): string | undefined {
  if (!reader.take(STRING)) return 'a key in double quotes';
  return reader.take(':') ? readValue(reader) : 'a colon';
}

function readList(reader: Reader, end: string, readOne: (reader: Reader) => string | undefined): string | undefined {
  if (reader.take(end)) return undefined;
  do {
    const expected = readOne(reader);
    if (expected !== undefined) return expected;
  } while (reader.take(','));
  return reader.take(end) ? undefined : `a comma or ${end}`;
}
