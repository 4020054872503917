// takes: 120 s
// time limit: 600 s
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Hit, SECRET, startWordPress, type WordPress } from '../origins/wordpress/wordpress.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { suite } from '../support/suite.ts';
import { type Archive, archivesOf, fileOfPath, filesListing, filesOfArchive } from './wordpress/archives.ts';
import { type Eyes, openEyes, type Sight } from './wordpress/browser.ts';
import { type Edge, serveMirror } from './wordpress/edge.ts';
import { changedPaths, findWords, inodesOf, liveManifest } from './wordpress/files.ts';
import { leadsOf, onSite } from './wordpress/links.ts';

const test = suite('a WordPress, published', { needs: ['wordpress', 'chromium', 'nginx', 'root'] });

const WIDTHS = [1280, 390];
/** Where a picture was scaled, two runs of one Chromium may round differently. */
const PIXELS_THAT_MAY_DIFFER = 8;
/** Listed in the sitemap and in archives, as WordPress does, but never published. */
const PROTECTED = '/2024/08/hidden-protected/';
/** All but the posts of most months of 2024: they were looked at once, and each takes WordPress as long as what is shown here. */
const WITHOUT_MOST = '/{,feed/,page/**,2024/,2024/page/**,2024/03/**,2024/08/**,2025/**,category/**,author/**,tag/**}';
/** Where the edit and the comment show, and more. */
const CHANGED_LATELY = '/{,feed/,2024/08/**,2025/**}';
const MISSING = '/2031/04/no-such-page/';

let origin: WordPress;
let project: Project;
let edge: Edge;
let eyes: Eyes;
let archives: readonly Archive[];

