import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Layout, layoutOf, SEED_HOST, WP_CONFIG } from './layout.ts';
import { php, run, sql, startDatabase } from './programs.ts';

const SEED = fileURLToPath(new URL('./seed.php', import.meta.url));
const STOCK = '/usr/share/wordpress';
/** Seeded states of other versions are removed after a week; each weighs some 200 MB. */
const STALE_MS = 7 * 86_400_000;

/** The word that stands only where no visitor may read it. */
export const SECRET = 'herring-under-glass';

/** A folder with a seeded WordPress at rest, to be copied, never run: made now, or the one an earlier run made. */
export async function seededState(): Promise<string> {
  const home = join(tmpdir(), `holdfast-wordpress-${process.getuid?.()}`);
  await mkdir(home, { recursive: true, mode: 0o755 });
  const { uid } = await lstat(home);
  if (uid !== process.getuid?.()) throw new Error(`${home} belongs to somebody else`);
  const state = join(home, await keyOf());
  const release = await lockOf(join(home, 'lock'));
  try {
    if (!(await readdir(home)).includes(basename(state))) await build(home, state);
  } finally {
    await release();
  }
  return state;
}

/** Differs for another seed, and for another version of anything the seed passes through. */
async function keyOf(): Promise<string> {
  const versions = await Promise.all([run('/usr/sbin/mariadbd', ['--version']), run('/usr/bin/php', ['--version'])]);
  const wordpress = await readFile(join(STOCK, 'wp-includes/version.php'), 'utf8');
  const themes = await readdir(join(STOCK, 'wp-content/themes'));
  const parts = [
    await readFile(SEED, 'utf8'),
    WP_CONFIG,
    SECRET,
    wordpress,
    ...themes.sort(),
    ...versions.map(({ stdout }) => stdout),
  ];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}

/** Waits for its turn. The lock is held by a program that ends with this process, however this process ends. */
async function lockOf(file: string): Promise<() => Promise<void>> {
  const holder = spawn('/usr/bin/flock', [file, 'sh', '-c', 'echo held; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  return async () => {
    const ended = once(holder, 'exit');
    holder.stdin.end();
    await ended;
  };
}

async function build(home: string, state: string): Promise<void> {
  await removeStale(home);
  const layout = layoutOf(await mkdtemp(join(home, 'making-')));
  try {
    await prepare(layout);
    const database = await startDatabase(layout);
    try {
      await fill(layout);
    } finally {
      await database.stop();
    }
    await rm(layout.run, { recursive: true });
    await rename(layout.dir, state);
  } catch (error) {
    await rm(layout.dir, { recursive: true, force: true });
    throw error;
  }
}

async function prepare(layout: Layout): Promise<void> {
  await chmod(layout.dir, 0o755);
  await mkdir(layout.run);
  await mkdir(layout.database);
  await run('/usr/bin/chown', ['mysql:mysql', layout.database, layout.run]);
  const installing = run('/usr/bin/mariadb-install-db', [
    '--no-defaults',
    '--user=mysql',
    `--datadir=${layout.database}`,
    '--auth-root-authentication-method=socket',
    '--skip-test-db',
  ]);
  // Links followed: Debian's WordPress borrows libraries from other packages.
  const copying = run('/usr/bin/cp', ['-rL', STOCK, layout.www]);
  await Promise.all([installing, copying]);
  await writeFile(join(layout.www, 'wp-config.php'), WP_CONFIG);
  await mkdir(join(layout.www, 'wp-content/uploads'), { recursive: true });
  await run('/usr/bin/chown', ['-R', 'www-data:www-data', layout.www]);
}

async function fill(layout: Layout): Promise<void> {
  await sql(
    layout,
    "CREATE DATABASE courant CHARACTER SET utf8mb4; CREATE USER courant@localhost IDENTIFIED BY 'courant'; GRANT ALL ON courant.* TO courant@localhost;",
  );
  const seed = join(layout.run, 'seed.php'); // where PHP's user can read it
  await copyFile(SEED, seed);
  const env = { WWW: layout.www, HOME_URL: `http://${SEED_HOST}`, SECRET };
  await php([seed, 'install'], { env });
  const { stdout } = await php([seed, 'fill'], { env });
  JSON.parse(stdout); // anything else it printed is an error
  await writeFile(layout.seeded, stdout);
}

async function removeStale(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const path = join(home, name);
    const { mtimeMs } = await lstat(path);
    const abandoned = name.startsWith('making-'); // the lock is ours, so nobody is making it
    if (name !== 'lock' && (abandoned || Date.now() - mtimeMs > STALE_MS))
      await rm(path, { recursive: true, force: true });
  }
}
