// takes: 25 s
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { builtPath } from '../support/built.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('lanes');
let site: ScriptedSite;
let project: Project;

const XML = { 'content-type': 'application/xml' };
const sitemap = (paths: readonly string[]) =>
  `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${paths.map((path) => `<url><loc>${site.url}${path}</loc></url>`).join('')}</urlset>`;

test.before.each(async () => {
  site = await startSite({ '/': page('Home', 'home') });
  project = await openProject(smallConfig(site.url));
});

test.after.each(async () => {
  await site.close();
  await project.close();
});

test('a page in two lanes belongs to the faster one, and is looked at once', async () => {
  site.pages.set('/news/', page('News', 'news'));
  site.pages.set('/sitemap.xml', { headers: XML, body: sitemap(['/', '/news/', '/old/']) });
  site.pages.set('/old/', page('Old', 'old'));
  const lanes = [
    { name: 'archive', sitemap: '/sitemap.xml', every: '1h' },
    { name: 'hot', paths: ['/', '/news/'], every: '100ms' },
  ];
  await project.configure(smallConfig(site.url, { lanes }));
  await project.publish('--now');
  const hits = site.hits();
  assert.is(hits.filter((path) => path === '/news/').length, 1);
  await wait(150);
  await project.publish();
  const again = site.hits();
  assert.ok(again.includes('/news/'));
  assert.not.ok(again.includes('/old/'), 'the archive is not due');
});

test('a lane is due when nine tenths of its interval have passed since its last look began', async () => {
  await project.configure(smallConfig(site.url, { lanes: [{ name: 'hot', paths: ['/'], every: '2500ms' }] }));
  await project.publish('--now');
  const before = Date.now();
  await project.publish('--now');
  const looked = Date.now();
  site.hits();
  await project.publish();
  assert.ok(Date.now() - before < 2000, 'the machine is too slow for this test');
  assert.equal(site.hits(), []);
  await wait(looked + 2400 - Date.now());
  await project.publish();
  assert.equal(site.hits(), ['/']);
});

test('sitemaps are found through robots.txt, followed through an index, unpacked, and published with the public address', async () => {
  site.pages.set('/robots.txt', {
    headers: { 'content-type': 'text/plain' },
    body: `User-agent: *\nSitemap: ${site.url}/maps.xml\n`,
  });
  const index = `<sitemapindex><sitemap><loc>${site.url}/one.xml</loc></sitemap><sitemap><loc>${site.url}/two.xml.gz</loc></sitemap></sitemapindex>`;
  site.pages.set('/maps.xml', { headers: XML, body: index });
  site.pages.set('/one.xml', { headers: XML, body: sitemap(['/a/', '/a/?print=1']) });
  site.pages.set('/two.xml.gz', {
    headers: { 'content-type': 'application/gzip' },
    body: gzipSync(sitemap(['/b/', '/skip/me/'])),
  });
  for (const path of ['/a/', '/b/', '/skip/me/']) site.pages.set(path, page(path, path));
  await project.configure(
    smallConfig(site.url, { lanes: [{ name: 'all', sitemap: true, every: '1h', exclude: ['/skip/**'] }] }),
  );
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 0, stderr);
  const hits = site.hits();
  assert.not.ok(hits.some((path) => path.includes('?') || path.includes('skip')));
  assert.ok(existsSync(join(project.current, 'b/index.html')));
  assert.match(await project.read('one.xml'), 'https://www.example.org/a/');
  assert.not.match(await project.read('one.xml'), site.host);
});

test('a crawl follows links of the same site to its depth, and never a query', async () => {
  site.pages.set(
    '/',
    page(
      'Home',
      '<a href="/one/">1</a> <a href="/?s=search">s</a> <a href="https://elsewhere.example/x/">x</a> <a href="/one/?replytocom=4#respond">r</a>',
    ),
  );
  site.pages.set('/one/', page('One', '<a href="/two/">2</a>'));
  site.pages.set('/two/', page('Two', '<a href="/three/">3</a>'));
  site.pages.set('/three/', page('Three', 'too deep'));
  await project.configure(smallConfig(site.url, { lanes: [{ name: 'all', crawl: { depth: 2 }, every: '1h' }] }));
  const { json } = await project.publish('--now');
  const hits = site.hits();
  assert.ok(hits.includes('/two/'));
  assert.not.ok(hits.includes('/three/'));
  const [warning, ...more] = json.warnings;
  assert.equal([warning?.code, warning?.path, more], ['lane-over-depth', 'all', []]);
  assert.match(warning?.text ?? '', '/three/');
  assert.equal(
    hits.filter((path) => path.includes('?')),
    [],
  );
});

