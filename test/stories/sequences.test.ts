// takes: 16 s
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('what a sequence of runs comes to');
let site: ScriptedSite;
/** Published once; each test works on a copy of it, or begins anew. */
let original: Project;
let project: Project;

const PATHS = ['/', '/a/', '/b/', '/c/', '/d/', '/e/', '/f/', '/g/'];
const hot = { name: 'hot', paths: PATHS, every: '1h' };
const well = (path: string, inside = `<p>All is well at ${path}</p>`, head = '') => page(`Page ${path}`, inside, head);
const there = (path: string) => existsSync(join(project.current, path));
const XML = { 'content-type': 'application/xml' };
const urlset = (paths: readonly string[]) =>
  `<urlset>${paths.map((path) => `<url><loc>${site.url}${path}</loc></url>`).join('')}</urlset>`;

test.before(async () => {
  site = await startSite(Object.fromEntries(PATHS.map((path) => [path, well(path)])));
  original = await openProject(smallConfig(site.url, { lanes: [hot] }));
  await original.publish('--now');
});

test.before.each(async () => {
  site.reset();
  project = await original.copy();
});

test.after.each(() => project.close());

test.after(async () => {
  await site.close();
  await original.close();
});

/** For a test whose first publish is of another site, or by another configuration. */
async function beginAnew(more: Partial<HoldfastConfig> = {}): Promise<void> {
  await project.close();
  project = await openProject(smallConfig(site.url, { lanes: [hot], ...more }));
}

test('a server that answers everything with plain text replaces no page', async () => {
  site.trouble = { headers: { 'content-type': 'text/plain' }, body: 'Down for maintenance' };
  const { exit, json } = await project.publish('--now');
  assert.is(exit, 3);
  assert.is(json.pages.kept, PATHS.length);
  assert.is(json.changed, false);
});

test('a whole site that redirects to one page loses nothing: kept, then refused', async () => {
  for (const path of PATHS) site.pages.set(path, { status: 302, headers: { location: '/maintenance/' } });
  site.pages.set('/maintenance/', page('Soon', 'We will be back soon.'));
  const once = await project.publish('--now');
  assert.is(once.exit, 3);
  assert.is(once.json.pages.kept, PATHS.length);
  const twice = await project.publish('--now');
  assert.is(twice.exit, 5);
  for (const path of PATHS) assert.match(await project.read(`${path.slice(1)}index.html`), `All is well at ${path}`);
});

test('a page that moved becomes a redirect at its second look, to a page that is there', async () => {
  site.pages.set('/a/', { status: 301, headers: { location: '/new/' } });
  site.pages.set('/new/', well('/new/'));
  assert.is((await project.publish('--now')).exit, 3);
  assert.match(await project.read('a/index.html'), 'All is well at /a/');
  const second = await project.publish('--now');
  assert.is(second.exit, 0, second.stderr);
  assert.match(await project.read('a/index.html'), 'https://www.example.org/new/');
  assert.match(await project.read('new/index.html'), 'All is well at /new/');
  const marker = `a/.index.html.301-${hash('sha256', 'https://www.example.org/new/').slice(0, 12)}`;
  assert.ok(there(marker));
  site.pages.set('/a/', well('/a/'));
  await project.publish('--now');
  assert.match(await project.read('a/index.html'), 'All is well at /a/');
  assert.not.ok(there(marker));
});

test('a page that redirects to itself or to a login elsewhere is never published as a redirect', async () => {
  site.pages.set('/a/', { status: 301, headers: { location: `${site.url}/a/` } });
  site.pages.set('/b/', { status: 302, headers: { location: 'https://sso.example.net/login?state=SECRETNONCE' } });
  await project.publish('--now');
  const { stderr } = await project.publish('--now');
  assert.match(stderr, /\/a\/ redirect-loop/);
  assert.match(await project.read('a/index.html'), 'All is well at /a/');
  assert.not.ok(there('b/index.html'), 'a page behind a login is private');
  assert.not.match(stderr, 'SECRETNONCE');
});

test('a lane of one page is not taken down with its origin', async () => {
  await beginAnew({ lanes: [{ name: 'hot', paths: ['/'], every: '1h' }], gate: { maxKept: '10ms' } });
  await project.publish('--now');
  for (const status of [403, 404, 500]) {
    site.trouble = { status, body: 'no' };
    for (let count = 0; count < 3; count++) assert.is((await project.publish('--now')).exit, 3, `${status}`);
    assert.match(await project.read('index.html'), 'All is well at /');
  }
});

test('a first publish of an origin in trouble releases nothing', async () => {
  await beginAnew();
  site.trouble = { status: 500, body: 'broken' };
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 5, stderr);
  assert.match(stderr, 'nothing-to-release');
  assert.not.ok(existsSync(project.current));
});

