// takes: 14 s
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { type Answered, page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('an origin in trouble');
let site: ScriptedSite;
/** Published once; each test works on a copy of it. */
let original: Project;
let project: Project;

const PATHS = ['/', '/a/', '/b/', '/c/', '/d/', '/e/', '/f/', '/g/', '/h/', '/i/'];
const lanes = [{ name: 'hot', paths: PATHS, every: '1h' }];

const PAGES = Object.fromEntries(PATHS.map((path) => [path, page(`Page ${path}`, `<p>All is well at ${path}</p>`)]));

test.before(async () => {
  site = await startSite(PAGES);
  original = await openProject(smallConfig(site.url, { lanes }));
  const first = await original.publish('--now');
  assert.is(first.exit, 0, first.stderr);
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

const DATABASE_DOWN = page('Error', '<h1>Error establishing a database connection</h1>').replace(
  /<p>The tide[\s\S]*<\/p>/,
  '',
);
const TROUBLES: readonly [string, Answered | string][] = [
  ['a 500', { status: 500, body: 'Internal Server Error' }],
  ['a database-down page with 200', DATABASE_DOWN],
  ['an empty page', ''],
  ['a page cut before its end', page('Page /a/', 'well').replace(/<\/main>[\s\S]*/, '')],
  [
    'a page that lost most of its text',
    '<!doctype html><html><head><title>Page /a/</title></head><body><h1>Page /a/</h1></body></html>'.padEnd(700),
  ],
  ['a page with somebody’s toolbar', page('Page /a/', '<div id="wpadminbar">Howdy, admin</div>')],
];

for (const [name, answer] of TROUBLES) {
  test(`${name} keeps the page as it was, says why, and exits 3 also at the next run with nothing new`, async () => {
    site.pages.set('/a/', answer);
    const { exit, json, stderr } = await project.publish('--now');
    assert.is(exit, 3);
    assert.is(json.pages.kept, 1);
    assert.is(json.changed, false);
    assert.match(stderr, /kept, last good .* ago: \/a\/ /);
    assert.match(await project.read('a/index.html'), 'All is well at /a/');
    assert.is((await project.publish()).exit, 3);
  });
}

const GONE: readonly [string, Answered | string][] = [
  ['404', { status: 404, body: page('Not found', '') }],
  ['410', { status: 410, body: page('Gone', '') }],
  ['401', { status: 401, body: page('Who are you?', '') }],
  ['403', { status: 403, body: page('Forbidden', '') }],
  ['a redirect to the login', { status: 302, headers: { location: '/wp-login.php?redirect_to=%2Fa%2F' } }],
  [
    'a password form',
    page(
      'Protected',
      '<form action="/wp-login.php?action=postpass" class="post-password-form" method="post"><input name="post_password" type="password"></form>',
    ),
  ],
];

for (const [name, answer] of GONE) {
  test(`${name} once keeps the page; twice in a row, it is withdrawn`, async () => {
    site.pages.set('/a/', answer);
    const once = await project.publish('--now');
    assert.is(once.exit, 3, once.stderr);
    assert.ok(existsSync(join(project.current, 'a/index.html')));
    const twice = await project.publish('--now');
    assert.is(twice.exit, 0, twice.stderr);
    assert.is(twice.json.pages.gone, 1);
    assert.is(twice.json.files.removed, 1);
    assert.not.ok(existsSync(join(project.current, 'a/index.html')));
  });
}

test('a page that comes back is published again', async () => {
  const before = site.pages.get('/a/') ?? '';
  site.pages.set('/a/', { status: 404, body: page('Not found', '') });
  await project.publish('--now');
  await project.publish('--now');
  site.pages.set('/a/', before);
  const { exit, json } = await project.publish('--now');
  assert.is(exit, 0);
  assert.is(json.files.added, 1);
  assert.match(await project.read('a/index.html'), 'All is well at /a/');
});

test('a page that fails alone for longer than maxKept is withdrawn', async () => {
  await project.configure(smallConfig(site.url, { lanes, gate: { maxKept: '1500ms' } }));
  site.pages.set('/a/', { status: 500, body: 'broken' });
  assert.is((await project.publish('--now')).exit, 3);
  await wait(1600);
  const { json } = await project.publish('--now');
  assert.is(json.pages.gone, 1);
  assert.not.ok(existsSync(join(project.current, 'a/index.html')));
});

test('when the origin as a whole is away everything stays, however often and however long', async () => {
  await project.configure(smallConfig(site.url, { lanes, gate: { maxKept: '10ms' } }));
  for (const trouble of [
    { status: 500, body: 'broken' },
    { status: 503, body: 'busy' },
    (_: unknown, response: { destroy(): void }) => response.destroy(),
  ]) {
    site.trouble = trouble;
    const { exit, json } = await project.publish('--now');
    assert.is(exit, 3);
    assert.is(json.pages.gone, 0);
    await wait(30);
  }
  for (const path of PATHS) assert.ok(existsSync(join(project.current, path.slice(1), 'index.html')), path);
  site.trouble = undefined;
  assert.is((await project.publish('--now')).exit, 0);
});

test('an origin that is not there at all costs five connections, and everything stays', async () => {
  await site.close();
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 3, stderr);
  assert.match(stderr, 'origin-away');
  assert.match(await project.read('a/index.html'), 'All is well at /a/');
  site = await startSite(PAGES, Number(new URL(site.url).port));
});

test('over a fifth of a lane gone at once publishes nothing (exit 5) until a person says so', async () => {
  for (const path of ['/a/', '/b/', '/c/']) site.pages.set(path, { status: 404, body: page('Not found', '') });
  site.pages.set('/d/', page('Page /d/', 'an edit that must wait too'));
  assert.is((await project.publish('--now')).exit, 3);
  const refused = await project.run(['publish', '--now']);
  assert.is(refused.exit, 5);
  assert.match(refused.stderr, /lane hot: 3 of 10 pages are gone at once \(\/a\/, \/b\/, \/c\/\)/);
  assert.match(refused.stderr, '--accept-shrink');
  for (const path of ['a', 'b', 'c']) assert.ok(existsSync(join(project.current, path, 'index.html')), path);
  const accepted = await project.publish('--now', '--accept-shrink');
  assert.is(accepted.exit, 0, accepted.stderr);
  assert.is(accepted.json.files.removed, 3);
});

test('one same body on many addresses is an error page that says 200: those that changed to it are kept', async () => {
  for (const path of PATHS.slice(1, 8)) site.pages.set(path, page('Welcome', 'the theme lost its mind'));
  const { exit, json } = await project.publish('--now');
  assert.is(exit, 3);
  assert.is(json.pages.kept, 7);
  assert.match(await project.read('b/index.html'), 'All is well at /b/');
});

test('a page whose new picture cannot be fetched stays as it was until the picture is there', async () => {
  site.pages.set('/a/', page('Page /a/', '<img src="/new.png" alt="">'));
  site.pages.set('/new.png', { status: 500 });
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 3);
  assert.match(stderr, 'new.png');
  assert.match(await project.read('a/index.html'), 'All is well at /a/');
  site.pages.set('/new.png', { headers: { 'content-type': 'image/png' }, body: 'picture' });
  assert.is((await project.publish('--now')).exit, 0);
  assert.match(await project.read('a/index.html'), 'new.png');
  assert.is(await project.read('new.png'), 'picture');
});

test('a picture that is not there at the origin either is a warning, and its page goes on', async () => {
  site.pages.set('/a/', page('Page /a/', '<img src="/lost.png" alt=""><p>fresh</p>'));
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 0);
  assert.match(stderr, /warning asset-missing: \/lost\.png/);
  assert.match(await project.read('a/index.html'), 'fresh');
});