test('a crawl goes on from pages that a faster lane holds, and leaves looking at them to it', async () => {
  site.pages.set('/', page('Home', '<a href="/one/">1</a>'));
  site.pages.set('/one/', page('One', '<a href="/two/">2</a>'));
  site.pages.set('/two/', page('Two', 'two'));
  const lanes = [
    { name: 'hot', paths: ['/', '/one/'], every: '1m' },
    { name: 'all', crawl: {}, every: '1h' },
  ];
  await project.configure(smallConfig(site.url, { lanes }));
  const { json } = await project.publish('--now');
  assert.is(json.pages.captured, 3);
  assert.is(site.hits().filter((path) => path === '/').length, 1);
  assert.match(await project.read('two/index.html'), 'two');
});

test('a second pass of a crawl finds what an unchanged page links to', async () => {
  site.pages.set('/', { headers: { etag: '"home"' }, body: page('Home', '<a href="/one/">1</a>') });
  site.pages.set('/one/', { headers: { etag: '"one"' }, body: page('One', '<a href="/two/">2</a>') });
  site.pages.set('/two/', page('Two', 'two'));
  await project.configure(smallConfig(site.url, { lanes: [{ name: 'all', crawl: {}, every: '1h' }] }));
  await project.publish('--now');
  site.hits();
  const { json } = await project.publish('--now');
  assert.equal(json.pages, { captured: 0, unchanged: 3, kept: 0, failed: 0, gone: 0 });
});

test('more pages than the limit are named in a warning and not looked at', async () => {
  const paths = Array.from({ length: 12 }, (_, index) => `/p/${index}/`);
  for (const path of paths) site.pages.set(path, page(path, path));
  site.pages.set('/sitemap.xml', { headers: XML, body: sitemap(paths) });
  await project.configure(
    smallConfig(site.url, { lanes: [{ name: 'all', sitemap: '/sitemap.xml', every: '1h', limit: 10 }] }),
  );
  const { json } = await project.publish('--now');
  assert.equal(
    json.warnings.map(({ code, path }) => [code, path]),
    [['lane-over-limit', 'all']],
  );
  assert.is(site.hits().filter((path) => path.startsWith('/p/')).length, 10);
});

test('a page that left the sitemap stays until it says that it is gone', async () => {
  site.pages.set('/sitemap.xml', { headers: XML, body: sitemap(['/a/', '/b/']) });
  for (const path of ['/a/', '/b/']) site.pages.set(path, page(path, path));
  await project.configure(smallConfig(site.url, { lanes: [{ name: 'all', sitemap: '/sitemap.xml', every: '1h' }] }));
  await project.publish('--now');
  site.pages.set('/sitemap.xml', { headers: XML, body: sitemap(['/a/']) });
  await project.publish('--now');
  assert.ok(existsSync(join(project.current, 'b/index.html')));
  site.pages.delete('/b/');
  await project.publish('--now');
  await project.publish('--now');
  assert.not.ok(existsSync(join(project.current, 'b/index.html')));
});

test('a sitemap that cannot be read costs nothing but a warning', async () => {
  site.pages.set('/sitemap.xml', { headers: XML, body: sitemap(['/a/']) });
  site.pages.set('/a/', page('A', 'first'));
  await project.configure(smallConfig(site.url, { lanes: [{ name: 'all', sitemap: '/sitemap.xml', every: '1h' }] }));
  await project.publish('--now');
  site.pages.set('/sitemap.xml', { status: 500 });
  site.pages.set('/a/', page('A', 'second'));
  const { json } = await project.publish('--now');
  assert.ok(json.warnings.some(({ path }) => path === '/sitemap.xml'));
  assert.match(await project.read('a/index.html'), 'second');
});

test('while a long lane is looked at, a hot lane that falls due is looked at and live between its slices', async () => {
  const paths = Array.from({ length: 1010 }, (_, index) => `/p/${index}/`);
  for (const path of paths) site.pages.set(path, page(path, path));
  let looks = 0;
  site.pages.set('/', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(page('Home', `look ${++looks}`));
  });
  site.pages.set('/sitemap.xml', { headers: XML, body: sitemap(paths) });
  const lanes = [
    { name: 'hot', paths: ['/'], every: '50ms' },
    { name: 'tail', sitemap: '/sitemap.xml', every: '1h' },
  ];
  await project.configure(smallConfig(site.url, { lanes }));
  const { json, exit } = await project.publish('--now');
  assert.is(exit, 0);
  assert.ok(json.releases.length >= 3, `${json.releases.length} releases`);
  assert.ok(looks >= 3, `${looks} looks`);
  assert.match(await project.read('p/1009/index.html'), '/p/1009/');
  assert.ok(json.files.added > paths.length, 'what was added is told of all releases together');
  assert.equal([json.previous, json.files.changed, json.files.removed, json.files.same], [null, 0, 0, 0]);
  assert.ok(json.destinations.every(({ put }) => put >= json.files.added));
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`a pass ended by ${signal} goes on where it stopped, and the lock is no obstacle`, async () => {
    const paths = Array.from({ length: 700 }, (_, index) => `/p/${index}/`);
    for (const path of paths) site.pages.set(path, page(path, path));
    site.pages.set('/sitemap.xml', { headers: XML, body: sitemap(paths) });
    const config = smallConfig(site.url, { lanes: [{ name: 'tail', sitemap: '/sitemap.xml', every: '1h' }] });
    await project.configure(config);
    const child = spawn(process.execPath, [builtPath('cli/main'), 'publish', '--now'], {
      cwd: project.dir,
      stdio: 'ignore',
    });
    let asked = 0;
    while (asked < 540) {
      await wait(5);
      asked += site.hits().length;
      assert.is(child.exitCode, null, 'it ended too early');
    }
    child.kill(signal);
    await new Promise((resolve) => child.on('close', resolve));
    asked += site.hits().length;
    const { exit, json } = await project.publish();
    assert.is(exit, 0);
    const again = site.hits().filter((path) => path.startsWith('/p/')).length;
    assert.ok(again < 250, `${again} pages were asked for again after ${asked}`);
    assert.ok(json.release !== null);
    assert.match(await project.read('p/699/index.html'), '/p/699/');
    assert.match(await project.read('p/0/index.html'), '/p/0/');
  });
}

