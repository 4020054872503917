// takes: 30 s
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { openBucket, openWebsite, type TestBucket } from '../support/ceph.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('a hold at a bucket', { needs: ['ceph'] });

let site: ScriptedSite;
let project: Project;
let bucket: TestBucket;
let website: Awaited<ReturnType<typeof openWebsite>>;

const config = (): HoldfastConfig =>
  smallConfig(site.url, {
    lanes: [
      { name: 'hot', paths: ['/', '/news/'], every: '1m' },
      { name: 'archive', paths: ['/old/'], every: '1h' },
    ],
    destinations: [{ use: 's3', name: 'cdn', bucket: bucket.bucket, endpoint: bucket.endpoint }],
  });
const edit = (n: number): void => void site.pages.set('/', page('Home', `<p>Edition ${n}</p>`));
const run = (...args: string[]) => project.run(args);
const WORDS = /Edition \d|Low water|Long ago|has to wait its turn|put something right|Page not found/;
/** What visitors are told at these paths. */
const visit = (...paths: string[]): Promise<readonly string[]> =>
  Promise.all(
    paths.map(async (path) => {
      const { status, headers, body } = await website.visit(path);
      const text = String(headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
      return `${status} ${WORDS.exec(text)?.[0] ?? ''}`;
    }),
  );
const ALL = ['/', '/news/', '/old/'];
const OPEN = (n: number) => [`200 Edition ${n}`, '200 Low water', '200 Long ago'];
const HELD = ['200 has to wait its turn', '200 has to wait its turn', '200 Long ago'];

test.before.each(async () => {
  bucket = await openBucket();
  process.env['AWS_ACCESS_KEY_ID'] = bucket.credentials.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = bucket.credentials.secretAccessKey;
  website = await openWebsite(bucket);
  site = await startSite({
    '/news/': page('News', '<p>Low water at nine.</p>'),
    '/old/': page('Old', '<p>Long ago.</p>'),
  });
  edit(1);
  project = await openProject(config());
  assert.is((await run('publish', '--now')).exit, 0);
});

test.after.each(async () => {
  await site.close();
  await project.close();
});

test('the hot pages are put over, said to be 200, and come back as they are by then; nobody asks the origin', async () => {
  site.hits();
  const on = await run('hold', 'on');
  assert.is(on.exit, 0, on.stderr);
  assert.match(on.stdout, /cdn: no web server can look at a flag there: busy is put over 2 hot pages, which say 200/);
  assert.equal(await visit(...ALL), HELD);
  assert.is((await website.visit('/')).headers['cache-control'], 'no-store');
  assert.equal(site.hits(), []);
  const status = await run('status');
  assert.match(status.stdout, /ON HOLD: visitors get the page busy/);
  edit(2);
  const publish = await run('publish', '--now');
  assert.is(publish.exit, 0, publish.stderr);
  assert.equal(await visit(...ALL), HELD, 'it survives publishes');
  const again = await run('publish', '--now', '--json');
  assert.is(JSON.parse(again.stdout).changed, false, 'and one with nothing new writes nothing');
  assert.is((await run('hold', 'on', 'maintenance')).exit, 0);
  assert.equal(await visit('/', '/old/'), ['200 put something right', '200 Long ago']);
  const off = await run('hold', 'off');
  assert.is(off.exit, 0, off.stderr);
  assert.match(off.stdout, /cdn: no hold, visitors get the release/);
  assert.equal(await visit(...ALL), OPEN(2));
  assert.is((await run('verify', '--all')).exit, 0);
});

test('a machine that has nothing of the first lifts it while the origin is away, and what was there comes back', async () => {
  assert.is((await run('hold', 'on')).exit, 0);
  const other = await openProject(config());
  try {
    site.trouble = { status: 500, body: 'no' };
    const cycle = await other.run(['publish', '--now']);
    assert.is(cycle.exit, 3, cycle.stderr);
    assert.equal(await visit(...ALL), HELD);
    const off = await other.run(['hold', 'off']);
    assert.is(off.exit, 0, `the hold is off: ${off.stderr}`);
    assert.match(
      off.stderr,
      /^(?:kept|failed).*: \/ status: /m,
      'that pages are not as the origin has them now is said',
    );
    assert.equal(await visit(...ALL), OPEN(1));
  } finally {
    await other.close();
  }
});

test('it survives a rollback, and what is shown after it is the release that was returned to', async () => {
  edit(2);
  await run('publish', '--now');
  assert.is((await run('hold', 'on')).exit, 0);
  const { releases } = JSON.parse((await run('releases', '--json')).stdout);
  const back = await run('rollback', releases.at(-1).id);
  assert.is(back.exit, 0, back.stderr);
  assert.equal(await visit(...ALL), HELD);
  const pinned = await run('publish', '--now');
  assert.is(pinned.exit, 0, pinned.stderr);
  assert.equal(await visit(...ALL), HELD);
  assert.is((await run('hold', 'off')).exit, 0);
  assert.match((await run('status')).stdout, /pinned/);
  assert.equal(await visit(...ALL), OPEN(1));
});

test('a run that is at work takes it up by itself and has it in its release', async () => {
  edit(2);
  let answer = (): void => undefined;
  const asked = new Promise<void>((isAsked) =>
    site.pages.set('/', (_request, response) => {
      answer = () => void response.setHeader('content-type', 'text/html').end(page('Home', '<p>Edition 2</p>'));
      isAsked();
    }),
  );
  const publish = project.spawn(['publish', '--now']);
  await asked;
  const on = run('hold', 'on');
  for (;;) if (/ON HOLD/.test((await run('hold', 'status')).stdout)) break;
  answer();
  assert.is((await publish).exit, 0);
  assert.is((await on).exit, 0, (await on).stderr);
  assert.equal(await visit(...ALL), HELD);
  assert.is((await run('hold', 'off')).exit, 0);
  assert.equal(await visit(...ALL), OPEN(2));
});

test.run();