test('a page that leaves a lane of the configuration stays with a lane that finds pages by itself', async () => {
  site.pages.set('/sitemap.xml', { headers: XML, body: urlset(['/a/', '/b/']) });
  const archive = { name: 'archive', sitemap: '/sitemap.xml', every: '1h' };
  await beginAnew({ lanes: [{ ...hot, paths: ['/', '/a/'] }, archive] });
  await project.publish('--now');
  await project.configure(
    smallConfig(site.url, {
      lanes: [
        { ...hot, paths: ['/'] },
        { ...archive, name: 'renamed' },
      ],
    }),
  );
  site.trouble = { status: 503, body: 'busy' };
  const { json } = await project.publish();
  assert.is(json.files.removed, 0);
  assert.ok(there('a/index.html') && there('b/index.html'));
});

test('what every lane excludes leaves the release', async () => {
  site.pages.set('/sitemap.xml', { headers: XML, body: urlset(['/a/', '/tag/b/']) });
  site.pages.set('/tag/b/', well('/tag/b/'));
  const archive = { name: 'archive', sitemap: '/sitemap.xml', every: '1h' };
  await beginAnew({ lanes: [archive] });
  await project.publish('--now');
  assert.ok(there('tag/b/index.html'));
  await project.configure(smallConfig(site.url, { lanes: [{ ...archive, exclude: ['/tag/**'] }] }));
  await project.publish('--now');
  assert.not.ok(there('tag/b/index.html'));
});

test('withdraw finds a page in either spelling, and a file that only pages refer to; it refuses what is not live', async () => {
  site.pages.set('/b/', well('/b/', '<a href="/report.pdf">report</a>'));
  site.pages.set('/report.pdf', { headers: { 'content-type': 'application/pdf' }, body: 'secret' });
  await project.publish('--now');
  assert.ok(there('report.pdf'));
  assert.is((await project.run(['withdraw', '/a'])).exit, 0);
  assert.not.ok(there('a/index.html'));
  assert.is((await project.run(['withdraw', '/report.pdf'])).exit, 0);
  assert.not.ok(there('report.pdf'));
  await project.publish('--now');
  assert.not.ok(there('a/index.html') || there('report.pdf'));
  const nothing = await project.run(['withdraw', '/nowhere/']);
  assert.is(nothing.exit, 2);
  assert.match(nothing.stderr, 'nothing is live');
});

test('a page taken down by hand stays down when the state is lost', async () => {
  await project.run(['withdraw', '/a/']);
  await rm(join(project.dir, '.holdfast'), { recursive: true });
  await project.publish('--now');
  assert.not.ok(there('a/index.html'));
  assert.ok(there('b/index.html'));
});

test('after a lost state a page that was made private is withdrawn, and a lane that is gone is refused', async () => {
  await rm(join(project.dir, '.holdfast'), { recursive: true });
  site.pages.set('/a/', { status: 403, body: page('No', 'Not for you') });
  await project.publish('--now');
  assert.ok(there('a/index.html'));
  await project.publish('--now');
  assert.not.ok(there('a/index.html'));
  await rm(join(project.dir, '.holdfast'), { recursive: true });
  for (const path of PATHS.slice(2)) site.pages.set(path, { status: 404, body: page('Gone', 'Gone') });
  assert.is((await project.publish('--now')).exit, 3);
  assert.is((await project.publish('--now')).exit, 5);
  assert.ok(there('c/index.html'));
});

test('a page that is smaller on purpose is believed once it has insisted for maxKept, or at once by --accept-shrink', async () => {
  const small = (path: string) =>
    page(path, 'short')
      .replace(/<p>The tide[\s\S]*<\/p>/, '<p>We have said less on purpose, and we mean it.</p>')
      .padEnd(700);
  await project.configure(smallConfig(site.url, { lanes: [hot], gate: { maxKept: '1s', minBytes: 100 } }));
  site.pages.set('/a/', small('/a/'));
  assert.is((await project.publish('--now')).exit, 3);
  await wait(1200);
  await project.publish('--now');
  const believed = await project.publish('--now');
  assert.is(believed.exit, 0, believed.stderr);
  assert.match(await project.read('a/index.html'), 'on purpose');
  site.pages.set('/b/', small('/b/'));
  assert.is((await project.publish('--now', '--accept-shrink')).exit, 0);
  assert.match(await project.read('b/index.html'), 'on purpose');
});

test('--accept-shrink lifts a refusal at the next run, as its hint says', async () => {
  for (const path of ['/a/', '/b/', '/c/']) site.pages.set(path, { status: 404, body: page('Gone', 'Gone') });
  await project.publish('--now');
  assert.is((await project.publish('--now')).exit, 5);
  const accepted = await project.publish('--accept-shrink');
  assert.is(accepted.exit, 0, accepted.stderr);
  assert.is(accepted.json.files.removed, 3);
});