test.before(async () => {
  origin = await startWordPress();
  project = await openProject(smallConfig(origin.url));
  edge = await serveMirror(project.current);
  eyes = await openEyes();
  await project.configure({
    site: { name: 'The Harbour Courant', url: edge.url },
    origin: { url: origin.url, requestsPerSecond: 0, concurrency: 2, deadline: '60s' },
    lanes: [
      // No minute, so that a slow machine does not look twice in one run.
      { name: 'hot', paths: ['/', origin.announcement.path, '/feed/'], every: '5m' },
      { name: 'archive', sitemap: '/wp-sitemap.xml', crawl: { depth: 32 }, every: '1h' },
    ],
    analytics: [{ use: 'plausible', domain: 'courant.example' }, { use: 'pixel' }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
  });
  archives = await archivesOf(origin);
  await origin.hits();
});

test.after(async () => {
  await eyes?.close();
  await edge?.close();
  await project?.close();
  await origin?.close();
});

test('every page is published, and the post under a password alone is not', async () => {
  const { exit, json, stderr } = await project.publish('--now');
  assert.is(exit, 0, stderr);
  const { files } = await liveManifest(project);
  const pages = files.flatMap(({ kind, path }) => (kind === 'page' || kind === 'feed' ? [path] : []));
  const sitemaps = pages.filter((path) => path.startsWith('wp-sitemap'));
  assert.ok(sitemaps.includes('wp-sitemap.xml') && sitemaps.includes('wp-sitemap-posts-post-1.xml'));
  const places = [origin.announcement, ...origin.posts, ...origin.pages].map(({ path }) => fileOfPath(path));
  const continued = origin.posts
    .filter((_, index) => (index + 1) % 50 === 0)
    .map(({ path }) => fileOfPath(`${path}2/`));
  const composed = ['404.html'];
  const expected = [
    ...places,
    ...continued,
    ...archives.flatMap(filesOfArchive),
    ...sitemaps,
    ...composed,
    'feed/index.xml',
  ];
  assert.equal(unpaired(pages, expected), []);
  const captured = expected.length - composed.length;
  assert.equal(json.pages, { captured, unchanged: 0, kept: 0, failed: 1, gone: 0 });
  assert.equal(json.files, { added: files.length, changed: 0, removed: 0, same: 0 });
  assert.equal(
    json.warnings.map(({ code, path }) => [code, path]),
    [['page-private', PROTECTED]],
  );
});

test('the origin was asked for each thing once, and never for what only a live WordPress answers', async () => {
  const hits = await origin.hits();
  assert.ok(hits.length > 300);
  assert.equal(twice(hits), []);
  assert.equal(
    hits.filter(({ path }) => path.includes('replytocom')),
    [],
  );
  assert.equal(
    hits.filter(({ path }) => /\/(?:wp-json|wp-admin|wp-login|xmlrpc|wp-comments-post)/.test(path)),
    [],
  );
  assert.equal(
    hits.filter(({ path }) => path.includes('?') && !/\?ver=[\w.]+$/.test(path)),
    [],
  );
  assert.equal([...new Set(hits.map(({ method, agent }) => `${method} ${agent.split('/')[0]}`))], ['GET Holdfast']);
});

test('nothing private is in the mirror or beside it, nor the address of the origin in any spelling', async () => {
  const hidden = 'hidden-(?:draft|private|future|trash)';
  const secrets = new RegExp(`${SECRET}|private\\.example|sesame|${hidden}`);
  assert.equal(await findWords(project.dir, secrets), []);
  const address = new RegExp(`127\\.0\\.0\\.1(?::|%3a|%253a|\\\\u003a|&#58;|&#x3a;)${origin.port}`, 'i');
  assert.equal(await findWords(join(project.dir, 'mirror'), address), []);
  for (const path of [PROTECTED, '/2024/08/hidden-private/', '/2099/01/hidden-future/']) {
    assert.is((await fetch(edge.url + path)).status, 404, path);
  }
});

test('every link, picture and sitemap leads to a file, but for the post under a password', async () => {
  const { files } = await liveManifest(project);
  const paths = new Set(files.map(({ path }) => path));
  const dead = new Set<string>();
  for (const { path, type } of files) {
    if (!/html|xml/.test(type)) continue;
    const { links, shown } = leadsOf(await project.read(path), type);
    for (const address of [...links, ...shown]) {
      const url = onSite(address, edge.url + addressOf(path));
      if (url === undefined) continue;
      const file = decodeURIComponent(url.pathname).slice(1);
      const isThere = [file, join(file, 'index.html'), join(file, 'index.xml')].some((one) => paths.has(one));
      const isDynamic = url.search !== '' && links.includes(address);
      if (!isThere || isDynamic) dead.add(url.href);
    }
  }
  assert.equal([...dead], [edge.url + PROTECTED]);
});

test('a link to a post by its number leads to that post', async () => {
  const { path } = edited();
  const original = leadsOf(await (await fetch(origin.url + path)).text(), 'text/html');
  assert.ok(original.links.some((href) => href.includes('/?p=')));
  const copy = leadsOf(await read(fileOfPath(path)), 'text/html');
  assert.equal(copy.links, original.links.map(published));
});

const PAGES: Readonly<Record<string, () => string>> = {
  'the front page': () => '/',
  'the announcement with 1,000 comments': () => origin.announcement.path,
  'the archive of a month': () => '/2024/03/',
  'a category': () => '/category/weather-tides/',
};

for (const [name, path] of Object.entries(PAGES)) {
  test(`${name} looks and links as the original's, at once and without asking the origin`, async () => {
    await origin.hits();
    const copies = await Promise.all(WIDTHS.map((width) => eyes.look(edge.url, path(), width)));
    assert.equal(await origin.hits(), []);
    const originals = await Promise.all(WIDTHS.map((width) => eyes.look(origin.url, path(), width)));
    for (const [index, copy] of copies.entries()) await assertAlike(copy, originals[index]);
    for (const copy of copies) await assertAnswered(copy);
  });
}

test('a page that is not there is the composed one, with nothing of the origin in it', async () => {
  await origin.hits();
  const [wide, narrow] = await Promise.all(WIDTHS.map((width) => eyes.look(edge.url, MISSING, width)));
  assert.equal(await origin.hits(), []);
  const original = await eyes.look(origin.url, MISSING, 1280);
  const served = await fetch(edge.url + MISSING);
  assert.is(await served.text(), await project.read('404.html'));
  for (const sight of [wide, narrow]) {
    assert.ok(sight);
    assert.is(sight.status, 404);
    assert.match(sight.text, 'We could not find that page');
    assert.equal(sight.errors, original.errors);
    assert.ok(sight.links.length >= 3);
    await assertAnswered(sight);
  }
  assert.is(narrow?.width, 390, 'it fits a phone');
});

test('an edit and a comment write the pages that show them, and nothing else', async () => {
  const [earlier, inodes] = [await liveManifest(project), await inodesOf(project)];
  const place = edited();
  await origin.wp(
    `$post = get_post(${place.id}); wp_update_post(wp_slash(['ID' => $post->ID, 'post_content' => preg_replace('/<p>/', '<p>The tide was early. ', $post->post_content, 1)]));`,
  );
  await origin.hits();
  const { id } = await origin.comment(origin.announcement.id, 'A word about the tide.');
  const { exit, json, stderr } = await project.publish('--now', '--only', WITHOUT_MOST);
  assert.is(exit, 0, stderr);

  const listings = archives.flatMap((archive) => filesListing(place.id, archive));
  assert.ok(listings.length >= 5, 'the front page’s, a year’s, a category’s, an author’s and a tag’s');
  const shown = [fileOfPath(place.path), ...listings];
  const announcement = fileOfPath(origin.announcement.path);
  const expected = [...shown, announcement, 'feed/index.xml'].sort();
  const later = await liveManifest(project);
  assert.equal(changedPaths(earlier, later), expected);
  assert.is(later.files.length, earlier.files.length);
  const same = earlier.files.length - expected.length;
  assert.equal(json.files, { added: 0, changed: expected.length, removed: 0, same });
  assert.equal(
    json.destinations.map(({ put, deleted }) => [put, deleted]),
    [[expected.length, 0]],
  );
  assert.is(json.pages.captured, expected.length);
  assert.is(json.previous, earlier.id);

  const written = [...(await inodesOf(project))].filter(([inode]) => !inodes.has(inode));
  assert.is(written.length, 3 * expected.length, 'each file that changed, and its two compressed forms');
  for (const path of shown) assert.match(await read(path), 'The tide was early.', path);
  assert.match(await read(announcement), `id="comment-${id}"`);
  assert.match(await read(announcement), 'A word about the tide.');
  assert.equal(twice(await origin.hits()), []);
});

test('a third publish with nothing new writes nothing', async () => {
  const [before, inodes] = [await recordOf(project), await inodesOf(project)];
  const { exit, json } = await project.publish('--only', CHANGED_LATELY);
  assert.is(exit, 0);
  assert.is(json.changed, false);
  assert.ok(json.pages.unchanged > 40, `${json.pages.unchanged} looked at`);
  assert.equal([json.files.added, json.files.changed, json.files.removed, json.pages.captured], [0, 0, 0, 0]);
  assert.equal(json.destinations, [{ name: 'mirror', put: 0, deleted: 0, bytes: 0, requests: 0 }]);
  assert.equal(await recordOf(project), before, 'the lease came and went');
  assert.equal(await inodesOf(project), inodes);
});

/** The control record, without the count of its moves. */
async function recordOf({ dir }: Project): Promise<object> {
  const text = await readFile(join(dir, 'mirror/_holdfast/control.json'), 'utf8');
  const { generation: _moves, ...record } = JSON.parse(text) as { generation: number };
  return record;
}

/** A post of the middle, on no first page; it links to another by its number. */
function edited(): { id: number; path: string } {
  const place = origin.posts[100];
  assert.ok(place);
  return place;
}

/** What only one of two lists has. */
function unpaired(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...one.filter((entry) => !other.includes(entry)), ...other.filter((entry) => !one.includes(entry))];
}

