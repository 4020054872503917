import { NOT_AN_INSTANT, parseInstant } from '../model/instant.ts';

/** From when on, and until when, visitors get a page; milliseconds since 1970, each absent where nothing is said. */
export interface Span {
  readonly publishAt?: number;
  readonly unpublishAt?: number;
}

/** How long what was composed stays the same by itself. Milliseconds since 1970. */
export interface Turn {
  /** The last instant of a span that has come; null where none has. */
  readonly since: number | null;
  /** The next one that will come; null where none will. */
  readonly until: number | null;
}

export const SPAN_FIELDS = ['publishAt', 'unpublishAt'] as const;

/**
 * The span that front matter and data give a page. YAML has read a time without a zone as one of UTC by then, so what it made a date of is
 * read again as it was written: `written` gives that. Throws an `Error` that names the field and says what is wrong with it.
 */
export function spanOf(
  data: Readonly<Record<string, unknown>>,
  written: (field: string) => string | undefined = () => undefined,
): Span {
  const [publishAt, unpublishAt] = SPAN_FIELDS.map((field) => {
    const value = data[field];
    if (value === undefined) return undefined;
    const text = value instanceof Date ? (written(field) ?? '') : String(value ?? '');
    const at = parseInstant(text);
    if (at === undefined) throw new Error(`\`${field}: ${text}\` ${NOT_AN_INSTANT}`);
    return at;
  });
  if (publishAt !== undefined && unpublishAt !== undefined && unpublishAt <= publishAt)
    throw new Error('`unpublishAt` is not after `publishAt`, so nobody would ever get the page');
  return {
    ...(publishAt === undefined ? {} : { publishAt }),
    ...(unpublishAt === undefined ? {} : { unpublishAt }),
  };
}

/** What the front matter of a source says of a field, as it stands there. */
export function writtenIn(source: string): (field: string) => string | undefined {
  const [, text = ''] = /^\uFEFF?---[^\n]*\n([\s\S]*?\n)?---/.exec(source) ?? [];
  return (field) => {
    const line = new RegExp(`^(["']?)${field}\\1[ \\t]*:[ \\t]*(.*?)[ \\t]*(?:#.*)?$`, 'm').exec(
      text.replaceAll('\r', ''),
    );
    return line?.[2]?.replace(/^(["'])(.*)\1$/, '$2');
  };
}

/** Where a page is in its span at an instant. */
export function standing({ publishAt, unpublishAt }: Span, at: number): 'embargoed' | 'shown' | 'past' {
  if (publishAt !== undefined && at < publishAt) return 'embargoed';
  return unpublishAt !== undefined && at >= unpublishAt ? 'past' : 'shown';
}

/** The turn that an instant lies in. */
export function turnOf(spans: Iterable<Span>, at: number): Turn {
  let since = Number.NEGATIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;
  for (const { publishAt, unpublishAt } of spans) {
    for (const instant of [publishAt, unpublishAt]) {
      if (instant === undefined) continue;
      if (instant <= at) since = Math.max(since, instant);
      else until = Math.min(until, instant);
    }
  }
  return { since: Number.isFinite(since) ? since : null, until: Number.isFinite(until) ? until : null };
}

/** True for an instant in this turn: what was composed in it is what would be composed at the instant. */
export function isInTurn({ since, until }: Turn, at: number): boolean {
  return (since === null || since <= at) && (until === null || at < until);
}

/**
 * The span of a file that is published as it is: that of the data files of its folders, as for the pages there. `read` gives a data file
 * by its name, parsed; undefined where there is none. `content/launch/launch.json` is that of `content/launch/`.
 */
export function spanOfAsset(name: string, read: (name: string) => Readonly<Record<string, unknown>> | undefined): Span {
  const folders = name.split('/').slice(0, -1);
  const data = folders.map((folder, index) => read([...folders.slice(0, index + 1), `${folder}.json`].join('/')) ?? {});
  return spanOf(Object.assign({}, ...data));
}
