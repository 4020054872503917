// takes: 9 s
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { PROVIDERS } from '../render/providers.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('publishing a small site');
let site: ScriptedSite;
/** Published once; each test works on a copy of it. */
let original: Project;
let first: Awaited<ReturnType<Project['publish']>>;
let project: Project;

test.before(async () => {
  site = await startSite({
    '/': page(
      'Home',
      '<a href="/news/">News</a><img src="/pool.png?ver=1" alt="">',
      '<link rel="stylesheet" href="/style.css?ver=2">',
    ),
    '/news/': page('News', '<p>Low water at nine.</p>'),
    '/style.css': {
      headers: { 'content-type': 'text/css', etag: '"s1"' },
      body: 'body { background: url("/bg.svg") }',
    },
    '/bg.svg': { headers: { 'content-type': 'image/svg+xml' }, body: '<svg xmlns="http://www.w3.org/2000/svg"/>' },
    '/pool.png': { headers: { 'content-type': 'image/png' }, body: Buffer.from('not really a picture') },
  });
  const lanes = [{ name: 'hot', paths: ['/', '/news/'], every: '1h' }];
  original = await openProject(smallConfig(site.url, { lanes }));
  first = await original.publish('--now');
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

/** For a test that publishes for the first time. */
async function beginAnew(config: HoldfastConfig): Promise<void> {
  await project.close();
  project = await openProject(config);
}

test('the pages, their assets and the composed pages are there, whole', async () => {
  const { exit, json, stderr } = first;
  assert.is(exit, 0, stderr);
  assert.equal(json.pages, { captured: 2, unchanged: 0, kept: 0, failed: 0, gone: 0 });
  for (const path of [
    'index.html',
    'news/index.html',
    'style.css',
    'bg.svg',
    'pool.png',
    '404.html',
    'robots.txt',
    '_holdfast/holding.json',
    '_holdfast/origin.json',
    ...['busy', 'launch', 'maintenance', 'not-found', 'not-kept', 'received'].map(
      (name) => `_holdfast/holding/${name}.html`,
    ),
  ]) {
    assert.ok(existsSync(join(project.current, path)), path);
  }
  assert.match(await project.read('news/index.html'), 'Low water at nine.');
});

test('a second publish with nothing new asks for little, writes nothing and says so', async () => {
  const before = await snapshotOf(project);
  const { exit, json } = await project.publish('--now');
  assert.is(exit, 0);
  assert.is(json.changed, false);
  assert.equal(json.files, { added: 0, changed: 0, removed: 0, same: json.files.same });
  assert.equal(json.destinations, [{ name: 'mirror', put: 0, deleted: 0, bytes: 0, requests: 0 }]);
  assert.equal(await snapshotOf(project), before);
  assert.is(site.hits().length, json.origin.requests);
  const said = await project.run(['publish', '--now']);
  assert.match(said.stdout, 'nothing new');
});

test('when no lane is due the origin is not asked at all', async () => {
  const { exit, json } = await project.publish();
  assert.is(exit, 0);
  assert.equal(site.hits(), []);
  assert.equal(json.origin, { requests: 0, seconds: 0, ease: 1 });
});

test('an edit puts that page and nothing else', async () => {
  site.pages.set('/news/', page('News', '<p>High water at three.</p>'));
  const { json } = await project.publish('--now');
  assert.equal(json.files, { added: 0, changed: 1, removed: 0, same: first.json.files.added - 1 });
  assert.equal(json.pages, { captured: 1, unchanged: 1, kept: 0, failed: 0, gone: 0 });
  assert.is(json.previous, first.json.release);
  assert.match(await project.read('news/index.html'), 'High water at three.');
});

test('an edited template goes live although no lane is due', async () => {
  await project.run(['publish']);
  await mkdir(join(project.dir, 'content'));
  await writeFile(join(project.dir, 'content/tides.md'), '---\ntitle: Tides today\n---\nNine and three.\n');
  const { json } = await project.publish();
  assert.equal(site.hits(), []);
  assert.ok(json.changed);
  assert.match(await project.read('tides/index.html'), 'Nine and three.');
});

test('a broken template fails the run with file and line, and the live release stays', async () => {
  const before = await snapshotOf(project);
  await mkdir(join(project.dir, 'content'));
  await writeFile(join(project.dir, 'content/tides.md'), '---\ntitle: Tides\n---\nfine\n\n{% if %}\n');
  const ran = await project.run(['publish']);
  assert.is(ran.exit, 1);
  assert.match(ran.stderr, /template-broken/);
  assert.match(ran.stderr, /tides\.md/);
  assert.equal(await snapshotOf(project), before);
});

test('a dry run prints the plan with a reason a file, and puts nothing', async () => {
  const before = await snapshotOf(project);
  site.pages.set('/news/', page('News', '<p>Changed.</p><img src="/new.png" alt="">'));
  site.pages.set('/new.png', { headers: { 'content-type': 'image/png' }, body: 'x' });
  const { exit, stdout } = await project.run(['publish', '--now', '--dry-run']);
  assert.is(exit, 0);
  assert.match(stdout, 'mirror: put news/index.html (bytes differ)');
  assert.match(stdout, 'mirror: put new.png (not there)');
  assert.match(stdout, /would put 2/);
  assert.equal(await snapshotOf(project), before);
});

test('--only looks at what matches and keeps the rest of the release', async () => {
  site.pages.set('/', page('Home', 'changed home'));
  site.pages.set('/news/', page('News', 'changed news'));
  site.hits();
  const { json } = await project.publish('--only', '/news/**');
  assert.equal(site.hits(), ['/news/']);
  assert.is(json.files.changed, 1);
  assert.not.match(await project.read('index.html'), 'changed home');
  assert.match(await project.read('news/index.html'), 'changed news');
});

test('--only for a page that no lane holds is a usage error', async () => {
  const { exit, stderr } = await project.run(['publish', '--only', '/nowhere/']);
  assert.is(exit, 2);
  assert.match(stderr, '/nowhere/');
});

test('--to a destination that is not there is a usage error that names those that are', async () => {
  const { exit, stderr } = await project.run(['publish', '--now', '--to', 'cdn']);
  assert.is(exit, 2);
  assert.match(stderr, /there is mirror/);
  assert.equal(site.hits(), []);
});

test('--force mends a mirror that somebody damaged by hand', async () => {
  const path = join(project.current, 'news/index.html');
  await rm(path);
  await project.publish('--now');
  assert.not.ok(existsSync(path), 'an ordinary publish trusts what it wrote');
  const { exit, json } = await project.publish('--force');
  assert.is(exit, 0);
  assert.is(json.files.changed, json.files.same + json.files.changed);
  assert.match(await project.read('news/index.html'), 'Low water at nine.');
});

test('--force finds a byte that a disk has changed, and mends it', async () => {
  const path = join(project.current, 'news/index.html');
  await writeFile(path, (await readFile(path, 'utf8')).replace('nine', 'five'));
  await project.publish('--force');
  assert.match(await project.read('news/index.html'), 'Low water at nine.');
});

test('two destinations get the same release; one that cannot be written is named, and the other goes live', async () => {
  const destinations = [
    { use: 'mirror' as const, name: 'near', dir: 'mirror' },
    { use: 'mirror' as const, name: 'far', dir: 'blocked/mirror' },
  ];
  await beginAnew(smallConfig(site.url, { destinations }));
  await writeFile(join(project.dir, 'blocked'), 'a file where a folder should be');
  const { exit, stderr } = await project.run(['publish', '--now']);
  assert.is(exit, 1);
  assert.match(stderr, /publish far: .*destination-unwritable/);
  assert.match(await project.read('index.html'), 'Home');
});

test('a mirror of another environment is refused with exit 5 and nothing written', async () => {
  const before = await snapshotOf(project);
  await project.configure({ ...smallConfig(site.url), environments: { staging: {} } });
  const { exit, stderr } = await project.run(['publish', '--now', '--env', 'staging']);
  assert.is(exit, 5);
  assert.match(stderr, 'destination-foreign');
  assert.equal(await snapshotOf(project), before);
});

test('every environment but production is noindex on each page with a closed robots.txt; production has none of it', async () => {
  site.pages.set('/robots.txt', {
    headers: { 'content-type': 'text/plain' },
    body: `User-agent: *\nAllow: /\nSitemap: ${site.url}/sitemap.xml\n`,
  });
  await beginAnew(smallConfig(site.url));
  await project.publish('--now');
  assert.not.match(await project.read('index.html'), 'noindex');
  assert.is(
    await project.read('robots.txt'),
    'User-agent: *\nAllow: /\nSitemap: https://www.example.org/sitemap.xml\n',
  );
  await project.configure({
    ...smallConfig(site.url),
    environments: { staging: { destinations: [{ use: 'mirror', dir: 'staged' }] } },
  });
  await project.spawn(['publish', '--now'], { HOLDFAST_ENV: 'staging' });
  const staged = join(project.dir, 'staged/current');
  assert.is(await readFile(join(staged, 'robots.txt'), 'utf8'), 'User-agent: *\nDisallow: /\n');
  for (const path of (await readdir(staged, { recursive: true })).filter((name) => name.endsWith('.html'))) {
    assert.match(await readFile(join(staged, path), 'utf8'), /<meta name="robots" content="[^"]*noindex/, path);
  }
});

test('a page taken down by hand is gone at once and stays away until it may come back', async () => {
  const down = await project.run(['withdraw', '/news/']);
  assert.is(down.exit, 0, down.stderr);
  assert.equal(site.hits(), []);
  assert.not.ok(existsSync(join(project.current, 'news/index.html')));
  await project.publish('--now');
  assert.not.ok(existsSync(join(project.current, 'news/index.html')));
  assert.not.ok(site.hits().includes('/news/'));
  await project.run(['withdraw', '/news/', '--undo']);
  assert.ok(existsSync(join(project.current, 'news/index.html')));
});

test('status and releases tell what is live, since when, and how old each lane is', async () => {
  site.pages.set('/news/', page('News', 'second'));
  const second = await project.publish('--now');
  const releases = await project.run(['releases']);
  const lines = releases.stdout.trim().split('\n');
  assert.match(lines[0] ?? '', `${second.json.release}`);
  assert.match(lines[0] ?? '', 'live');
  assert.match(lines[1] ?? '', `${first.json.release}`);
  assert.not.match(lines[1] ?? '', 'live');
  const status = await project.run(['status', '--json']);
  const told = JSON.parse(status.stdout);
  assert.is(told.destinations[0].live, second.json.release);
  assert.ok(Date.now() - Date.parse(told.destinations[0].since) < 60_000);
  assert.is(told.lanes[0].state, 'fresh');
  const { requests, ...origin } = second.json.origin;
  assert.equal([told.lastRun.requests, told.lastRun.origin], [requests, origin]);
  assert.ok(origin.seconds > 0);
  assert.ok(told.lanes[0].ageSeconds < 60);
});

/** One for each provider. */
const MARKS = [
  'data-domain="example.org"',
  '/_holdfast/pixel.gif?',
  'Matomo.getTracker("https://stats.example.net/matomo/matomo.php",7)',
  'data-goatcounter="https://example.goatcounter.com/count"',
  'data-website-id="94db1cb1-74f4-4a40-ad6c-962362670409"',
  'gtag("config","G-ABC123XYZ9",',
  'count("UA-1"',
];

test('each visitor is counted once: every HTML file carries each analytics exactly once', async () => {
  site.pages.set('/old/', { status: 301, headers: { location: '/news/' } });
  await beginAnew(
    smallConfig(site.url, {
      lanes: [{ name: 'hot', paths: ['/', '/old/'], every: '1m' }],
      analytics: PROVIDERS.map(({ config }) => config),
    }),
  );
  await project.publish('--now');
  const pages = (await readdir(project.current, { recursive: true })).filter((name) => name.endsWith('.html'));
  const followed = [...pages, 'news/index.html', 'old/index.html', '_holdfast/holding/busy.html'];
  for (const path of new Set(followed)) {
    const html = await project.read(path);
    for (const mark of MARKS) assert.is(html.split(mark).length, 2, `${mark} in ${path}`);
  }
  assert.ok(existsSync(join(project.current, '_holdfast/pixel.gif')));
});

test('a page that nobody would be counted on fails the publish, which names it, and what was live stays', async () => {
  await beginAnew(smallConfig(site.url));
  assert.is((await project.publish('--now')).exit, 0);
  const before = await snapshotOf(project);
  const inTemplate = '<template><img src="abcd"></template>';
  await project.configure(
    smallConfig(site.url, { analytics: [{ use: 'custom', name: 'x', marker: 'abcd', body: inTemplate }] }),
  );
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 1);
  assert.match(stderr, /[\w/]+\.html does not carry the analytics custom \(x\)/);
  assert.is(await snapshotOf(project), before);
});

/** Everything a visitor can get, with the name of the tree it comes from. */
async function snapshotOf({ current }: Project): Promise<string> {
  return `${await readlink(current)} ${(await readdir(current, { recursive: true })).sort().join(' ')}`;
}

test.run();
