import { readFile, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { HoldfastError } from '../model/errors.ts';
import { defineConfig } from './define.ts';
import { findJsonFault } from './json.ts';
import { isPlainObject } from './path.ts';

/** Names looked for, in this order. */
export const CONFIG_NAMES = ['holdfast.config.ts', 'holdfast.config.mjs', 'holdfast.config.js', 'holdfast.config.json'];

/** The configuration file to read, absolute: `path` as given, else the one in `cwd`. Throws `config-missing`. */
export async function findConfig(cwd: string, path: string | undefined): Promise<string> {
  if (path !== undefined) {
    const file = resolve(cwd, path);
    if (await isFile(file)) return file;
    throw new HoldfastError('config-missing', `there is no configuration file ${path}`);
  }
  const found: string[] = [];
  for (const name of CONFIG_NAMES) if (await isFile(join(cwd, name))) found.push(name);
  const [first, second] = found;
  if (second !== undefined) {
    throw new HoldfastError('config-invalid', `there are two configuration files here, ${first} and ${second}`, {
      hint: 'remove one, or name the right one with --config',
    });
  }
  if (first !== undefined) return join(cwd, first);
  throw new HoldfastError('config-missing', `there is no holdfast.config.ts, .mjs, .js or .json in ${cwd}`, {
    hint: 'write one with: holdfast init --origin URL; or name one with --config',
  });
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** What the file says, before any check of its fields; an object. Throws `config-unreadable`, in one line, quoting no text of it. */
export async function readConfig(file: string): Promise<Record<string, unknown>> {
  const value = extname(file) === '.json' ? await readJsonFile(file) : await importDefault(file);
  if (isPlainObject(value)) return value;
  throw unreadable(file, 'it does not hold an object');
}

async function readJsonFile(file: string): Promise<unknown> {
  const text = (
    await readFile(file, 'utf8').catch((error: Error) => Promise.reject(unreadable(file, error.message, error)))
  ).replace(/^\uFEFF/, '');
  const fault = findJsonFault(text);
  if (fault !== undefined)
    throw unreadable(file, `line ${fault.line}, column ${fault.column}: ${fault.expected} is expected`);
  return JSON.parse(text);
}

async function importDefault(file: string): Promise<unknown> {
  // A tenth of the start of a program whose configuration is JSON.
  const { createJiti } = await import('jiti');
  // The one function a configuration needs of ours is handed in: it works where Holdfast is not installed beside it.
  const virtualModules = { holdfast: { defineConfig } };
  const jiti = createJiti(file, { fsCache: false, moduleCache: false, interopDefault: false, virtualModules });
  const loaded = await jiti.import<object>(file).catch((error: unknown) => {
    throw unreadable(file, error instanceof Error ? error.message : String(error), error);
  });
  if ('default' in loaded) return loaded.default;
  if (!('__esModule' in loaded) && !(Symbol.toStringTag in loaded)) return loaded;
  throw unreadable(file, 'it has no default export: write `export default defineConfig({ … })`');
}

function unreadable(file: string, why: string, cause?: unknown): HoldfastError {
  const [first = '', second = ''] = why.split('\n').map((line) => line.trim());
  const said = first.replaceAll(`${file}: `, '').replaceAll(file, basename(file));
  return new HoldfastError('config-unreadable', `${basename(file)} does not load: ${said}${placeIn(file, second)}`, {
    cause,
  });
}

/** The compiler puts the place of a mistake on a second line, `<file>:<line>:<column>`, columns from 0. */
function placeIn(file: string, second: string): string {
  const [, line, column] = /^:(\d+):(\d+)$/.exec(second.startsWith(file) ? second.slice(file.length) : '') ?? [];
  return line === undefined ? '' : ` (line ${line}, column ${Number(column) + 1})`;
}