function twice(hits: readonly Hit[]): readonly string[] {
  const paths = hits.filter(({ method }) => method === 'GET').map(({ path }) => path);
  return paths.filter((path, index) => paths.indexOf(path) !== index);
}

function addressOf(path: string): string {
  return `/${path.split('/').map(encodeURIComponent).join('/')}`;
}

async function read(path: string): Promise<string> {
  const answer = await fetch(edge.url + addressOf(path));
  assert.is(answer.status, 200, path);
  return answer.text();
}

async function assertAlike(copy: Sight, original: Sight | undefined): Promise<void> {
  assert.ok(original);
  assert.equal([copy.status, original.status], [200, 200]);
  assert.is(copy.text, original.text);
  assert.equal(copy.boxes.filter((box, index) => box !== original.boxes[index]).slice(0, 3), []);
  assert.equal([copy.width, copy.height, copy.boxes.length], [original.width, original.height, original.boxes.length]);
  assert.equal([...copy.windows.keys()], [...original.windows.keys()]);
  for (const [offset, window] of copy.windows) {
    const pixels = await eyes.differing(window, original.windows.get(offset) ?? Buffer.alloc(0));
    assert.ok(pixels <= PIXELS_THAT_MAY_DIFFER, `${pixels} pixels differ below ${offset}, ${copy.width} px wide`);
  }
  assert.equal(copy.links, original.links.map(published));
  assert.equal(copy.broken, original.broken);
  assert.equal(
    copy.errors.filter((error) => !original.errors.includes(error)),
    [],
  );
}

/** What a link of the original has to become. */
function published(href: string): string {
  if (href.includes('replytocom=')) return '#respond';
  const [, id] = /\/\?p=(\d+)$/.exec(href) ?? [];
  if (id === undefined) return href.replace(origin.url, edge.url);
  return edge.url + origin.posts.find((place) => place.id === Number(id))?.path;
}

/** Whatever of our site the page asked for or leads to answers, and nobody was asked but our site and known strangers. */
async function assertAnswered(copy: Sight): Promise<void> {
  const strangers = /^https?:\/\/(?:plausible\.io|s\.w\.org|\d\.gravatar\.com)\//;
  const ours = copy.requests.filter((address) => !strangers.test(address));
  assert.equal(
    ours.filter((address) => !address.startsWith(`${edge.url}/`)),
    [],
  );
  const addresses = [...ours, ...copy.links].flatMap((address) => onSite(address, edge.url)?.href ?? []);
  const missing: string[] = [];
  for (const address of new Set(addresses)) {
    const { status } = await fetch(address, { method: 'HEAD' });
    if (status !== 200 && !address.endsWith(MISSING)) missing.push(`${status} ${address}`);
  }
  assert.equal(missing, []);
}

test.run();
