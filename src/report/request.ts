/** What an access log tells of one request. */
export interface LoggedRequest {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The visitor's address as it was logged; '' where it was not. Lives as long as its line is looked at. */
  readonly address: string;
  /** '' where what was sent is no request. */
  readonly method: string;
  /** As asked for, percent-encoded, without its query; '' where what was sent is no request. */
  readonly path: string;
  /** What stood behind the question mark; '' where nothing did. */
  readonly query: string;
  readonly status: number;
  /** Of the answer; 0 where the log does not say. */
  readonly bytes: number;
  /** The page that links here, as the browser said; '' where it did not. */
  readonly referrer: string;
  /** What the server itself took it for (`static`, `holding:busy`); '' where the log does not say. */
  readonly kind: string;
}

/** One line read: a request, a line that says something about the log, or undefined where it is not of the format. */
export type Line = LoggedRequest | 'remark' | undefined;

/** Reads the lines of one log in their order. */
export type LineReader = (line: string) => Line;

/** A kind of access log. */
export interface LogFormat {
  /** Names it in messages. */
  readonly name: string;
  /** A reader for one log; it may keep what a header line said. Never throws. */
  reader(): LineReader;
}

/** A target parted at its question mark; the host of `http://host/path` is left away. */
export function partTarget(target: string): { readonly path: string; readonly query: string } {
  const local = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
  const mark = local.indexOf('?');
  return mark < 0 ? { path: local, query: '' } : { path: local.slice(0, mark), query: local.slice(mark + 1) };
}

/** A parser that remembers its last text: the lines of a log share their second with many others. */
export function rememberingLast(parse: (text: string) => number): (text: string) => number {
  let lastText = '';
  let lastAt = Number.NaN;
  return (text) => {
    if (text === lastText) return lastAt;
    lastText = text;
    lastAt = parse(text);
    return lastAt;
  };
}

/** What a field of a log says; '' for the dash that stands for nothing. */
export const told = (field: string | undefined): string => (field === undefined || field === '-' ? '' : field);
