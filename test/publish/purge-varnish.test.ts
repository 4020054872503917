import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { configSchema } from '../../src/config/schema.ts';
import { edgeFacts } from '../../src/cycle/edge.ts';
import { fillEdge } from '../../src/edge/fillers.ts';
import { createHttp, type HttpOptions } from '../../src/publish/purgers/http.ts';
import { HOLDING } from '../edge/release.ts';
import { varnish as edge } from '../edge/varnish-driver.ts';
import { freePort } from '../support/ports.ts';
import { type Program, ready, startProgram } from '../support/programs.ts';
import { smallConfig } from '../support/project.ts';
import { suite } from '../support/suite.ts';
import { type Service, startService } from './service.ts';

const HOST = 'www.example.org';
const START_MS = 20_000;
const signal = new AbortController().signal;

const test = suite('purging a real Varnish as `holdfast edge varnish` configures it', { needs: ['varnish'] });
let folder = '';
let port = 0;
let origin: Service;
let varnish: Program;

/** What Varnish is started with, its files in that folder, before this file server. */
async function commandFor(scratch: string, files: string): Promise<readonly string[]> {
  const config = configSchema.parse(smallConfig(files, { edge: { for: ['varnish'], files: new URL(files).host } }));
  const loaded = { config, environment: 'production', root: scratch, path: scratch, stateDir: scratch, secrets: [] };
  const place = { port, filesPort: 0, dir: scratch, scratch };
  const facts = edgeFacts(loaded, { name: 'varnish', to: undefined, holding: HOLDING });
  for (const [path, text] of Object.entries(edge.place(fillEdge('varnish', facts), place))) {
    await mkdir(dirname(join(scratch, path)), { recursive: true });
    await writeFile(join(scratch, path), text);
  }
  return edge.serve(place).at(-1) ?? [];
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
  // No flag of a hold is there, all else is.
  origin = await startService(({ path }) =>
    path.startsWith('/_holdfast/')
      ? { status: 404 }
      : { status: 200, body: 'page', headers: { 'cache-control': 's-maxage=60' } },
  );
  folder = await mkdtemp(join(tmpdir(), 'holdfast-varnish-'));
  port = await freePort();
  const [program = '', ...options] = await commandFor(folder, origin.url);
  varnish = startProgram(join(folder, 'log'), program, options);
  await ready(varnish, async () => (await ask('/up').catch(() => 0)) === 200, START_MS);
});

test.after(async () => {
  await varnish.stop();
  await origin.close();
  await rm(folder, { recursive: true });
});

/** Asks for each path and tells which of them had to be fetched from behind Varnish. */
async function fetched(paths: readonly string[]): Promise<readonly string[]> {
  origin.seen.length = 0;
  for (const path of paths) assert.is(await ask(path), 200);
  // It looks after the file server's health meanwhile.
  return origin.seen.map(({ path }) => path).filter((path) => paths.includes(path));
}

const PATHS = ['/', '/a/', '/a', '/b/', '/b/c/', '/caf%C3%A9/', '/a.css', '/axcss'];

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

test('a ban takes its pages and no other', async () => {
  const ban = http({ method: 'BAN' });
  assert.equal(await ban.purge({ paths: ['/a/', '/a', '/a.css'], prefixes: [] }, signal), { kind: 'done' });
  assert.equal(await fetched(PATHS), ['/a/', '/a', '/a.css']);
});

for (const method of ['PURGE', 'BAN'] as const)
  test(`a query changes nothing of what is published, so a ${method} takes every query of a page with it`, async () => {
    assert.equal(await fetched(['/a/?utm_source=x']), []);
    assert.equal(await http({ method }).purge({ paths: ['/a/'], prefixes: [] }, signal), { kind: 'done' });
    assert.equal(await fetched(['/a/?utm_source=x', '/a/']), ['/a/?utm_source=x']);
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
  assert.equal(await fetched(PATHS), ['/a/', '/b/']);
});

test('another host is nobody’s: it is neither served nor purged', async () => {
  assert.is(await ask('/a/', { host: 'other.example.org' }), 421);
  assert.is(await ask('/a/', { method: 'PURGE', host: 'other.example.org' }), 421);
  assert.equal(await fetched(PATHS), []);
});

test('nobody else may purge', async () => {
  assert.is(await ask('/a/', { method: 'PURGE', from: '127.0.0.2' }), 405);
  assert.is(await ask('/a/', { method: 'BAN', from: '127.0.0.2' }), 405);
  assert.equal(await fetched(PATHS), []);
});

test.run();
