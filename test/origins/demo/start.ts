import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { startDemo } from './demo.ts';

/** Where the two servers are looked for first; the next free port serves when one is taken. */
const ORIGIN_PORT = 8090;
const SITE_PORT = 8080;
const STATUS_PORT = 8787;
/** A reader's comment this often, so that each minute has something to show. */
const TRICKLE_MS = 25_000;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const mirror = join(root, 'mirror');

interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<number>;
}

/** Runs a verb as a user would, and passes its lines on. */
function holdfast(args: readonly string[], env: NodeJS.ProcessEnv): Started {
  const main = join(root, 'dist/cli/main.js');
  const child = spawn(process.execPath, [main, ...args, '--config', join(here, 'holdfast.config.ts')], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => console.log(`${clock()}  ${said(line)}`));
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  return { process: child, ended };
}

/** `run` writes JSON where it is not on a terminal: what it says is one field of it. */
function said(line: string): string {
  try {
    return String((JSON.parse(line) as { msg?: unknown }).msg ?? line);
  } catch {
    return line;
  }
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}

/** A port that is free now, this one where it is. */
async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; ; port++) {
    const server = createServer();
    if (!(await listens(server, port))) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** Serves the mirror as any web server would: files as they are, 404.html for the rest. */
async function serveMirror(): Promise<{ server: Server; url: string }> {
  const files = sirv(join(mirror, 'current'), { dev: true, gzip: true, brotli: true, extensions: ['html', 'xml'] });
  const server = createServer((request, response) => {
    files(request, response, async () => {
      const missing = await readFile(join(mirror, 'current/404.html')).catch(() => 'nothing is published yet\n');
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' }).end(missing);
    });
  });
  for (let port = SITE_PORT; ; port++) {
    if (await listens(server, port)) return { server, url: `http://127.0.0.1:${port}` };
  }
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error));
    server.once('error', onError);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', onError);
      resolve(true);
    });
  });
}

/** Each start begins from nothing; a folder that is not ours is left alone. */
async function beginAnew(): Promise<void> {
  if (existsSync(join(mirror, '_holdfast'))) await rm(mirror, { recursive: true });
  await rm(join(here, '.holdfast'), { recursive: true, force: true });
}

await beginAnew();
const demo = await startDemo({ port: ORIGIN_PORT, trickle: TRICKLE_MS });
const site = await serveMirror();
const status = `127.0.0.1:${await freePort(STATUS_PORT)}`;
const env = { DEMO_ORIGIN: demo.url, DEMO_SITE: site.url, DEMO_STATUS: status };
console.log(
  `A slow little site is up at ${demo.url}/ (about 10 pages a second). Its first complete look takes a moment:`,
);
const exit = await holdfast(['publish', '--now'], env).ended;
// What failed for once is tried again by the process that stays.
if (exit === 2) process.exit(exit);
console.log(`
  its static copy       ${site.url}/
  a composed page       ${site.url}/announcement/
  a missing page        ${site.url}/nowhere
  the holding page      ${site.url}/_holdfast/holding/busy.html
  the slow original     ${demo.url}/
  what holdfast does    http://${status}/

Readers comment on the original every ${TRICKLE_MS / 1000} s; each minute the copy is made afresh. Stop with Ctrl-C.
`);

const run = holdfast(['run'], env);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    run.process.kill('SIGTERM');
    await run.ended;
    site.server.close();
    await demo.close();
    process.exit(0);
  });
}
