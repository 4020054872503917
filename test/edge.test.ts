import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { detectingReader } from '../src/report/formats/detect.ts';
import { kindOf } from '../src/report/kinds.ts';
import type { LoggedRequest } from '../src/report/request.ts';
import { labelOf } from '../src/report/table.ts';
import { suite } from './support/suite.ts';

const run = promisify(execFile);

const PAGE = `<!doctype html><title>a page</title>${'<p>text</p>'.repeat(50)}</html>`;
const FILES: Readonly<Record<string, string>> = {
  'index.html': PAGE.replace('a page', 'front'),
  '404.html': PAGE.replace('a page', 'not found'),
  'a/index.html': PAGE,
  'a/b/index.html': PAGE.replace('a page', 'below'),
  'café/index.html': PAGE,
  'feed/index.xml': '<?xml version="1.0"?><rss version="2.0"></rss>',
  'wp-json/index.json': '{"name":"Example"}',
  'style.css': 'body{color:red}'.repeat(50),
  'module.mjs': 'export const a = 1;',
  'site.webmanifest': '{}',
  '.well-known/security.txt': 'Contact: mailto:a@example.org',
  '.hidden': 'secret',
  'a/.git/config': 'secret',
  '_holdfast/pixel.gif': 'GIF89a',
  '_holdfast/holding/busy.html': PAGE.replace('a page', 'busy'),
};

/** A folder in a mirror's shape; `current` is a link, as there. */
async function writeMirror(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-edge-'));
  await chmod(folder, 0o755);
  for (const [path, text] of Object.entries(FILES)) {
    const file = join(folder, 'trees/one', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    if (/\.(html|css)$/.test(path)) await writeFile(`${file}.gz`, gzipSync(text));
  }
  await symlink('trees/one', join(folder, 'current'));
  return folder;
}

interface Served {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

function ask(port: number, path: string, headers: Record<string, string> = {}): Promise<Served> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, path, host: '127.0.0.1', headers: { host: 'www.example.org', ...headers } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) });
        });
      },
    );
    asked.on('error', reject).end();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

const published = (path: string): Promise<string> => readFile(new URL(`../publish/${path}`, import.meta.url), 'utf8');

interface Edge {
  readonly command: string;
  readonly check: (file: string) => string[];
  readonly serve: (file: string) => string[];
  /** The published text with the test's port and folder in it, and what it needs around it. */
  readonly configure: (folder: string, port: number) => Promise<string>;
}

const nginx: Edge = {
  command: '/usr/sbin/nginx',
  check: (file) => ['-t', '-q', '-p', dirname(file), '-c', file, '-e', 'stderr'],
  serve: (file) => ['-p', dirname(file), '-c', file, '-e', 'stderr'],
  configure: async (folder, port) => {
    const server = (await published('edge/nginx/mirror.conf'))
      .replace('listen 80;', `listen 127.0.0.1:${port};`)
      .replace('listen [::]:80;', '')
      .replace('/srv/www/current', `${folder}/current`)
      .replace('access_log /var/log/nginx/', `access_log ${folder}/`);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${folder}/tmp;`,
    );
    return `daemon off; worker_processes 1; pid ${folder}/pid; events {}
      http { include /etc/nginx/mime.types; access_log off; ${temporary.join(' ')} ${server} }`;
  },
};

const caddy: Edge = {
  command: '/usr/bin/caddy',
  check: (file) => ['validate', '--adapter', 'caddyfile', '--config', file],
  serve: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
  configure: async (folder, port) => {
    const site = (await published('edge/caddy/Caddyfile'))
      .replace('http://www.example.org', `http://www.example.org:${port}`)
      .replace('/srv/www/current', `${folder}/current`);
    return `{\n\tadmin off\n}\n${site}`;
  },
};

async function awaitAnswer(port: number, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline && server.exitCode === null) {
    const answered = await ask(port, '/').then(
      () => true,
      () => false,
    );
    if (answered) return;
    await wait(50);
  }
  throw new Error('the server did not come up');
}

