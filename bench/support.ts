import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** A temporary folder that is gone when `use` has ended. */
export async function inFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** How a whole process went: wall seconds, and its peak resident memory in MB. */
export interface Measured {
  readonly exit: number | null;
  readonly seconds: number;
  readonly peakMb: number;
  readonly stdout: string;
}

/** Runs a program to its end under GNU time. */
export async function measure(
  command: readonly string[],
  options: { cwd?: string; limitSeconds?: number } = {},
): Promise<Measured> {
  const began = performance.now();
  const child = spawn('/usr/bin/time', ['-f', 'peak %M', ...command], {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGTERM'), (options.limitSeconds ?? 300) * 1000);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearTimeout(timer);
  const peakMb = Number(/peak (\d+)\s*$/.exec(stderr)?.[1] ?? Number.NaN) / 1024;
  if (process.env['BENCH_VERBOSE'] !== undefined) process.stderr.write(stderr);
  return { exit, seconds: (performance.now() - began) / 1000, peakMb, stdout };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** Starts Debian's nginx on a free loopback port with these lines inside `server {}`; `http` goes before it. */
export async function startNginx(
  dir: string,
  lines: string,
  http = '',
): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  await mkdir(join(dir, 'tmp'), { recursive: true });
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${dir}/tmp/${name};`)
    .join(' ');
  await writeFile(
    join(dir, 'nginx.conf'),
    `user root; worker_processes 1; pid ${dir}/nginx.pid; error_log ${dir}/error.log; daemon off;
events { worker_connections 2048; }
http { include /etc/nginx/mime.types; default_type application/octet-stream; access_log off; sendfile on; tcp_nopush off; keepalive_requests 1000000; ${temp} ${http}
  server { listen 127.0.0.1:${port} reuseport; ${lines} } }
`,
  );
  const child = spawn('/usr/sbin/nginx', ['-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')], {
    stdio: 'ignore',
  });
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 100) throw new Error(`nginx does not start: see ${dir}/error.log`);
    await wait(50);
  }
  const stop = async () => {
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGQUIT');
    await ended;
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** What wrk saw. */
export interface Load {
  readonly perSecond: number;
  /** 99th percentile, ms. */
  readonly p99: number;
  /** '' where there was none. */
  readonly errors: string;
}

/** How to load a server. */
export interface Loading {
  readonly seconds: number;
  readonly connections: number;
  readonly gzip?: boolean;
  /** About so many requests a second, instead of as many as there can be: each connection waits between its requests, at random. */
  readonly held?: number;
}

/** Loads one address from this many connections for this long. */
export async function wrk(url: string, loading: Loading): Promise<Load> {
  const { seconds, connections, gzip = false, held } = loading;
  const headers = gzip ? ['-H', 'Accept-Encoding: gzip'] : [];
  const limits = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '--latency'];
  const pauses = held === undefined ? [] : ['-s', await writePauses((connections * 1000) / held)];
  const { stdout } = await promisify(execFile)('wrk', [...limits, ...pauses, ...headers, url]);
  const perSecond = Number(/Requests\/sec:\s*([\d.]+)/.exec(stdout)?.[1]);
  const [, amount = '', unit = ''] = /99%\s+([\d.]+)(us|ms|s|m)/.exec(stdout) ?? [];
  const p99 = Number(amount) * ({ us: 0.001, ms: 1, s: 1000, m: 60_000 }[unit] ?? Number.NaN);
  return { perSecond, p99, errors: /(Socket errors:.*|Non-2xx.*)/.exec(stdout)?.[1] ?? '' };
}

/** A script for wrk by which a connection waits so many milliseconds between requests in the middle. */
async function writePauses(ms: number): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'holdfast-wrk-')), 'pauses.lua');
  await writeFile(path, `function delay() return math.floor(math.random() * ${2 * ms} + 0.5) end\n`);
  return path;
}

/** One line of a result: what was measured, the figure, and what was asked for. */
export function row(what: string, figure: string, target = ''): void {
  console.log(`| ${what} | ${figure} | ${target} |`);
}
