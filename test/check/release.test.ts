import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Finding } from '../../src/check/finding.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('a check of what is live');

let site: ScriptedSite;
let project: Project;
let edge: Server;

const config = (more: Parameters<typeof smallConfig>[1] = {}) =>
  smallConfig(site.url, {
    site: { name: 'Tide pools', url: `http://127.0.0.1:${(edge.address() as AddressInfo).port}` },
    lanes: [
      { name: 'hot', paths: ['/', '/news/'], every: '1m' },
      { name: 'archive', crawl: { from: ['/'] }, every: '1h' },
    ],
    analytics: [{ use: 'pixel' }],
    ...more,
  });

/** A web server that serves the mirror as a generated configuration would. */
async function serve(url: string): Promise<{ status: number; type: string; body: Buffer }> {
  const file = url.endsWith('/') ? `${url}index.html` : url;
  const type = file.endsWith('.json') ? 'application/json' : file.endsWith('.txt') ? 'text/plain' : 'text/html';
  const read = (path: string) => readFile(join(project.current, path));
  const found = await read(file).catch(() => undefined);
  if (found !== undefined) return { status: 200, type, body: found };
  return { status: 404, type: 'text/html', body: await read('404.html') };
}

test.before(async () => {
  edge = createServer((request, response) => {
    const { url = '/' } = request;
    const caching = url.startsWith('/_holdfast/') ? 'no-store' : 'max-age=60';
    void serve(url).then(({ status, type, body }) =>
      response.writeHead(status, { 'content-type': type, 'cache-control': caching }).end(body),
    );
  });
  await new Promise<void>((resolve) => edge.listen(0, '127.0.0.1', resolve));
  site = await startSite({
    '/': page('Home', '<a href="/news/">News</a> <a href="/old/">Old</a> <a href="/moved/">Moved</a>'),
    '/news/': page('News', '<img src="/tide.png"> <a href="/old/">Old</a>'),
    '/moved/': (_request, response) => void response.writeHead(301, { location: '/news/' }).end(),
  });
  project = await openProject(config());
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 0, stderr);
});

test.after(async () => {
  await project.close();
  await site.close();
  edge.close();
});

async function checked(): Promise<{
  exit: number | null;
  findings: readonly Finding[];
  of: (concern: string) => readonly string[];
}> {
  const { exit, stdout, stderr } = await project.run(['check', '--json']);
  assert.is(stderr, '');
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
  const of = (concern: string) =>
    findings.filter((one) => one.concern === concern).map(({ level, text }) => `${level}: ${text}`);
  return { exit, findings, of };
}

test('links that lead nowhere, files that are missing, analytics, redirects, the public address and the schedule are all told', async () => {
  const { exit, findings, of } = await checked();
  const lists = findings.flatMap(({ list = [] }) => list);
  assert.equal(lists.slice(0, 2), [
    { what: '/old/ (gone: answered 404)', on: ['/', '/news/'], pages: 2 },
    { what: '/tide.png', on: ['/news/'], pages: 1 },
  ]);
  assert.match(of('links').at(1) ?? '', /^fail: 1 page linked that the release lacks \(2 links\)$/);
  assert.match(of('links').at(2) ?? '', /^fail: 1 image or other file linked that the release lacks \(1 link\)$/);
  assert.match(of('analytics').join(), /ok: each of \d+ pages of the release carries each analytics once/);
  assert.equal(of('redirects'), ['ok: 1 redirect']);
  assert.match(
    of('edge').at(0) ?? '',
    /^ok: \S+ answers as generated: the origin's state, the front page, robots\.txt, the holding page busy, a page that is not there$/,
  );
  assert.match(
    of('edge').slice(1).join(),
    /^warn: redirects still answered by small pages: 1 of 1 asked for, as \/[^,]+$/,
  );
  assert.match(of('schedule').join(), /^ok: the last run ended \d+ s ago/);
  assert.match(of('disk').join(), /^ok: the state: /);
  assert.is(of('clock').length, 2);
  assert.is(exit, 1, 'two of three links lead nowhere');
});

test('a release that is older than its configuration is told: pages lack what counts, the edge lacks its holding page', async () => {
  await project.configure(
    config({ analytics: [{ use: 'plausible', domain: 'example.org' }], edge: { holding: 'storm' } }),
  );
  const { of } = await checked();
  assert.match(of('analytics').join('\n'), /fail: \d+ pages of \d+ are not counted as configured/);
  assert.match(of('holding').join('\n'), /fail: there is no holding page storm: edge\.holding names it/);
  await project.configure(config());
});

test('a whole table fits a narrow pipe as it fits a wide one: a line a finding, no colours', async () => {
  const { stdout } = await project.run(['check']);
  assert.not.match(stdout, /\u001b/);
  assert.match(stdout, /^ok {7}config {7}/m);
  assert.match(stdout, /^ {24}\/old\/ \(gone: answered 404\) on \/, \/news\/$/m);
  assert.match(stdout, /^\d+ ok, \d+ warnings?, \d+ failures?\n$/m);
});

test.run();