for (const [name, edge] of Object.entries({ nginx, caddy })) {
  const test = suite(`the published configuration for ${name}`, { needs: [name as 'nginx' | 'caddy'] });
  let folder = '';
  let port = 0;
  let server: ChildProcess | undefined;
  const get = (path: string, headers?: Record<string, string>): Promise<Served> => ask(port, path, headers);

  test.before(async () => {
    folder = await writeMirror();
    port = await freePort();
    const file = join(folder, 'edge.conf');
    await writeFile(file, await edge.configure(folder, port));
    const environment = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    await run(edge.command, edge.check(file), { env: environment });
    server = spawn(edge.command, edge.serve(file), { env: environment, stdio: 'ignore' });
    await awaitAnswer(port, server);
  });

  test.after(async () => {
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    server?.kill('SIGTERM');
    if (server !== undefined) await ended;
    if (folder !== '') await rm(folder, { recursive: true });
  });

  for (const path of ['/', '/a', '/a/', '/a/b', '/a/b/', '/caf%C3%A9/', '/caf%C3%A9', '/a/?utm_source=x', '/a?x']) {
    test(`${path} is a page, without a redirect`, async () => {
      const { status, headers, body } = await get(path);
      assert.is(status, 200);
      assert.match(headers['content-type'] ?? '', /^text\/html$/);
      assert.match(body.toString(), /<title>(front|a page|below)/);
      assert.is(headers['cache-control'], 'max-age=60');
    });
  }

  const types: Readonly<Record<string, RegExp>> = {
    '/feed/': /^(text|application)\/(rss\+)?xml/,
    '/feed': /^(text|application)\/(rss\+)?xml/,
    '/wp-json/': /^application\/json/,
    '/style.css?ver=6.1': /^text\/css/,
    '/module.mjs': /^(text|application)\/javascript/,
    '/site.webmanifest': /^application\/manifest\+json/,
    '/.well-known/security.txt': /^text\/plain/,
  };
  for (const [path, type] of Object.entries(types)) {
    test(`${path} has its type`, async () => {
      const { status, headers } = await get(path);
      assert.is(status, 200);
      assert.match(headers['content-type'] ?? '', type);
    });
  }

  for (const path of [
    '/nope',
    '/nope/',
    '/a/nope',
    '/nope.css',
    '/.hidden',
    '/a/.git/config',
    '/a/b/index.xml',
    '/trees/',
  ]) {
    test(`${path} is the site's own 404`, async () => {
      const { status, body } = await get(path);
      assert.is(status, 404);
      assert.match(body.toString(), '<title>not found');
    });
  }

  test('what was compressed is sent so, to those who take it', async () => {
    for (const path of ['/a', '/a/', '/style.css']) {
      const squeezed = await get(path, { 'accept-encoding': 'gzip' });
      assert.is(squeezed.headers['content-encoding'], 'gzip');
      assert.match(squeezed.headers.vary ?? '', /accept-encoding/i);
      const plain = await get(path);
      assert.is(plain.headers['content-encoding'], undefined);
      assert.equal(gunzipSync(squeezed.body), plain.body);
      assert.ok(squeezed.body.length < plain.body.length / 2);
    }
  });

  test('the counting pixel is never cached', async () => {
    const { status, headers } = await get('/_holdfast/pixel.gif?p=/a/');
    assert.is(status, 200);
    assert.is(headers['cache-control'], 'no-store');
    assert.is(headers['content-type'], 'image/gif');
  });

  test('a holding page can be looked at and is not indexed', async () => {
    const { status, headers } = await get('/_holdfast/holding/busy.html');
    assert.is(status, 200);
    assert.is(headers['cache-control'], 'no-store');
    assert.is(headers['x-robots-tag'], 'noindex');
  });

  test('nothing but a look is served', async () => {
    const answer = await new Promise<number>((resolve, reject) => {
      const asked = request({
        port,
        host: '127.0.0.1',
        path: '/a/',
        method: 'POST',
        headers: { host: 'www.example.org' },
      });
      asked.on('response', (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject);
      asked.end('comment=x');
    });
    assert.is(answer, 405);
  });

  if (name === 'nginx')
    test('its access log tells the report what each answer was', async () => {
      const kinds: [path: string, kind: string][] = [
        ['/a?kinds', 'static'],
        ['/caf%C3%A9/?kinds', 'static'],
        ['/feed/?kinds', 'static'],
        ['/style.css?kinds', 'asset'],
        ['/.well-known/security.txt?kinds', 'asset'],
        ['/nope/?kinds&a=.css', '404'],
        ['/nope.css?kinds', 'asset'],
        ['/_holdfast/holding/busy.html?kinds', 'holding busy'],
        ['/_holdfast/pixel.gif?kind=holding&name=launch&kinds', 'pixel holding launch'],
      ];
      for (const [path] of kinds) await get(path, { referer: 'https://e.org/"\\' });
      const lines = (await readFile(join(folder, 'holdfast.log'), 'utf8')).trimEnd().split('\n').map(detectingReader());
      const logged = lines.filter((line): line is LoggedRequest => typeof line === 'object');
      assert.is(logged.length, lines.length, 'each line was read');
      const asked = logged.filter(({ query }) => query.includes('kinds'));
      assert.equal(
        asked.map((request) => [`${request.path}?${request.query}`, labelOf(kindOf(request))]),
        kinds,
      );
      assert.equal(new Set(asked.map(({ referrer }) => referrer)), new Set(['https://e.org/"\\']));
      assert.equal(new Set(asked.map(({ address, method }) => `${address} ${method}`)), new Set(['127.0.0.1 GET']));
      assert.ok(asked.every(({ at, bytes }) => Math.abs(Date.now() - at) < 60_000 && bytes > 0));
    });

  test('a switched link is followed within seconds', async () => {
    await mkdir(join(folder, 'trees/two/a'), { recursive: true });
    await writeFile(join(folder, 'trees/two/a/index.html'), 'second');
    await symlink('trees/two', join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'current'));
    const deadline = Date.now() + 20_000;
    let body = '';
    while (body !== 'second' && Date.now() < deadline) {
      body = (await get('/a/')).body.toString();
      await wait(100);
    }
    assert.is(body, 'second');
  });

  test.run();
}

