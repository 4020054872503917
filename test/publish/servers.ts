import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

/** A web server on loopback that serves a folder. */
export interface Server {
  readonly port: number;
  close(): Promise<void>;
}

/** Debian's nginx with `gzip_static` and files kept open for a second; its own files go to `scratch`. */
export async function startNginx(root: string, scratch: string): Promise<Server> {
  const port = await freePort();
  await mkdir(scratch, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (each) => `${each}_temp_path ${scratch}/${each};`,
  );
  const config = `
daemon off; worker_processes 2; pid ${scratch}/pid; error_log ${scratch}/error.log;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 256; }
http {
  access_log off; ${temporary.join(' ')}
  types { text/html html; text/css css; text/javascript js; }
  open_file_cache max=1000; open_file_cache_valid 1s; gzip_static on;
  server { listen 127.0.0.1:${port}; root ${root}; }
}
`;
  await writeFile(join(scratch, 'nginx.conf'), config);
  const child = spawn('/usr/sbin/nginx', ['-c', join(scratch, 'nginx.conf'), '-e', join(scratch, 'error.log')], {
    stdio: 'ignore',
  });
  return listening(child, port);
}

/** Caddy's file server, which prefers the files compressed before; its own files go to `scratch`. */
export async function startCaddy(root: string, scratch: string): Promise<Server> {
  const port = await freePort();
  await mkdir(scratch, { recursive: true });
  const config = `
{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  root * ${root}
  file_server {
    precompressed gzip br
  }
}
`;
  await writeFile(join(scratch, 'Caddyfile'), config);
  const env = { PATH: process.env['PATH'], HOME: scratch, XDG_DATA_HOME: scratch, XDG_CONFIG_HOME: scratch };
  const arguments_ = ['run', '--adapter', 'caddyfile', '--config', join(scratch, 'Caddyfile')];
  return listening(spawn('/usr/bin/caddy', arguments_, { stdio: 'ignore', env }), port);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const START_MS = 20_000;

async function listening(child: ChildProcess, port: number): Promise<Server> {
  const deadline = Date.now() + START_MS;
  while (!(await answers(port))) {
    if (Date.now() > deadline || child.exitCode !== null) {
      child.kill('SIGKILL');
      throw new Error(`${child.spawnfile} did not start (exit ${child.exitCode})`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    port,
    async close() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
