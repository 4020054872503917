import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, resolve, sep } from 'node:path';
import { HoldfastError } from '../model/errors.ts';

/** One file that composed pages are made from. */
export interface InputFile {
  /** Place in the build, with slashes: `templates/base.njk`, `content/announcement.md`. */
  readonly name: string;
  /** What people know it as: relative to the configuration, or marked as built in. */
  readonly shown: string;
  readonly bytes: Buffer;
}

export interface InputFolders {
  /** Absolute folder that `templates` and `content` are relative to. */
  readonly root: string;
  readonly templates: string;
  readonly content: string;
  /** Absolute folder with the `templates/` and `content/` that are used where `root` has none. */
  readonly fallback: string;
}

/** More than a person writes by hand: past it the folder is probably not the one that was meant. */
const MAX_FILES = 5_000;
/** All inputs together are held in memory while a build is at work. */
const MAX_BYTES = 200_000_000;

/** Files that Eleventy takes front matter from. */
const TEMPLATES = new Set(['.njk', '.md', '.html']);
/** Text that a template may include. */
const INCLUDED = new Set(['.css', '.svg', '.js', '.txt', '.xml', '.json']);
/** Files of content/ that are published as they are. */
const ASSETS = new Set(['.png', '.jpg', '.jpeg', '.gif', '.webp', '.avif', '.svg', '.ico', '.pdf', '.css', '.woff2']);
/** Front matter languages; the others that Eleventy knows run what they read. */
const FRONT_MATTER = new Set(['', 'yaml', 'yml', 'json']);
const SCRIPT_TEMPLATE = /(\.11ty|\.11tydata)\.\w+$|^content\/(.*\/)?_data\/.*\.[cm]?[jt]s$/;

/** True for a file of content/ that is published as it is. */
export function isAsset(name: string): boolean {
  return name.startsWith('content/') && ASSETS.has(extname(name).toLowerCase());
}

/** True for a file that a build reads; others (and `.hidden` or `backup~` files) count as not there. */
export function isSource(name: string): boolean {
  const type = extname(name);
  return TEMPLATES.has(type) || (name.startsWith('templates/') ? INCLUDED.has(type) : type === '.json');
}

/**
 * Reads all templates and content, sorted by name. The project's files stand before the built-in ones of the same name; of
 * built-in content only what every site needs is used, the missing page and the holding pages. Nothing outside of the folders is followed.
 */
export async function readInputs(folders: InputFolders): Promise<readonly InputFile[]> {
  const { root, templates, content, fallback } = folders;
  const files = new Map<string, InputFile>();
  const add = (found: readonly InputFile[] = []) => {
    for (const file of found) files.set(file.name, file);
  };
  add(await readFolder(join(fallback, 'templates'), 'templates', 'built-in templates'));
  add(await readFolder(resolve(root, templates), 'templates', shownAs(root, templates)));
  const own = (await readFolder(resolve(root, content), 'content', shownAs(root, content))) ?? [];
  const builtIn = (await readFolder(join(fallback, 'content'), 'content', 'built-in content')) ?? [];
  const taken = new Set(own.map(({ name }) => stemOf(name)));
  add(builtIn.filter(({ name }) => NEEDED.test(name) && !taken.has(stemOf(name))));
  add(own);
  const inputs = [...files.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  if (inputs.reduce((sum, { bytes }) => sum + bytes.length, 0) > MAX_BYTES) {
    throw broken(
      `${content}/ and ${templates}/ hold more than ${MAX_BYTES / 1e6} MB together`,
      'serve large files from elsewhere',
    );
  }
  inputs.forEach(refuseScript);
  return inputs;
}

/** Content that no site can do without; an announcement, say, is published only where somebody wrote one. */
const NEEDED = /^content\/(?:404|holding\/[^/]+)\.\w+$/;

function stemOf(name: string): string {
  return name.slice(0, name.length - extname(name).length);
}

function shownAs(root: string, folder: string): string {
  return relative(root, resolve(root, folder)).split(sep).join('/') || '.';
}

async function readFolder(dir: string, name: string, shown: string): Promise<readonly InputFile[] | undefined> {
  const top = await realpath(dir).catch(() => undefined);
  if (top === undefined || !(await stat(top)).isDirectory()) return undefined;
  const paths: string[] = [];
  await walk(top, '', paths, shown);
  const files = await Promise.all(
    paths.map(async (path) => {
      const file = { name: `${name}/${path}`, shown: `${shown}/${path}` };
      return isAsset(file.name) || isSource(file.name) || SCRIPT_TEMPLATE.test(file.name)
        ? { ...file, bytes: await readWithin(top, path, file.shown) }
        : undefined;
    }),
  );
  return files.filter((file): file is InputFile => file?.bytes !== undefined);
}

async function walk(top: string, under: string, paths: string[], shown: string): Promise<void> {
  const entries: Dirent[] = await readdir(join(top, under), { withFileTypes: true });
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name.endsWith('~') || entry.name === 'node_modules') continue;
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) await walk(top, path, paths, shown);
    else paths.push(path);
    if (paths.length > MAX_FILES)
      throw broken(`${shown}/ holds more than ${MAX_FILES} files`, 'is this the right folder?');
  }
}

/** Undefined where the file went away meanwhile, as an editor's temporary files do. */
async function readWithin(top: string, path: string, shown: string): Promise<Buffer | undefined> {
  try {
    const real = await realpath(join(top, path));
    const inside = real.startsWith(top + sep) && (await stat(real)).isFile();
    if (!inside)
      throw broken(`${shown} is a link that leads out of its folder`, 'put a copy of the file there instead');
    return await readFile(real);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function refuseScript({ name, shown, bytes }: InputFile): void {
  const hint = 'write templates as .njk, .md or .html, their front matter as YAML, and data as .json';
  if (SCRIPT_TEMPLATE.test(name)) throw broken(`${shown}: JavaScript templates and data files are switched off`, hint);
  if (!TEMPLATES.has(extname(name))) return;
  const language = /^\uFEFF?---(?!-)([^\r\n]*)/.exec(bytes.toString('utf8'))?.[1]?.trim();
  if (language !== undefined && !FRONT_MATTER.has(language.toLowerCase())) {
    throw broken(`${shown}:1: front matter in \`${language}\` is switched off`, hint);
  }
}

/** The error of this stage: a template, or a content file, that does not render. */
export function broken(message: string, hint: string, cause?: unknown): HoldfastError {
  return new HoldfastError('template-broken', message, { hint, cause });
}
