import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const SNIPPET = new URL('../../../publish/edge/nginx/mirror.conf', import.meta.url);
/** Far above what nginx takes to start on a busy machine. */
const READY_MS = 20_000;

/** nginx before a mirror, with the configuration that is shipped. */
export interface Edge {
  /** 'http://127.0.0.1:41234', without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `current`, which need not be there yet, on a free port. */
export async function serveMirror(current: string): Promise<Edge> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-edge-'));
  const port = await freePort();
  await writeFile(join(dir, 'nginx.conf'), await configure({ dir, port, current }));
  const nginx = spawn('/usr/sbin/nginx', ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  nginx.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const onExit = () => nginx.kill('SIGKILL'); // this process ends without having closed it
  process.once('exit', onExit);
  const edge: Edge = {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      process.off('exit', onExit);
      if (nginx.exitCode === null) {
        const ended = once(nginx, 'exit');
        nginx.kill('SIGTERM');
        await ended;
      }
      await rm(dir, { recursive: true, force: true });
    },
  };
  for (const ends = Date.now() + READY_MS; Date.now() < ends && nginx.exitCode === null; await wait(25)) {
    const isUp = await fetch(edge.url).then(
      () => true,
      () => false,
    );
    if (isUp) return edge;
  }
  await edge.close();
  throw new Error(`nginx did not come up: ${said}`);
}

async function configure({ dir, port, current }: { dir: string; port: number; current: string }): Promise<string> {
  const server = (await readFile(SNIPPET, 'utf8'))
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('listen [::]:80;', '')
    .replace('/srv/www/current', current);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${dir}/${kind};`,
  );
  // A project's folder is its owner's alone; WordPress needs root anyway.
  return `user root; daemon off; worker_processes 1; pid ${dir}/pid; events {}
    http { include /etc/nginx/mime.types; access_log off; ${temporary.join(' ')} ${server} }`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
