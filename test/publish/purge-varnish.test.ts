import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { createHttp, type HttpOptions } from '../../src/publish/purgers/http.ts';
import { freePort } from '../support/ports.ts';
import { type Program, ready, startProgram } from '../support/programs.ts';
import { suite } from '../support/suite.ts';
import { type Service, startService } from './service.ts';

const HOST = 'www.example.org';
const START_MS = 20_000;
const signal = new AbortController().signal;

const test = suite('purging a real Varnish with the published VCL', { needs: ['varnish'] });
let folder = '';
let port = 0;
let origin: Service;
let varnish: Program;

/** The published text with the test's backend in it. */
async function vclFor(backend: string): Promise<string> {
  const text = await readFile(new URL('../../publish/cdn/varnish.vcl', import.meta.url), 'utf8');
  return text.replace('.port = "8080";', `.port = "${new URL(backend).port}";`);
}

interface Asking {
  readonly method?: string;
  readonly host?: string;
  readonly from?: string;
}

function ask(path: string, { method = 'GET', host = HOST, from = '127.0.0.1' }: Asking = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path, method, localAddress: from, headers: { host } },
      (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    asked.on('error', reject).end();
  });
}

test.before(async () => {
  origin = await startService(() => ({ status: 200, body: 'page', headers: { 'cache-control': 's-maxage=60' } }));
  folder = await mkdtemp(join(tmpdir(), 'holdfast-varnish-'));
  await writeFile(join(folder, 'default.vcl'), await vclFor(origin.url));
  port = await freePort();
  const options = [
    '-F',
    '-j',
    'none',
    '-n',
    join(folder, 'work'),
    '-s',
    'malloc,16M',
    '-f',
    join(folder, 'default.vcl'),
  ];
  varnish = startProgram(join(folder, 'log'), '/usr/sbin/varnishd', [...options, '-a', `127.0.0.1:${port}`]);
  await ready(varnish, async () => (await ask('/up').catch(() => 0)) === 200, START_MS);
});

test.after(async () => {
  await varnish.stop();
  await origin.close();
  await rm(folder, { recursive: true });
});

/** Asks for each path and tells which of them had to be fetched from behind Varnish. */
async function fetched(paths: readonly string[], host = HOST): Promise<readonly string[]> {
  origin.seen.length = 0;
  for (const path of paths) assert.is(await ask(path, { host }), 200);
  return origin.seen.map(({ path }) => path);
}

const PATHS = ['/', '/a/', '/a', '/a/?utm_source=x', '/b/', '/b/c/', '/caf%C3%A9/', '/a.css', '/axcss'];

test.before.each(async () => {
  await http({ method: 'BAN' }).purge('everything', signal);
  assert.equal(await fetched(PATHS), PATHS);
  assert.equal(await fetched(PATHS), [], 'all of it is cached');
});

const http = (more: Partial<HttpOptions> = {}) =>
  createHttp({
    name: 'varnish',
    url: `http://127.0.0.1:${port}`,
    method: 'PURGE',
    headers: {},
    publicUrl: new URL(`https://${HOST}`),
    ...more,
  });

test('a purged path is fetched again, the others stay cached', async () => {
  assert.equal(await http().purge({ paths: ['/a/', '/caf%C3%A9/'], prefixes: [] }, signal), { kind: 'done' });
  assert.equal(await fetched(PATHS), ['/a/', '/caf%C3%A9/']);
});

test('what was not cached is purged too, and a whole ask takes seconds', async () => {
  const { limit, purge } = http();
  const paths = Array.from({ length: limit.paths }, (_, index) => `/never/${index}/`);
  const began = performance.now();
  assert.equal(await purge({ paths, prefixes: [] }, signal), { kind: 'done' });
  assert.ok(performance.now() - began < 5000, `${performance.now() - began} ms`);
});

test('a ban takes every query of its pages with it, and no other page', async () => {
  const ban = http({ method: 'BAN' });
  assert.equal(await ban.purge({ paths: ['/a/', '/a', '/a.css'], prefixes: [] }, signal), { kind: 'done' });
  assert.equal(await fetched(PATHS), ['/a/', '/a', '/a/?utm_source=x', '/a.css']);
});

test('a banned folder takes all that is below', async () => {
  assert.equal(await http({ method: 'BAN' }).purge({ paths: ['/caf%C3%A9/'], prefixes: ['/b/'] }, signal), {
    kind: 'done',
  });
  assert.equal(await fetched(PATHS), ['/b/', '/b/c/', '/caf%C3%A9/']);
});

test('as many bans as one ask may hold are a handful of patterns, each of which Varnish takes', async () => {
  const { limit, purge } = http({ method: 'BAN' });
  const paths = Array.from({ length: limit.paths }, (_, index) => `/a-rather-long-name-of-a-page/${index}/`);
  assert.equal(await purge({ paths: [...paths, '/b/'], prefixes: ['/a/'] }, signal), { kind: 'done' });
  assert.equal(await fetched(PATHS), ['/a/', '/a/?utm_source=x', '/b/']);
});

test('another site behind the same Varnish keeps all of its own', async () => {
  assert.equal(await fetched(PATHS, 'other.example.org'), PATHS);
  await http({ method: 'BAN' }).purge('everything', signal);
  await http().purge({ paths: ['/a/'], prefixes: [] }, signal);
  assert.equal(await fetched(PATHS, 'other.example.org'), []);
  assert.equal(await fetched(PATHS), PATHS);
});

test('nobody else may purge', async () => {
  assert.is(await ask('/a/', { method: 'PURGE', from: '127.0.0.2' }), 405);
  assert.is(await ask('/a/', { method: 'BAN', from: '127.0.0.2' }), 405);
  assert.equal(await fetched(PATHS), []);
});

test.run();
