/**
 * The one file that knows Eleventy. It runs as a child process of `compose-child.ts`: a child has an environment without
 * credentials and can be killed in the middle of a template. Each build has an Eleventy and a folder of its own (an old one keeps
 * old data), so that a child may build again and again.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { HOLDING_COLLECTION } from '../model/holding.ts';
import type { Breakage } from './breakage.ts';
import { explain } from './breakage.ts';
import { SPAN_FIELDS } from './embargo.ts';
import { type Census, defaultPath, HOLDING, holdingOutput, isHidden, type PageData, type Showing } from './hiding.ts';

/** What the parent asks for. */
export interface ComposeJob extends Showing {
  /** A folder made for this build that holds `content/` and `templates/`, and nothing else. */
  readonly dir: string;
  /** Longest time for the build, in milliseconds, kept by the parent, and here for when the parent is gone. */
  readonly limit: number;
  /** Becomes global data of every template: values, never template source. */
  readonly data: { readonly site: { readonly url: string } };
}

/** One output of a template. */
export interface Rendered {
  /** `content/announcement.md` */
  readonly input: string;
  /** Path in the site: `announcement/index.html`; undefined where the permalink left the output folder. */
  readonly output: string | undefined;
  readonly text: string;
  /** The fields of FRONT that the page has. */
  readonly front: Readonly<Record<string, unknown>>;
}

/** What the parent gets for each job. */
export type ComposeAnswer =
  | ({ readonly pages: readonly Rendered[] } & Readonly<Census>)
  | { readonly broken: Breakage };

/** Front matter the rest of the program reads. */
const FRONT = ['title', 'description', 'name', 'status', 'retryAfter', 'refresh', ...SPAN_FIELDS];
/** Settings of Eleventy that would choose another template language, or write outside of the output folder. */
const SWITCHED_OFF = ['templateEngineOverride', 'permalinkBypassOutputDir'];
/** Output folder, which is never written: the parent gets the text. */
const OUTPUT = '_site';
/** Milliseconds after the limit in which the parent, if there is one, ends the build itself. */
const GRACE = 2_000;
/** The status of a holding page that names none: search engines keep what they know, caches keep nothing. */
const BUSY = 503;
/** Seconds after which a busy site is asked again, where the page does not say. */
const AGAIN = 60;
/** The date of a page that names none: when its copy was made must not reach the output. */
const NO_DATE = new Date(0);

interface Config {
  setTemplateFormats(formats: readonly string[]): void;
  setIncludesDirectory(dir: string): void;
  setNunjucksEnvironmentOptions(options: object): void;
  setFrontMatterParsingOptions(options: object): void;
  setUseGitIgnore(use: boolean): void;
  addGlobalData(name: string, value: unknown): void;
  addFilter(name: string, filter: (value: unknown) => string): void;
  addCollection(name: string, collect: (all: { getFilteredByGlob(glob: string): unknown[] }) => unknown[]): void;
  addDateParsing(parse: (this: { page: PageData['page'] }, value: unknown) => Date | undefined): void;
  addPreprocessor(name: string, files: string, process: (data: PageData, content: string) => false | undefined): void;
  on(event: 'eleventy.engine.njk', listener: (engine: { nunjucks: Nunjucks }) => void): void;
  readonly dataFilterSelectors: Set<string>;
}

interface Nunjucks {
  readonly lib: { escape(text: string): string };
  Template: new (source: string, ...rest: unknown[]) => { render(...args: unknown[]): unknown };
}

interface Eleventy {
  initializeConfig(overrides: object): Promise<void>;
  toJSON(): Promise<readonly Output[]>;
}

/** Eleventy's bus of events. */
interface Events {
  emit(event: string, path?: string): Promise<unknown>;
}

interface Output {
  readonly inputPath: string;
  readonly outputPath: string | false;
  readonly content: string | undefined;
  readonly data: Record<string, unknown>;
}

async function build(job: ComposeJob): Promise<Exclude<ComposeAnswer, { broken: Breakage }>> {
  process.chdir(job.dir);
  // @ts-expect-error Eleventy ships no types; what is used of it is written out above.
  const { default: Build } = (await import('@11ty/eleventy')) as {
    default: new (input: string, output: string, options: object) => Eleventy;
  };
  const census: Census = { hidden: [], spans: [] };
  const config = (eleventy: Config) => configure(eleventy, job, census);
  const eleventy = new Build('content', OUTPUT, { configPath: false, quietMode: true, dryRun: true, config });
  await eleventy.initializeConfig({ markdownTemplateEngine: 'njk', htmlTemplateEngine: 'njk' });
  const outputs = await eleventy.toJSON().finally(forget);
  return { pages: outputs.filter((output) => output.outputPath !== false).map(rendered), ...census };
}

/** What Eleventy's modules keep from one build to the next, layouts above all; its own watcher tells them so. */
async function forget(): Promise<void> {
  const bus = new URL('./EventBus.js', import.meta.resolve('@11ty/eleventy'));
  const { default: events } = (await import(bus.href)) as { default: Events };
  const files = readdirSync('.', { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of files) await events.emit('eleventy.resourceModified', join(parentPath, name));
  await events.emit('eleventy.compileCacheReset');
}

function rendered({ inputPath, outputPath, content, data }: Output): Rendered {
  const inside = String(outputPath).startsWith(`./${OUTPUT}/`);
  return {
    input: inputPath.slice('./'.length),
    output: inside ? String(outputPath).slice(`./${OUTPUT}/`.length) : undefined,
    text: content ?? '',
    front: Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined && value !== null)),
  };
}

