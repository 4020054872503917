import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONFIG_NAMES } from '../../config/read.ts';
import { HoldfastError } from '../../model/errors.ts';

/** Two folders up from this file's own, in src as in dist. */
const PACKAGE_ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const CONFIG = 'holdfast.config.ts';
const FOLDERS = ['templates', 'content'];
/** State, and the mirror of the configuration that init writes. */
const IGNORED = ['.holdfast/', 'mirror/'];

export interface Placed {
  /** Relative to the project's folder. */
  readonly wrote: readonly string[];
  /** There already, and left as they were. */
  readonly kept: readonly string[];
}

/** Throws `usage` where a configuration is there already that may not be overwritten; to be asked before anything else. */
export async function assertFree(dir: string, force: boolean): Promise<void> {
  for (const name of CONFIG_NAMES) {
    if (force && name === CONFIG) continue;
    if ((await stat(join(dir, name)).catch(() => undefined)) === undefined) continue;
    const hint = name === CONFIG ? 'overwrite it with --force' : 'remove it first: there can be only one';
    throw new HoldfastError('usage', `there is a ${name} already`, { hint });
  }
}

/** Writes the configuration, then templates and content that are not there yet (all of them with `force`), then .gitignore. */
export async function place(dir: string, text: string, force: boolean): Promise<Placed> {
  const wrote: string[] = [];
  const kept: string[] = [];
  const put = async (path: string, bytes: string | Buffer): Promise<void> => {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    const done = await writeFile(join(dir, path), bytes, { flag: force ? 'w' : 'wx' }).then(
      () => true,
      (error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? false : Promise.reject(error)),
    );
    (done ? wrote : kept).push(path);
  };
  await put(CONFIG, text);
  for (const path of await packageFiles()) await put(path, edited(path, await readFile(join(PACKAGE_ROOT, path))));
  if (await ignore(join(dir, '.gitignore'))) wrote.push('.gitignore');
  return { wrote, kept };
}

async function packageFiles(): Promise<readonly string[]> {
  const files: string[] = [];
  for (const folder of FOLDERS) {
    const entries = await readdir(join(PACKAGE_ROOT, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (entry.isFile()) files.push(join(entry.parentPath, entry.name).slice(PACKAGE_ROOT.length));
    }
  }
  return files.sort();
}

/** The announcement's words are a placeholder, which must not go live by accident. */
function edited(path: string, bytes: Buffer): Buffer | string {
  if (path !== 'content/announcement.md') return bytes;
  return bytes.toString('utf8').replace(/^---\n/, '---\n# Not published until this line is taken out.\ndraft: true\n');
}

async function ignore(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const missing = IGNORED.filter((line) => !text.split('\n').includes(line));
  if (missing.length > 0)
    await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
  return missing.length > 0;
}