test('one run at a time: the second exits 4 at once and says who is at work', async () => {
  site.pages.set('/', (_request, response) => {
    setTimeout(() => response.writeHead(200, { 'content-type': 'text/html' }).end(page('Home', 'slow')), 1500);
  });
  const first = project.spawn(['publish', '--now']);
  while (!existsSync(join(project.dir, '.holdfast/production/lock'))) await wait(10);
  const second = await project.spawn(['publish', '--now']);
  assert.is(second.exit, 4);
  assert.match(second.stderr, 'locked');
  assert.is((await first).exit, 0);
});

test('captured bytes that the disk has damaged are asked for again, and never published', async () => {
  site.pages.set('/news/', { headers: { etag: '"n"' }, body: page('News', 'precious') });
  const lanes = [{ name: 'hot', paths: ['/', '/news/'], every: '1h' }];
  await project.configure(smallConfig(site.url, { lanes }));
  await project.publish('--now');
  await damageBlobs(project);
  await project.configure(smallConfig(site.url, { lanes, analytics: [{ use: 'pixel' }] }));
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 0, stderr);
  const html = await project.read('news/index.html');
  assert.match(html, 'precious');
  assert.match(html, 'pixel.gif');
});

/** Answers with a page only when `open` was called; `asked` resolves when it was asked for. */
function gate() {
  let open = (): void => undefined;
  let ask = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const script = ({ url = '' }: IncomingMessage, response: ServerResponse): void => {
    ask();
    void opened.then(() => response.writeHead(200, { 'content-type': 'text/html' }).end(page(url, 'text')));
  };
  return { script, open: () => open(), asked };
}

test('a withdrawal in the middle of a long pass is taken up by that run at its next slice, and is down before the pass ends', async () => {
  // A slice is 500 pages.
  const paths = Array.from({ length: 1001 }, (_, n) => `/p${n}/`);
  for (const path of paths) site.pages.set(path, page(path, 'text'));
  site.pages.set('/secret/', page('Secret', 'not for long'));
  site.pages.set('/sitemap.xml', { headers: XML, body: sitemap(['/secret/', ...paths]) });
  const lanes = [{ name: 'all', sitemap: '/sitemap.xml', every: '1h' }];
  await project.configure(smallConfig(site.url, { lanes }));
  await project.publish('--now');
  const [early, late] = [gate(), gate()];
  for (const path of paths.slice(0, 500)) site.pages.set(path, early.script);
  for (const path of paths.slice(500)) site.pages.set(path, late.script);
  const pass = project.publish('--now');
  await early.asked;
  const withdrawal = project.run(['withdraw', '/secret/']);
  while (!existsSync(join(project.dir, '.holdfast/production/withdrawals'))) await wait(20);
  early.open();
  await late.asked;
  const { exit, stdout, stderr } = await withdrawal;
  assert.is(exit, 0, stderr);
  assert.match(stdout, 'taken up by the run that is at work');
  while (existsSync(join(project.current, 'secret'))) await wait(50);
  assert.ok(existsSync(join(project.current, 'p1000')), 'the pass goes on');
  late.open();
  const ended = await pass;
  assert.is(ended.exit, 0, ended.stderr);
  assert.not(existsSync(join(project.current, 'secret')));
});

test('rendered bytes that the disk has damaged are made again before they are sent', async () => {
  await project.publish('--now');
  await damageBlobs(project);
  await rm(join(project.dir, 'mirror'), { recursive: true });
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 0, stderr);
  assert.match(await project.read('index.html'), 'home');
  assert.match(await project.read('404.html'), '</html>');
});

/** Puts other bytes wherever blobs lie; where they lie is still known. */
async function damageBlobs({ dir }: Project): Promise<void> {
  const blobs = join(dir, '.holdfast/production/blobs');
  let damaged = 0;
  for (const entry of await readdir(blobs, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'index') continue;
    const path = join(entry.parentPath, entry.name);
    const { size } = await stat(path);
    await writeFile(path, Buffer.alloc(size, 'damaged'));
    damaged += size;
  }
  assert.ok(damaged > 0, 'there was something to damage');
}

test.run();
