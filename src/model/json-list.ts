/**
 * The elements of a list in JSON bytes, each parsed when its turn comes, so that a long list is never there as text and as values beside its bytes. It
 * may be gone through again. `path` says where the list is (`thread.posts`); the whole where it is undefined. Undefined where there is no list. Throws
 * `SyntaxError` for what is no JSON: outside of the list at once, within it where that is reached.
 */
export function listIn(bytes: Buffer, path: string | undefined): Iterable<unknown> | undefined {
  const whole = valueAt(bytes, pastSpace(bytes, 0));
  if (pastSpace(bytes, whole.end) < bytes.length) throw new SyntaxError('something follows');
  const list = find(bytes, whole, path?.split('.') ?? []);
  if (list === undefined || bytes[list.start] !== OPEN_LIST) return undefined;
  return {
    *[Symbol.iterator]() {
      for (const element of partsOf(bytes, list)) yield parse(bytes, element);
    },
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Where a value stands: of its first byte, and past its last. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** A value within another one, by its name or its number there. */
interface Part extends Span {
  readonly key: string;
}

/** Follows the keys; what lies beside the way is parsed to see whether it is JSON at all. Of a name that stands twice the last counts, as for `JSON.parse`. */
function find(bytes: Buffer, span: Span, keys: readonly string[]): Span | undefined {
  const [key, ...rest] = keys;
  const isList = bytes[span.start] === OPEN_LIST;
  if (key === undefined && isList) return span;
  if (key === undefined || !(isList || bytes[span.start] === OPEN_OBJECT)) {
    parse(bytes, span);
    return undefined;
  }
  let found: Part | undefined;
  for (const part of partsOf(bytes, span)) {
    if (part.key === key) found = part;
    else parse(bytes, part);
  }
  return found === undefined ? undefined : find(bytes, found, rest);
}

/** The values of a list or an object. */
function* partsOf(bytes: Buffer, { start }: Span): Generator<Part> {
  const isList = bytes[start] === OPEN_LIST;
  const close = isList ? CLOSE_LIST : CLOSE_OBJECT;
  let at = pastSpace(bytes, start + 1);
  for (let count = 0; count > 0 || bytes[at] !== close; count++) {
    let key = String(count);
    if (!isList) {
      const name = valueAt(bytes, at);
      if (bytes[at] !== QUOTE) throw new SyntaxError('a name is missing');
      key = parse(bytes, name) as string;
      at = past(bytes, COLON, name.end);
    }
    const value = valueAt(bytes, at);
    yield { key, ...value };
    at = pastSpace(bytes, value.end);
    if (bytes[at] === close) return;
    at = past(bytes, COMMA, at);
  }
}

/** The value that begins here, by its brackets and quotes alone; nothing where none does. */
function valueAt(bytes: Buffer, start: number): Span {
  let depth = 0;
  let isText = false;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
      if (isText || depth > 0) continue;
      return { start, end: at + 1 };
    }
    if (byte === QUOTE) isText = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      if (depth === 0) return { start, end: at };
      depth -= 1;
      if (depth === 0) return { start, end: at + 1 };
    } else if (depth === 0 && (byte === COMMA || byte === COLON || isSpace(byte))) return { start, end: at };
  }
  return { start, end: bytes.length };
}

function parse(bytes: Buffer, { start, end }: Span): unknown {
  return JSON.parse(bytes.toString('utf8', start, end));
}

/** Past a mark that has to stand here, and the space around it. */
function past(bytes: Buffer, mark: number, from: number): number {
  const at = pastSpace(bytes, from);
  if (bytes[at] !== mark) throw new SyntaxError(`a ${String.fromCharCode(mark)} is missing`);
  return pastSpace(bytes, at + 1);
}

function pastSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at++;
  return at;
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