test('an alias that is added later brings the pictures it names, although no page changed', async () => {
  site.pages.set('/a/', well('/a/', '<img src="http://cdn.example.org/i.png" alt="">'));
  site.pages.set('/i.png', { headers: { 'content-type': 'image/png' }, body: 'picture' });
  await project.publish('--now');
  assert.not.ok(there('i.png'));
  const config = smallConfig(site.url, { lanes: [hot] });
  await project.configure({ ...config, origin: { ...config.origin, aliases: ['cdn.example.org'] } });
  await project.publish('--now');
  assert.is(await project.read('i.png'), 'picture');
  assert.match(await project.read('a/index.html'), 'https://www.example.org/i.png');
});

test('a crawl that is added later finds what unchanged pages link to', async () => {
  site.pages.set('/', { headers: { etag: '"1"' }, body: well('/', '<a href="/deep/">deep</a>') });
  site.pages.set('/deep/', well('/deep/'));
  await project.publish('--now');
  await project.configure(smallConfig(site.url, { lanes: [hot, { name: 'rest', crawl: {}, every: '2h' }] }));
  await project.publish('--now');
  assert.ok(there('deep/index.html'));
});

test('one sitemap of several that cannot be read costs its own pages and exit 3; one that moved is followed', async () => {
  site.pages.set('/sitemap.xml', { status: 301, headers: { location: '/index.xml' } });
  const index = ['/one.xml', '/lost.xml', '/two.xml']
    .map((path) => `<sitemap><loc>${site.url}${path}</loc></sitemap>`)
    .join('');
  site.pages.set('/index.xml', { headers: XML, body: `<sitemapindex>${index}</sitemapindex>` });
  site.pages.set('/one.xml', { headers: XML, body: urlset(['/a/']) });
  site.pages.set('/two.xml', { headers: XML, body: urlset(['/b/']) });
  await beginAnew({ lanes: [{ name: 'all', sitemap: '/sitemap.xml', every: '1h' }] });
  const { exit, json } = await project.publish('--now');
  assert.is(exit, 3);
  assert.ok(json.warnings.some(({ code, text }) => code === 'discovery-failed' && text.includes('/lost.xml')));
  assert.ok(there('a/index.html') && there('b/index.html'));
});

test('a header that forbids indexing takes effect although the page is the same', async () => {
  site.pages.set('/a/', { headers: { 'x-robots-tag': 'noindex' }, body: well('/a/') });
  await project.publish('--now');
  assert.match(await project.read('a/index.html'), '<meta name="robots" content="noindex">');
});

test('pictures that no page shows any more are not asked for any more', async () => {
  site.pages.set('/a/', well('/a/', '<img src="/old.png" alt="">'));
  site.pages.set('/old.png', { headers: { 'content-type': 'image/png' }, body: 'old' });
  await project.publish('--now');
  site.pages.set('/a/', well('/a/'));
  await project.publish('--now');
  site.hits();
  await project.publish('--now');
  assert.not.ok(site.hits().includes('/old.png'));
  assert.ok(there('old.png'), 'it stays for visitors who came before');
});

test('a listed page that never succeeded is told, with exit 3', async () => {
  site.pages.set('/sitemap.xml', { headers: XML, body: urlset(['/a/', '/sick/']) });
  site.pages.set('/sick/', { status: 500, body: 'broken' });
  await beginAnew({ lanes: [{ name: 'all', sitemap: '/sitemap.xml', every: '1h' }] });
  const { exit, json, stderr } = await project.publish('--now');
  assert.is(json.pages.failed, 1);
  assert.is(exit, 3);
  assert.match(stderr, 'failed: /sick/');
});

test('a stylesheet that turns empty or into plain text stays as it was, with exit 3', async () => {
  site.pages.set('/a/', well('/a/', 'styled', '<link rel="stylesheet" href="/s.css">'));
  site.pages.set('/s.css', { headers: { 'content-type': 'text/css' }, body: 'body { color: teal }' });
  await project.publish('--now');
  for (const answer of [
    { headers: { 'content-type': 'text/css' }, body: '' },
    { headers: { 'content-type': 'text/plain' }, body: 'Down for maintenance' },
  ]) {
    site.pages.set('/s.css', answer);
    assert.is((await project.publish('--now')).exit, 3);
    assert.is(await project.read('s.css'), 'body { color: teal }');
  }
});

test('pages that went away and that nothing lists are not asked for again', async () => {
  site.pages.set('/sitemap.xml', { headers: XML, body: urlset(['/a/', '/b/']) });
  await beginAnew({ lanes: [{ name: 'all', sitemap: '/sitemap.xml', every: '1h' }] });
  await project.publish('--now');
  site.pages.set('/sitemap.xml', { headers: XML, body: urlset(['/a/']) });
  site.pages.delete('/b/');
  for (let count = 0; count < 2; count++) await project.publish('--now');
  assert.not.ok(there('b/index.html'));
  await project.publish('--now');
  site.hits();
  await project.publish('--now');
  assert.not.ok(site.hits().includes('/b/'));
});

test.run();
