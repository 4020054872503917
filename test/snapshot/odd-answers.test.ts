// takes: 8 s
import { rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { LaneConfig } from '../../src/config/schema.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('answers that nobody expects');
const FEED = (end: string) =>
  `<?xml version="1.0"?><!-- <made> --><rss version="2.0"><channel>${'<item>x</item>'.repeat(9)}${end}`;
const XML = { 'content-type': 'application/rss+xml; charset=utf-8' };
const GZIP = gzipSync('<urlset><url><loc>/</loc></url></urlset>');
const PAGES = {
  '/': page('Home', '<img src="/i.png">'),
  '/base/': page('Base', '', '<base href="http://">'),
  '/mail/': { status: 302, headers: { location: 'mailto:editor@example.org' } },
  '/feed/': { headers: XML, body: FEED('</channel></rss>') },
  '/s.xml.gz': { headers: { 'content-type': 'application/gzip' }, body: GZIP.subarray(0, GZIP.length - 12) },
  '/i.png': { headers: { 'content-type': 'image/png' }, body: 'a picture' },
} as const;
const LANES = [
  { name: 'hot', paths: ['/'], every: '1ms' },
  { name: 'odd', paths: ['/base/', '/mail/', '/feed/'], every: '1h' },
  { name: 'map', sitemap: '/s.xml.gz', every: '1h' },
] as unknown as LaneConfig[];
let site: ScriptedSite;
let project: Project;

// One project for all, in their order: composing its pages takes longer than all the rest.
test.before(async () => {
  site = await startSite(PAGES);
  project = await openProject(smallConfig(site.url, { lanes: LANES, assets: { every: '1ms' } } as never));
});
test.after(async () => {
  await project?.close();
  await site?.close();
});

const isLive = (path: string) =>
  project.read(path).then(
    () => true,
    () => false,
  );

test('a base that is no address, a redirect to no page and a sitemap that is cut cost a line each, and no publish', async () => {
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 3);
  assert.match(stderr, '/mail/ status: redirects to mailto:');
  assert.match(stderr, 'the sitemap /s.xml.gz could not be read: its gzip file cannot be unpacked');
  assert.not.match(stderr, 'unexpected]');
  assert.equal([await isLive('base/index.html'), await isLive('mail/index.html')], [true, false]);
});

test('a feed that turns into a page, or breaks off in a fatal error, is kept from its last good look', async () => {
  for (const [odd, why] of [
    [page('Welcome', 'Whatever you asked for'), 'type: was application/rss+xml; charset=utf-8 and now is a page'],
    [{ headers: XML, body: FEED('<br />\n<b>Fatal error</b>: Uncaught Error') }, 'unclosed: does not hold "</rss>"'],
  ] as const) {
    site.pages.set('/feed/', odd);
    assert.match((await project.publish('--only', '/feed/')).stderr, why);
    assert.match(await project.read('feed/index.xml'), '</rss>');
  }
});

test('a file that was taken down stays down: when assets are looked at, when its page changes, and where the state was lost', async () => {
  assert.ok(await isLive('i.png'));
  await project.run(['withdraw', '/i.png']);
  for (const edition of [1, 2]) {
    site.pages.set('/', page('Home', `<img src="/i.png">Edition ${edition}`));
    await project.publish();
    assert.match(await project.read('index.html'), `Edition ${edition}`);
    assert.not.ok(await isLive('i.png'));
  }
  await rm(`${project.dir}/.holdfast`, { recursive: true });
  site.pages.set('/', page('Home', '<img src="/i.png">Edition 3'));
  await project.publish();
  assert.match(await project.read('index.html'), 'Edition 3');
  assert.not.ok(await isLive('i.png'));
});

test('it comes back when it may', async () => {
  await project.run(['withdraw', '/i.png', '--undo']);
  await project.publish();
  assert.ok(await isLive('i.png'));
});

test('a machine that takes over and finds all as it is live goes on from what it sees, look by look', async () => {
  site.pages.set('/feed/', PAGES['/feed/']);
  await project.publish('--now');
  // That was another machine: this one is called otherwise from now on.
  await writeFile(`${project.dir}/.holdfast/production/holder`, `${hostname()}-00000000`);
  // No title of it stands in a composed page, so that nothing else changes with it.
  site.pages.delete('/s.xml.gz');
  const { json } = await project.publish('--now');
  assert.equal([json.changed, await isLive('s.xml.gz')], [false, true]);
  for (const _look of [2, 3]) await project.publish('--now');
  assert.not.ok(await isLive('s.xml.gz'));
});

test('a second configuration in the folder does not publish the pages of the first', async () => {
  const other = { ...smallConfig('http://127.0.0.1:9'), site: { name: 'Other', url: 'https://other.example.net' } };
  const destinations = [{ use: 'mirror', dir: 'other' }];
  await writeFile(`${project.dir}/other.config.json`, JSON.stringify({ ...other, destinations }));
  const { exit, stderr } = await project.run(['publish', '--config', 'other.config.json']);
  assert.is(exit, 2);
  assert.match(stderr, `holds what was seen of www.example.org at ${site.host}`);
});

test('a page that failed once is not taken down with an origin that locks everybody out later', async () => {
  site.pages.set('/', { status: 500, body: 'Oops' });
  await project.publish();
  await project.publish('--only', '/feed/');
  site.trouble = { status: 401, body: 'Who are you?' };
  for (const _look of [1, 2, 3]) assert.match((await project.publish()).stderr, '/ private: answered 401');
  assert.match(await project.read('index.html'), 'Edition 3');
});

test.run();