function configure(eleventy: Config, job: ComposeJob, census: Census): void {
  eleventy.setTemplateFormats(['njk', 'md', 'html']);
  eleventy.setIncludesDirectory('../templates');
  eleventy.setNunjucksEnvironmentOptions({ autoescape: true });
  eleventy.setUseGitIgnore(false);
  eleventy.setFrontMatterParsingOptions({
    engines: { javascript: refuseScript, js: refuseScript, jsLegacy: refuseScript, node: refuseScript },
  });
  for (const [name, value] of Object.entries(job.data)) eleventy.addGlobalData(name, value);
  for (const name of FRONT) eleventy.dataFilterSelectors.add(name);
  eleventy.addGlobalData('layout', 'page.njk');
  eleventy.addFilter('absolute', (path) => new URL(String(path), job.data.site.url).href);
  eleventy.addCollection(HOLDING_COLLECTION, (all) => all.getFilteredByGlob(`${HOLDING}**`));
  eleventy.addDateParsing(dateOf);
  markdown.clear();
  eleventy.on('eleventy.engine.njk', ({ nunjucks }) => escapeMarkdown(nunjucks));
  eleventy.addPreprocessor('holdfast', '*', (page, content) => {
    if (page.page.inputPath.endsWith('.md')) markdown.add(content);
    return page['draft'] !== true && isHidden(page, job, census) ? false : prepare(page);
  });
}

function refuseScript(): never {
  throw new Error('front matter in JavaScript is switched off: write it as YAML or JSON');
}

/** Leaves drafts out and says where a page goes that does not say so itself. */
function prepare(data: PageData): false | undefined {
  if (data['draft'] === true) return false;
  const off = SWITCHED_OFF.find((name) => data[name] !== undefined);
  if (off !== undefined) throw new Error(`\`${off}\` is switched off`);
  const { inputPath, fileSlug, filePathStem } = data.page;
  if (inputPath.startsWith(HOLDING)) {
    if (data['permalink'] !== undefined)
      throw new Error('a holding page has no `permalink`: its `name` says where it goes');
    data['name'] ??= fileSlug;
    data['permalink'] = () => holdingOutput(data['name']);
    data['status'] ??= BUSY;
    if (data['status'] === BUSY) {
      data['retryAfter'] ??= AGAIN;
      data['refresh'] ??= AGAIN;
    }
    data['refresh'] ??= 0;
  }
  data['permalink'] ??= () => defaultPath(filePathStem);
  return undefined;
}

function dateOf(this: { page: PageData['page'] }, value: unknown): Date | undefined {
  if (typeof value === 'string' && /^(git )?(created|last modified)$/i.test(value)) {
    throw new Error(
      `\`date: ${value}\` of ${this.page.inputPath} differs from machine to machine: write the date itself`,
    );
  }
  const named = value !== undefined || /\d{4}-\d{2}-\d{2}/.test(this.page.inputPath);
  return named ? undefined : NO_DATE;
}

/** Sources of Markdown pages of the build that is at work. */
const markdown = new Set<string>();
let isPatched = false;

/**
 * A Markdown page is filled in by Nunjucks first and read as Markdown after that, so a value such as `*x*` or
 * `[x](http://…)` would become markup. Values in the source of such a page are escaped for both. Done once: all builds share the module.
 */
function escapeMarkdown(nunjucks: Nunjucks): void {
  if (isPatched) return;
  isPatched = true;
  const inMarkdown = new AsyncLocalStorage<true>();
  const plain = nunjucks.lib.escape;
  nunjucks.lib.escape = (text) => (inMarkdown.getStore() ? literal(plain(text)) : plain(text));
  const Template = nunjucks.Template;
  nunjucks.Template = class extends Template {
    readonly #markdown: boolean;
    constructor(source: string, ...rest: unknown[]) {
      super(source, ...rest);
      this.#markdown = markdown.has(source);
    }
    override render(...args: unknown[]): unknown {
      return this.#markdown ? inMarkdown.run(true, () => super.render(...args)) : super.render(...args);
    }
  };
}

/** Escapes what Markdown gives a meaning to; a character reference is text to it wherever it stands. */
function literal(html: string): string {
  return html.replace(/[`*_[\]~|\n\r\t]|^[ -%'-@{}]| $/g, (character) => `&#${character.codePointAt(0)};`);
}

function filesOf(dir: string): ReadonlyMap<string, string> {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1));
  return new Map(paths.map((path) => [path, readFileSync(join(dir, path), 'utf8')]));
}

async function answer(job: ComposeJob): Promise<ComposeAnswer> {
  try {
    return await build(job);
  } catch (error) {
    return { broken: explain(error, job.dir, filesOf(job.dir)) };
  }
}

/** An orphan in a template's loop would never see that its parent has gone; another thread does. */
const WATCH = `const { parentPort } = require('node:worker_threads');
let timer;
parentPort.on('message', (job) => {
  clearTimeout(timer);
  if (job === null) return;
  timer = setTimeout(() => {
    require('node:fs').rmSync(job.dir, { recursive: true, force: true });
    process.kill(process.pid, 'SIGKILL');
  }, job.limit + ${GRACE});
});`;
const watch = new Worker(WATCH, { eval: true, execArgv: [] });
watch.unref();
let dir: string | undefined;

// The parent ends this process; a signal to the whole group is its business too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.once('disconnect', () => {
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
  process.exit();
});
process.on('message', (job: ComposeJob) => {
  dir = job.dir;
  watch.postMessage({ dir, limit: job.limit });
  void answer(job).then((result) => {
    watch.postMessage(null);
    process.send?.(result);
  });
});
