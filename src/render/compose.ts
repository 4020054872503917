import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Address } from '../model/address.ts';
import { HOLDING_COLLECTION, HOLDING_FOLDER, HOLDING_NAME, TINY_FOLDER } from '../model/holding.ts';
import type { Json } from '../model/json.ts';
import { type Breakage, lineOfField } from './breakage.ts';
import { type Build, buildHere, CHILD } from './compose-child.ts';
import { mayShowComments } from './compose-uses.ts';
import type { Rendered } from './eleventy.ts';
import { type Span, spanOfAsset, type Turn, turnOf } from './embargo.ts';
import { type Census, type Hidden, isOut, type Showing } from './hiding.ts';
import { FIELDS_HINT, isPageStatus, unknownField } from './holding-fields.ts';
import { broken, type InputFile, type InputFolders, isAsset, isSource, readInputs } from './inputs.ts';

/** Where composed pages come from, and what their templates know. */
export interface ComposeOptions extends InputFolders {
  readonly data: ComposeData;
  /** The instant it is composed for, in milliseconds since 1970: what is under embargo then is left out, and what was taken down by then. */
  readonly at: number;
  /** True for editors' eyes: what is under embargo is composed too. */
  readonly withEmbargoed?: boolean;
  /** Also each holding page in the layout `holding/tiny.njk`, for a balancer that holds but a few words; false by default. */
  readonly tiny?: boolean;
  /** Longest time for the whole build, in milliseconds; 60,000 by default. */
  readonly limit?: number;
  readonly signal: AbortSignal;
}

/** Global data of every template. */
export interface ComposeData {
  readonly site: { readonly name: string; readonly url: string; readonly language: string };
  readonly environment: string;
  /** Captured hot pages. Their text is the origin's: only ever a value, never template source. */
  readonly pages: readonly { readonly address: string; readonly title: string; readonly description?: string }[];
  /** By page: how many comments it has, and the newest ones. Text, and no markup. */
  readonly comments?: Readonly<Record<Address, { readonly count: number; readonly newest: readonly ShownComment[] }>>;
  readonly values?: Readonly<Record<string, Json>>;
  /** ISO 8601: since when each value is what it is. */
  readonly valuesSince?: Readonly<Record<string, string>>;
}

/** A comment as composed pages know it. */
export interface ShownComment {
  /** As in `#comment-211`. */
  readonly id: string;
  readonly author: string;
  /** The author's own site. */
  readonly url?: string;
  /** ISO 8601. */
  readonly date: string;
  /** Day and time with its zone, in the site's language. */
  readonly shown: string;
  /** Its words, a paragraph each; what is quoted begins with `> `, what is listed with `• `. */
  readonly paragraphs: readonly string[];
  /** Where it stands: `/post/#comment-211`. */
  readonly href: string;
}

/** One file that was written here and not captured. */
export interface ComposedPage {
  /** File in the release: `announcement/index.html`, `404.html`, `_holdfast/holding/busy.html`. */
  readonly path: string;
  /** `tiny` is a holding page in its smallest form, which is put nowhere: a balancer's configuration has it in it. */
  readonly kind: 'page' | 'holding' | 'tiny' | '404' | 'asset';
  /** The whole file; for an asset its bytes. */
  readonly html: Buffer;
  readonly front: Front;
}

/** Front matter that matters after rendering. Durations are in seconds, as in the headers they become. */
export interface Front {
  readonly title?: string;
  readonly description?: string;
  /** Holding pages: what configuration calls it, the file's name by default. */
  readonly name?: string;
  /** Holding pages: the status it is served with, 503 by default. */
  readonly status?: number;
  /** Holding pages: 60 by default where the status is 503. */
  readonly retryAfter?: number;
  /** Holding pages: when it first looks whether the origin is back; 60 by default where the status is 503, else never, which is 0. */
  readonly refresh?: number;
  /** ISO 8601, both. */
  readonly publishAt?: string;
  readonly unpublishAt?: string;
}

/** What is composed for an instant. */
export interface Composition extends Turn {
  /** Sorted by path. */
  readonly pages: readonly ComposedPage[];
  /** Pages and files that are left out, since visitors do not get them then. */
  readonly hidden: readonly Hidden[];
}

/** Measured 0.7 s for the built-in pages and 10 s for 2,000 on a busy machine: past this a template is in a loop. */
const LIMIT = 60_000;
/** Longest name of a file that all common file systems take, with room for `.html.br`. */
const MAX_SEGMENT = 200;
/** A source of our own, of which each holding page makes one tiny page; nobody's content begins with two underlines. */
const TINY_SOURCE = 'content/__tiny.njk';
const TINY = {
  layout: 'holding/tiny.njk',
  pagination: { data: `collections.${HOLDING_COLLECTION}`, size: 1, alias: 'held' },
  permalink: `/${TINY_FOLDER}{{ held.data.name }}.html`,
};
const KEEPS = 'correct it and publish again; what is live stays as it is';

