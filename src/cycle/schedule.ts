import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type LoadedConfig, PRODUCTION } from '../config/load.ts';
import { type EdgeFile, refused } from '../edge/facts.ts';
import { fill } from '../edge/fill.ts';
import { foldersOf, PACKAGE_ROOT } from './workplace.ts';

/** What can start a cycle each minute. */
export const SCHEDULERS = ['cron', 'systemd'] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

/** What is to be installed, and as whom it runs. */
export interface Schedule {
  readonly files: readonly EdgeFile[];
  /** The owner of the configuration's folder; `holdfast` where that is root. */
  readonly user: string;
}

/** Those that start a cycle each minute; a program that stays has a unit of its own beside them. */
const FILES: Readonly<Record<Scheduler, readonly string[]>> = {
  cron: ['holdfast'],
  systemd: ['holdfast.service', 'holdfast.timer'],
};

/** Whoever owns no cycle: it needs no rights but those on its own folders. */
const NOBODY_ELSE = 'holdfast';

/** The texts of `publish/schedule/`, filled from the configuration. Throws `edge-refused` for folders that their languages cannot hold. */
export async function scheduleFiles(loaded: LoadedConfig, name: Scheduler): Promise<Schedule> {
  const user = await ownerOf(loaded.root);
  const folder = join(PACKAGE_ROOT, 'publish/schedule', name);
  const fillings = name === 'cron' ? cronFillings(loaded, user) : systemdFillings(loaded, user);
  const files = FILES[name].map(async (path) => {
    const text = await readFile(join(folder, path), 'utf8');
    // The timer has no places: it is the same for everybody.
    return { path, text: text.includes('<<') ? fill(text, fillings) : text };
  });
  return { files: await Promise.all(files), user };
}

function cronFillings(loaded: LoadedConfig, user: string): Readonly<Record<string, string>> {
  return {
    user,
    path: searchPath(),
    folder: shellWord(loaded.root),
    program: `node_modules/.bin/holdfast publish${wish(loaded)}`,
  };
}

function systemdFillings(loaded: LoadedConfig, user: string): Readonly<Record<string, string | readonly string[]>> {
  const { config, root } = loaded;
  const mirrors = config.destinations.flatMap((one) =>
    one.use === 'mirror' ? foldersOf(loaded).resolve(one.dir) : [],
  );
  return {
    user,
    path: searchPath(),
    site: config.site.url.replaceAll('%', '%%'),
    folder: unitPath(root),
    program: `"${unitPath(join(root, 'node_modules/.bin/holdfast'))}" publish${wish(loaded)}`,
    write: [root, ...mirrors].map((each) => `ReadWritePaths="${unitPath(each)}"`),
  };
}

/** The file and the environment, where they are not those that a run would find by itself. */
function wish({ environment, path }: LoadedConfig): string {
  const file = basename(path);
  if (!/^[\w.-]+$/.test(file))
    throw refused('configuration file', file, 'is no plain name: letters, digits, dots and hyphens');
  const config = /^holdfast\.config\.(?:ts|mjs|js|json)$/.test(file) ? '' : ` --config ${file}`;
  return config + (environment === PRODUCTION ? '' : ` --env ${environment}`);
}

/** Node may lie where only a shell of the user's own looks. */
function searchPath(): string {
  const usual = ['/usr/local/bin', '/usr/bin', '/bin'];
  const own = dirname(process.execPath);
  return (usual.includes(own) || /[\s:%"'\\]/.test(own) ? usual : [own, ...usual]).join(':');
}

/** For the shell behind cron, which itself takes a per cent sign for the end of the line. */
function shellWord(path: string): string {
  const plain = single(path);
  return /^[\w./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", "'\\''").replaceAll('%', '\\%')}'`;
}

/** A path of a unit file; per cent signs begin its specifiers. In the name of a program a dollar sign is one. */
function unitPath(path: string): string {
  const plain = single(path);
  if (/["'\\]/.test(plain))
    throw refused('folder', path, 'holds a quotation mark or a backslash, which systemd reads otherwise');
  return plain.replaceAll('%', '%%');
}

function single(path: string): string {
  if (/\p{Cc}/u.test(path)) throw refused('folder', path, 'holds a control character');
  return path;
}

async function ownerOf(folder: string): Promise<string> {
  const { uid } = await stat(folder);
  if (uid === 0) return NOBODY_ELSE;
  const users = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  return users.find(([, , number]) => number === String(uid))?.[0] ?? NOBODY_ELSE;
}
