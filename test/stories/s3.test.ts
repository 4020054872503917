import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { openBucket, openWebsite, type TestBucket } from '../support/ceph.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('publishing to a bucket', { needs: ['ceph'] });

let site: ScriptedSite;
let project: Project;
let bucket: TestBucket;
let website: Awaited<ReturnType<typeof openWebsite>>;

type DestinationConfig = HoldfastConfig['destinations'][number];
const cdn = (more: object = {}): DestinationConfig => ({
  use: 's3',
  name: 'cdn',
  bucket: bucket.bucket,
  endpoint: bucket.endpoint,
  ...more,
});
const config = (more: Partial<HoldfastConfig> = {}): HoldfastConfig =>
  smallConfig(site.url, {
    lanes: [{ name: 'hot', paths: ['/', '/news/', '/old/'], every: '1h' }],
    destinations: [cdn()],
    ...more,
  });
const front = (n: number): string =>
  page('Home', `<p>Edition ${n}</p><a href="/news/">News</a>`, `<link rel="stylesheet" href="/style-${n}.css">`);

/** The site as its editors have it on the n-th day. */
function edit(n: number): void {
  site.pages.set('/', front(n));
  site.pages.set(`/style-${n}.css`, { headers: { 'content-type': 'text/css' }, body: `body { order: ${n} }` });
}

const env = () => ({
  AWS_ACCESS_KEY_ID: bucket.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: bucket.credentials.secretAccessKey,
});
const run = (...args: string[]) => project.spawn(args, env());
const publish = async (...args: string[]) => {
  const ran = await run('publish', '--json', ...args);
  return { ...ran, json: JSON.parse(ran.stdout.trimEnd().split('\n').at(-1) ?? '{}') };
};
const visit = async (path: string): Promise<string> => {
  const { status, headers, body } = await website.visit(path);
  const text = String(headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
  return `${status} ${/Edition \d|Low water|order: \d/.exec(text)?.[0] ?? ''}`.trim();
};

test.before.each(async () => {
  bucket = await openBucket();
  website = await openWebsite(bucket);
  site = await startSite({
    '/news/': page('News', '<p>Low water at nine.</p>'),
    '/old/': (_request, response) => response.writeHead(301, { location: '/news/' }).end(),
  });
  edit(1);
  project = await openProject(config());
});

test.after.each(async () => {
  await site.close();
  await project.close();
});

test('visitors get the pages, their assets, a redirect and the 404 page, with headers that let a cache keep them', async () => {
  const { exit, stderr, json } = await publish('--now');
  assert.is(exit, 0, stderr);
  assert.is(json.destinations[0].name, 'cdn');
  assert.ok(json.destinations[0].requests > json.destinations[0].put);
  assert.is(await visit('/'), '200 Edition 1');
  assert.is(await visit('/news/'), '200 Low water');
  assert.is(await visit('/style-1.css'), '200 order: 1');
  const moved = await website.visit('/old/index.html');
  assert.equal([moved.status, /\/news\/$/.test(moved.headers.location ?? '')], [301, true]);
  const lost = await website.visit('/nowhere/');
  assert.is(lost.status, 404);
  const { headers } = await website.visit('/');
  assert.match(headers['content-type'] ?? '', 'text/html');
  assert.is(headers['content-encoding'], 'gzip');
  assert.match(headers['cache-control'] ?? '', 's-maxage=60');
});

test('a repeat costs four requests and writes nothing, an edit costs its files and a handful', async () => {
  await publish('--now');
  const again = await publish('--now');
  assert.is(again.exit, 0, again.stderr);
  assert.is(again.json.changed, false);
  // The lease is given back after the summary was made.
  assert.ok(again.json.destinations[0].requests + 1 <= 4, `${again.json.destinations[0].requests} requests`);
  assert.equal(again.json.files.added + again.json.files.changed + again.json.files.removed, 0);
  edit(2);
  const { json } = await publish('--now');
  assert.is(json.destinations[0].put, 2, 'the page and its new style');
  assert.ok(json.destinations[0].requests <= 2 + 1 + 12, `${json.destinations[0].requests} requests`);
  assert.is(await visit('/'), '200 Edition 2');
  assert.is(await visit('/style-1.css'), '200 order: 1', 'who opened the first edition still finds its style');
});

test('a rollback from another machine, which has nothing of the first, shows the release before and pins it', async () => {
  await publish('--now');
  edit(2);
  await publish('--now');
  const first = project;
  project = await openProject(config());
  try {
    const back = await run('rollback');
    assert.is(back.exit, 0, back.stderr);
    assert.is(await visit('/'), '200 Edition 1');
    edit(3);
    assert.match((await publish('--now')).stderr, /pinned/);
    assert.is(await visit('/'), '200 Edition 1');
    assert.is((await run('unpin')).exit, 0);
    await publish('--now');
    assert.is(await visit('/'), '200 Edition 3');
  } finally {
    await first.close();
  }
});

test('a withdrawn page is gone at once, from public names and from what can be returned to', async () => {
  await publish('--now');
  assert.is((await run('withdraw', '/news/')).exit, 0);
  assert.match(await visit('/news/'), /^404/);
  const back = await run('rollback');
  assert.is(back.exit, 0, back.stderr);
  assert.match(await visit('/news/'), /^404/);
});

test('verify reads everything back and says that it is whole', async () => {
  await publish('--now');
  const { exit, stdout, stderr } = await run('verify', '--all');
  assert.is(exit, 0, stderr);
  assert.match(stdout, /cdn: [0-9a-f]{8} is whole/);
});

test('of two destinations one that fails is named, the other goes live, and the exit code says so', async () => {
  await project.configure(
    config({ destinations: [{ use: 'mirror', dir: 'mirror' }, cdn({ bucket: 'no-such-bucket-at-all' })] }),
  );
  const { exit, stderr } = await publish('--now');
  assert.is(exit, 1);
  assert.match(stderr, /publish cdn: .*no-such-bucket-at-all/);
  assert.match(await project.read('index.html'), 'Edition 1');
});

test('check says what is there, that it can be written, and that several machines may take turns', async () => {
  const { stdout } = await run('check');
  assert.match(stdout, /cdn: it answers, and nothing is live yet/);
  assert.match(stdout, /cdn: it can be written/);
  assert.match(stdout, /cdn: conditional writes are honoured/);
  const wrong = await project.spawn(['check'], { ...env(), AWS_SECRET_ACCESS_KEY: 'wrong-canary' });
  assert.is(wrong.exit, 1);
  assert.match(wrong.stdout + wrong.stderr, /cdn: /);
  assert.not.match(wrong.stdout + wrong.stderr, /wrong-canary/);
});

test.run();
