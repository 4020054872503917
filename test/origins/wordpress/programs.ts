import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { filesOf } from '../../support/parts.ts';
import { type Program, ready, startProgram } from '../../support/programs.ts';
import type { Layout } from './layout.ts';

/** What a program printed, once it ended well. */
export interface Said {
  readonly stdout: string;
}

/** A cold disk and two busy cores make the database's first start take seconds. */
const READY_MS = 60_000;

/** Quick rather than safe: nobody needs this database after a power cut. */
const DATABASE_FLAGS = [
  '--skip-networking',
  '--skip-log-bin',
  '--performance-schema=OFF',
  '--character-set-server=utf8mb4',
  '--innodb-buffer-pool-size=128M',
  '--innodb-log-file-size=16M',
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-doublewrite=0',
  '--innodb-use-native-aio=0',
];

/** Starts MariaDB on a state folder; resolves when it answers. */
export async function startDatabase(layout: Layout): Promise<Program> {
  const flags = [
    '--no-defaults',
    '--user=mysql',
    `--datadir=${layout.database}`,
    `--socket=${layout.databaseSocket}`,
    `--pid-file=${layout.run}/db.pid`,
  ];
  const program = startProgram(join(layout.run, 'database.out'), '/usr/sbin/mariadbd', [...flags, ...DATABASE_FLAGS]);
  await ready(program, () => succeeds(sql(layout, 'SELECT 1')), READY_MS);
  return program;
}

/** Starts PHP-FPM; resolves when its socket is there. */
export async function startPhp(layout: Layout): Promise<Program> {
  const binary = filesOf('/usr/sbin/php-fpm*').at(-1) ?? 'php-fpm';
  const program = startProgram(join(layout.run, 'php.out'), binary, [
    '-F',
    '--fpm-config',
    join(layout.run, 'php.conf'),
  ]);
  await ready(program, () => succeeds(run('/usr/bin/test', ['-S', layout.phpSocket])), READY_MS);
  return program;
}

/** Starts nginx; resolves when it wrote its pid file, after which it listens. */
export async function startNginx(layout: Layout): Promise<Program> {
  const program = startProgram(join(layout.run, 'nginx.out'), '/usr/sbin/nginx', [
    '-c',
    join(layout.run, 'nginx.conf'),
    '-e',
    join(layout.run, 'nginx.log'),
  ]);
  await ready(program, () => succeeds(run('/usr/bin/test', ['-s', join(layout.run, 'nginx.pid')])), READY_MS);
  return program;
}

/** Runs SQL as the database's owner. */
export function sql(layout: Layout, statements: string, database = ''): Promise<Said> {
  return run(
    '/usr/bin/mariadb',
    ['--no-defaults', `--socket=${layout.databaseSocket}`, '--default-character-set=utf8mb4', '-N', '-B', database],
    { input: statements },
  );
}

/** Runs PHP as the user the web server's PHP runs as. */
export function php(args: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Said> {
  const asUser = ['--reuid=www-data', '--regid=www-data', '--init-groups', '/usr/bin/php'];
  const settings = ['-d', 'memory_limit=512M', '-d', 'sendmail_path=/bin/true', '-d', 'display_errors=stderr'];
  return run('/usr/bin/setpriv', [...asUser, ...settings, ...args], options);
}

/** Runs a program to its end; rejects with what it wrote when that is not a good one. */
export async function run(
  command: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Said> {
  const child = spawn(command, args, { stdio: 'pipe', cwd: '/', env: { ...process.env, ...options.env } });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => {}); // it ended before it read everything; its exit code says more
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const stdout = Buffer.concat(out).toString('utf8');
  if (code !== 0)
    throw new Error(`${command} ended with ${code}: ${Buffer.concat(err).toString('utf8')}${stdout.slice(-2000)}`);
  return { stdout };
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