/**
 * Renders `content/` through `templates/`. Throws `template-broken` with file, line and what to do; throws
 * the signal's reason when aborted. The project's folders are only read, and no code of the project's is run but its templates.
 * `build` is how: by the builder of this process unless told (`openBuilder`).
 */
export async function compose(options: ComposeOptions, build: Build = buildHere): Promise<Composition> {
  const { at, withEmbargoed = false } = options;
  options.signal.throwIfAborted();
  const inputs = await readInputs(options);
  inputs.forEach(refuseUnknownField);
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-compose-')));
  try {
    await writeSources(dir, inputs, options.tiny === true);
    const job = { dir, data: dataOf(options.data), limit: options.limit ?? LIMIT, at, withEmbargoed };
    const answer = await build(job, options.signal);
    if ('broken' in answer) throw brokenBy(answer.broken, inputs);
    const assets = assetsOf(inputs, { at, withEmbargoed });
    return {
      pages: distinct([...answer.pages.map((page) => pageOf(page, inputs)), ...assets.shown]),
      hidden: [...answer.hidden, ...assets.hidden],
      ...turnOf([...answer.spans, ...assets.spans], at),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** SHA-256 (hex) of all that `compose` depends on: an equal key means equal pages. */
export async function composeKey(options: Omit<ComposeOptions, 'signal'>): Promise<string> {
  const eleventy = fileURLToPath(new URL('../package.json', import.meta.resolve('@11ty/eleventy')));
  const { version } = JSON.parse(await readFile(eleventy, 'utf8')) as { version: string };
  const inputs = await readInputs(options);
  const { comments, ...rest } = options.data;
  const data = comments !== undefined && mayShowComments(inputs) ? options.data : rest;
  const hash = createHash('sha256').update(JSON.stringify([version, data, options.tiny === true]));
  for (const file of [CHILD, fileURLToPath(import.meta.url)]) hash.update(await readFile(file));
  for (const { name, bytes } of inputs) hash.update(JSON.stringify([name, bytes.length])).update(bytes);
  return hash.digest('hex');
}

/** A misspelt `retryAfter` would else be found on the day it was needed. */
function refuseUnknownField({ name, shown, bytes }: InputFile): void {
  if (!name.startsWith('content/holding/') || isAsset(name) || name.endsWith('.json')) return;
  const unknown = unknownField(bytes.toString('utf8'));
  if (unknown === undefined) return;
  throw broken(`${shown}:${unknown.line}: a holding page has no field \`${unknown.field}\``, FIELDS_HINT);
}

/** Keeps a page whose address would lead off the site out of the lists that templates make links from. */
function dataOf(data: ComposeData): ComposeData {
  return { ...data, pages: data.pages.filter(({ address }) => /^\/(?![/\\])/.test(address)) };
}

/** A folder of the build's own, so that neither a configuration of Eleventy's nor a secret of the project's is in reach. */
async function writeSources(dir: string, inputs: readonly InputFile[], tiny: boolean): Promise<void> {
  await Promise.all(['content', 'templates'].map((folder) => mkdir(join(dir, folder))));
  const sources = new Map(inputs.filter(({ name }) => isSource(name)).map(({ name, bytes }) => [name, bytes]));
  const settings = 'content/holding/holding.json';
  sources.set(settings, withLayout(sources.get(settings)));
  if (tiny) sources.set(TINY_SOURCE, Buffer.from(`---json\n${JSON.stringify(TINY)}\n---\n`));
  // Eleventy looks for one upwards, and hands what it finds to templates.
  sources.set('package.json', Buffer.from('{}'));
  for (const [name, bytes] of sources) {
    const path = join(dir, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
}

/** Holding pages have a layout of their own unless the project's settings of that folder name another. */
function withLayout(settings: Buffer | undefined): Buffer {
  const layout = { layout: 'holding/page.njk' };
  try {
    return Buffer.from(JSON.stringify({ ...layout, ...(JSON.parse(settings?.toString('utf8') ?? '{}') as object) }));
  } catch {
    return settings ?? Buffer.alloc(0);
  }
}

function brokenBy({ files, line, why }: Breakage, inputs: readonly InputFile[]): Error {
  const [first, ...others] = files.map((file) => inputs.find(({ name }) => name === file)?.shown ?? file);
  if (first === undefined) return broken(`the templates do not render: ${why}`, KEEPS);
  if (others.length > 0) return broken(`${[first, ...others].join(' and ')} ${why}`, KEEPS);
  return broken(`${line === undefined ? first : `${first}:${line}`} does not render: ${why}`, KEEPS);
}

function pageOf({ input, output = '..', text, front: fields }: Rendered, inputs: readonly InputFile[]): ComposedPage {
  const source = inputs.find(({ name }) => name === input);
  const refuse = (field: string, rule: string) => {
    const line = lineOfField(source?.bytes.toString('utf8') ?? '', field);
    return broken(`${source?.shown ?? input}${line === undefined ? '' : `:${line}`}: ${rule}`, KEEPS);
  };
  if (input === TINY_SOURCE) return { path: output, kind: 'tiny', html: Buffer.from(text, 'utf8'), front: {} };
  const front = frontOf(fields, refuse);
  const html = Buffer.from(text, 'utf8');
  if (input.startsWith('content/holding/')) {
    const { name = '' } = front;
    if (!HOLDING_NAME.test(name))
      throw refuse('name', `\`name: ${name}\` is not lower-case letters, digits and hyphens`);
    if (!isPageStatus(front.status ?? 0))
      throw refuse(
        'status',
        `\`status: ${front.status}\` is not 200, 202, or from 400 to 599: no page is shown with it`,
      );
    return { path: `${HOLDING_FOLDER}${name}.html`, kind: 'holding', html, front };
  }
  const rule = pathRule(output);
  if (rule !== undefined) throw refuse('permalink', rule);
  if (output === '404.html') return { path: output, kind: '404', html, front };
  return { path: output, kind: output.endsWith('.html') ? 'page' : 'asset', html, front };
}

/** A picture is under embargo with its folder: it has no front matter of its own. */
function assetsOf(
  inputs: readonly InputFile[],
  showing: Showing,
): { readonly shown: readonly ComposedPage[] } & Readonly<Census> {
  const data = new Map(inputs.flatMap((file) => (file.name.endsWith('.json') ? [[file.name, file] as const] : [])));
  const read = (name: string): Readonly<Record<string, unknown>> | undefined => {
    const file = data.get(name);
    return file && (JSON.parse(file.bytes.toString('utf8')) as Record<string, unknown>);
  };
  const spanFor = ({ name, shown }: InputFile): Span => {
    try {
      return spanOfAsset(name, read);
    } catch (error) {
      throw broken(`${shown}, by the data of its folder: ${error instanceof Error ? error.message : error}`, KEEPS);
    }
  };
  const all = inputs.filter(({ name }) => isAsset(name)).map((file) => ({ page: assetOf(file), span: spanFor(file) }));
  return {
    shown: all.flatMap(({ page, span }) => (isOut(span, showing) ? [] : [page])),
    hidden: all.flatMap(({ page, span }) => (isOut(span, showing) ? [{ ...span, output: page.path }] : [])),
    spans: all.map(({ span }) => span),
  };
}

function assetOf({ name, shown, bytes }: InputFile): ComposedPage {
  const path = name.slice('content/'.length);
  const rule = pathRule(path);
  if (rule !== undefined) throw broken(`${shown}: ${rule}`, 'give the file another name');
  return { path, kind: 'asset', html: bytes, front: {} };
}

/** Why a path cannot be a file of the release, or undefined where it can. */
function pathRule(path: string): string | undefined {
  const segments = path.split('/');
  if (segments.some((segment) => segment === '..' || segment === '.')) return 'its address leads out of the site';
  if (segments[0]?.toLowerCase() === '_holdfast')
    return 'its address lies in _holdfast/, which is kept for holding pages';
  if (/[\\?#%:*"<>|\p{Cc}]/u.test(path))
    return `its address has a character that no path of a site may have: ${JSON.stringify(path)}`;
  if (segments.some((segment) => segment === '' || /^ |[. ]$/.test(segment)))
    return `its address has an empty or unusual part: ${path}`;
  if (segments.some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT))
    return `a part of its address is longer than ${MAX_SEGMENT} bytes`;
  return undefined;
}

function frontOf(fields: Readonly<Record<string, unknown>>, refuse: (field: string, rule: string) => Error): Front {
  const text = (name: string) => (fields[name] === undefined ? {} : { [name]: String(fields[name]) });
  const number = (name: string, least: number, most: number) => {
    const value = fields[name];
    if (value === undefined) return {};
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most)
      return { [name]: value };
    throw refuse(name, `\`${name}: ${value}\` is not a whole number from ${least} to ${most}`);
  };
  return {
    ...text('title'),
    ...text('description'),
    ...text('name'),
    ...text('publishAt'),
    ...text('unpublishAt'),
    ...number('status', 200, 599),
    ...number('retryAfter', 0, 86_400),
    ...number('refresh', 0, 86_400),
  };
}

function distinct(pages: readonly ComposedPage[]): readonly ComposedPage[] {
  const sorted = pages.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const twice = sorted.find(({ path }, index) => path === sorted[index + 1]?.path);
  if (twice !== undefined)
    throw broken(`a page and a file of content/ would both be ${twice.path}`, 'give one another permalink');
  return sorted;
}
