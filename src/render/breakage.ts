/** Why a build failed, in terms of the files it was made from. */
export interface Breakage {
  /** `content/announcement.md`; more than one where two files are at odds; empty where none is known. */
  readonly files: readonly string[];
  /** Counted from 1 in the first of the files. */
  readonly line?: number;
  readonly why: string;
}

/**
 * Finds file and line of what a template build threw. `files` are the build's inputs by path inside `dir`;
 * the error's own words are only trusted for a path that is among them.
 */
export function explain(error: unknown, dir: string, files: ReadonlyMap<string, string>): Breakage {
  const chain = causes(error);
  const text = chain.map((cause) => cause.message).join('\n');
  const conflict = [...text.matchAll(/^\s+\d+\. \.\/(.+)$/gm)].map(([, file = '']) => file);
  if (conflict.length > 1) {
    const page = /writing to `\.\/_site\/(.+?)`/.exec(text)?.[1] ?? 'the same page';
    const field = page.startsWith('_holdfast/holding/') ? 'name' : 'permalink';
    return { files: conflict, why: `would both be ${page}; give each its own \`${field}\`` };
  }
  const deepest = chain.at(-1);
  const why = reason(deepest?.message ?? String(error), dir);
  const searched = soughtBy(why);
  if (searched !== undefined) {
    const found = find(searched, files, mention(text, dir, files)?.file);
    if (found !== undefined) return { ...found, why };
  }
  const place = mention(text, dir, files);
  if (place === undefined) return { files: [], why };
  const source = files.get(place.file) ?? '';
  const line = lineOf(place, deepest, source) ?? lineOfField(source, /`(\w+)[`:]/.exec(why)?.[1]);
  return { files: [place.file], why, ...(line === undefined ? {} : { line }) };
}

/** The line, from 1, where front matter or JSON names a field; undefined where it does not. */
export function lineOfField(text: string, field: string | undefined): number | undefined {
  if (field === undefined) return undefined;
  const index = text.split('\n').findIndex((line) => new RegExp(`^\\s*["']?${field}["']?\\s*:`).test(line));
  return index < 0 ? undefined : index + 1;
}

function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  let next: unknown = error;
  while (next instanceof Error && !chain.includes(next)) {
    chain.push(next);
    next = 'originalError' in next && next.originalError !== undefined ? next.originalError : next.cause;
  }
  return chain;
}

/** The words that matter: Nunjucks puts them on the last line under its trail of files, everybody else on the first. */
function reason(message: string, dir: string): string {
  const layout = /a layout that does not exist: .*\(via `layout: (.+)`\)/.exec(message)?.[1];
  if (layout !== undefined) return `layout not found: ${layout}`;
  const lines = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const line = (message.startsWith('(') ? lines.at(-1) : lines[0]) ?? 'no reason given';
  return line
    .replace(/^(\w*Error|Template render error): /, '')
    .replaceAll(`${dir}/`, '')
    .replaceAll(/(^|[\s'"`])\.\//g, '$1');
}

/** For the errors that carry no line: what to look for in the files. */
function soughtBy(why: string): RegExp | undefined {
  const [, kind, name] = /^(filter|template|layout) not found: (.+)$/.exec(why) ?? [];
  if (kind === undefined || name === undefined) return undefined;
  const quoted = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (kind === 'filter') return new RegExp(`(\\||{%-?\\s*filter)\\s*${quoted}\\b`);
  return kind === 'layout' ? new RegExp(`layout"?\\s*:\\s*["']?${quoted}`) : new RegExp(`["']${quoted}["']`);
}

function find(sought: RegExp, files: ReadonlyMap<string, string>, likely = ''): Omit<Breakage, 'why'> | undefined {
  for (const [file, text] of [[likely, files.get(likely) ?? ''] as const, ...files]) {
    const index = text.split('\n').findIndex((line) => sought.test(line));
    if (index >= 0) return { files: [file], line: index + 1 };
  }
  return undefined;
}

interface Mention {
  readonly file: string;
  /** An include is read as it stands; a page or a layout without its front matter. */
  readonly whole: boolean;
  readonly line?: number;
}

/** The file the error names last: the innermost. */
function mention(text: string, dir: string, files: ReadonlyMap<string, string>): Mention | undefined {
  let best: { at: number; name: string; file: string; whole: boolean } | undefined;
  for (const file of files.keys()) {
    for (const [name, whole] of [
      [`./${file}`, false],
      [`${dir}/${file}`, true],
    ] as const) {
      const at = text.lastIndexOf(name);
      if (at < 0 || (best !== undefined && (at < best.at || (at === best.at && name.length < best.name.length))))
        continue;
      best = { at, name, file, whole };
    }
  }
  if (best === undefined) return undefined;
  const line = /^\) \[Line (\d+)/.exec(text.slice(best.at + best.name.length))?.[1];
  return { file: best.file, whole: best.whole, ...(line === undefined ? {} : { line: Number(line) }) };
}

function lineOf(place: Mention, error: Error | undefined, text: string): number | undefined {
  const position = /at position (\d+)/.exec(error?.message ?? '')?.[1];
  if (position !== undefined) return text.slice(0, Number(position)).split('\n').length;
  if (error !== undefined && 'mark' in error) {
    const { line } = error.mark as { line?: unknown };
    return typeof line === 'number' ? line + 1 : undefined;
  }
  if (place.line === undefined) return undefined;
  // Nunjucks counts from 1 where it cannot parse, and from 0 where what it called has thrown.
  const counted = /\n\s*\w*Error: [^\n]*$/.test(error?.message ?? '') ? place.line + 1 : place.line;
  return counted + (place.whole ? 0 : frontMatterLines(text));
}

function frontMatterLines(text: string): number {
  const front = /^\uFEFF?---[^\n]*\n(?:[^\n]*\n)*?---[^\n]*\n/.exec(text)?.[0] ?? '';
  return front.split('\n').length - 1;
}