/** What cron runs: the sixth field is the user, the rest is for the shell. */
async function cronCommand(project: string): Promise<string> {
  const line =
    (await published('schedule/cron/holdfast')).split('\n').find((one) => one.startsWith('* * * * * ')) ?? '';
  const [, command = ''] = /^(?:\S+ ){5}holdfast (.+)$/.exec(line) ?? [];
  assert.not.match(command, '%', 'cron takes a per cent sign for the end of the line');
  return command.replace('/srv/holdfast', project);
}

const cron = suite('the published line for cron');

for (const [code, mailed] of [
  [0, ''],
  [1, 'said publish\n'],
  [2, 'said publish\n'],
  [3, ''],
  [4, ''],
  [5, 'said publish\n'],
] as const) {
  cron(`a run that ends with ${code} ${mailed === '' ? 'sends no mail' : 'is mailed with what it said'}`, async () => {
    const project = await mkdtemp(join(tmpdir(), 'holdfast-cron-'));
    try {
      const bin = join(project, 'node_modules/.bin');
      await mkdir(bin, { recursive: true });
      await writeFile(join(bin, 'holdfast'), `#!/bin/sh\necho "said $*" >&2\nexit ${code}\n`, { mode: 0o755 });
      const { stdout, stderr } = await run('/bin/sh', ['-c', await cronCommand(project)]);
      assert.is(stdout + stderr, mailed);
    } finally {
      await rm(project, { recursive: true });
    }
  });
}

cron.run();