test('a page that never succeeded is told as failed, and the rest goes live', async () => {
  const more = [{ name: 'hot', paths: [...PATHS, '/never/'], every: '1h' }];
  await project.configure(smallConfig(site.url, { lanes: more }));
  const { exit, json, stderr } = await project.publish('--now');
  assert.is(exit, 3);
  assert.is(json.pages.failed, 1);
  assert.match(stderr, 'failed: /never/');
});

test('a lost state and an origin that is away: what is live stays live', async () => {
  await rm(join(project.dir, '.holdfast'), { recursive: true });
  site.trouble = { status: 503, body: 'busy' };
  const { exit } = await project.publish('--now');
  assert.is.not(exit, 0);
  for (const path of PATHS) assert.ok(existsSync(join(project.current, path.slice(1), 'index.html')), path);
});

test('a lost state and one page in trouble: that page stays as it is live', async () => {
  await rm(join(project.dir, '.holdfast'), { recursive: true });
  site.pages.set('/a/', { status: 500, body: 'broken' });
  site.pages.set('/b/', page('Page /b/', 'edited'));
  const { exit, json } = await project.publish('--now');
  assert.is(exit, 3);
  assert.is(json.files.removed, 0);
  assert.match(await project.read('a/index.html'), 'All is well at /a/');
  assert.match(await project.read('b/index.html'), 'edited');
});

test('the page counts are disjoint and add up to the pages looked at', async () => {
  site.pages.set('/a/', { status: 500, body: 'broken' });
  site.pages.set('/b/', page('Page /b/', 'edited'));
  const { json } = await project.publish('--now');
  const { captured, unchanged, kept, failed, gone } = json.pages;
  assert.equal(json.pages, { captured: 1, unchanged: 8, kept: 1, failed: 0, gone: 0 });
  assert.is(captured + unchanged + kept + failed + gone, PATHS.length);
});

test.run();
