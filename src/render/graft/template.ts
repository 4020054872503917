import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type * as Nunjucks from 'nunjucks';
import type { InputFolders } from '../inputs.ts';
import { broken } from '../inputs.ts';

const require = createRequire(import.meta.url);

/** Markup that templates put in as it is; made by `markup` only. */
export interface Markup {
  readonly markup: true;
}

/** Templates of threads, which editors own. They run here and not through Eleventy, whose start takes longer than a cycle. */
export interface ThreadTemplates {
  /** SHA-256 (hex) would say too much: the text itself, for keys. */
  readonly source: string;
  render(name: 'comments' | 'after', data: object): string;
  /** Wraps what was sanitised, and nothing else. */
  markup(safe: string): Markup;
}

const FILES = { comments: 'comments.njk', after: 'comments-after.njk' } as const;
type Name = keyof typeof FILES;

/** Reads the templates: the project's own where it has them, else the built-in ones. Compiled when the first is rendered. */
export async function openTemplates(folders: Omit<InputFolders, 'content'>): Promise<ThreadTemplates> {
  const found = { comments: await readTemplate(folders, 'comments'), after: await readTemplate(folders, 'after') };
  let compiled: ReturnType<typeof compile> | undefined;
  return {
    source: `${found.comments.text}\0${found.after.text}`,
    render: (name, data) => {
      compiled ??= compile(found);
      try {
        return compiled[name].render(data);
      } catch (error) {
        throw templateBroken(found[name], error);
      }
    },
    markup: (safe) => {
      const { SafeString } = nunjucks().runtime as unknown as Runtime;
      return new SafeString(safe);
    },
  };
}

interface Runtime {
  readonly SafeString: new (text: string) => Markup;
}

const nunjucks = (): typeof Nunjucks => require('nunjucks') as typeof Nunjucks;

interface Found {
  readonly text: string;
  readonly shown: string;
}

async function readTemplate({ root, templates, fallback }: Omit<InputFolders, 'content'>, name: Name): Promise<Found> {
  const file = FILES[name];
  const own = await readFile(resolve(root, templates, file), 'utf8').catch(() => undefined);
  if (own !== undefined) return { text: own, shown: `${templates}/${file}` };
  return { text: await readFile(join(fallback, 'templates', file), 'utf8'), shown: `built-in templates/${file}` };
}

/** What a page has once, or what counts when it is edited: it stands around its comments, which come in parts. */
const OF_THE_PAGE =
  /<(?:script|style|template|form|textarea|iframe|noscript|meta|link|base|title|html|head|body)(?![\w-])/i;

function assertRepeatable({ text, shown }: Found): void {
  const [tag] = OF_THE_PAGE.exec(text.replace(/\{#[\s\S]*?#\}/g, '')) ?? [];
  if (tag === undefined) return;
  throw broken(
    `${shown} holds ${tag}>, and is rendered once for each hundred comments`,
    `put it into ${FILES.after}, which each page has once; what is live stays as it is`,
  );
}

function compile(found: Readonly<Record<Name, Found>>): Readonly<Record<Name, Nunjucks.Template>> {
  assertRepeatable(found.comments);
  const { Environment, Template } = nunjucks();
  // No loader: a template of comments is one file, and reads no other.
  const environment = new Environment(null, { autoescape: true, throwOnUndefined: false });
  environment.addFilter('safe', () => {
    throw new Error('`safe` is switched off here: `comment.text` is markup already, and nothing else may be');
  });
  const make = (name: Name): Nunjucks.Template => {
    try {
      return new Template(found[name].text, environment, found[name].shown, true);
    } catch (error) {
      throw templateBroken(found[name], error);
    }
  };
  return { comments: make('comments'), after: make('after') };
}

function templateBroken({ shown }: Found, error: unknown): Error {
  const why = (error instanceof Error ? error.message : String(error)).split('\n').map((line) => line.trim());
  return broken(
    `${shown} does not render: ${why.filter((line) => line !== '' && !line.startsWith('(')).at(-1) ?? why[0]}`,
    'correct it and publish again; what is live stays as it is',
    error,
  );
}
