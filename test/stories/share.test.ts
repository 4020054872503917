// takes: 30 s
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { write } from '../render/project.ts';
import { openBucket, openWebsite } from '../support/ceph.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('a preview that is shared', { needs: ['ceph'] });

let site: ScriptedSite;
let project: Project;

const config = (more: Partial<HoldfastConfig> = {}): HoldfastConfig =>
  smallConfig(site.url, { analytics: [{ use: 'pixel' }], edge: { for: ['alb'] }, ...more });

test.before.each(async () => {
  site = await startSite({ '/': page('Home', '<p>Edition 1</p>') });
  project = await openProject(config());
  await write(project.dir, { 'content/news.md': '---\ntitle: News\n---\nLive words. [More](/more/) [home](/)\n' });
});

test.after.each(async () => {
  await site.close();
  await project.close();
});

const folderIn = (text: string): string => /preview-[0-9a-f]{32}/.exec(text)?.[0] ?? 'none';

test('on a mirror: unpublished words are seen at an address of their own, stay through a publish, and go', async () => {
  await project.publish('--now');
  await write(project.dir, {
    'content/news.md': '---\ntitle: News\n---\nSecret words. [More](/more/) [home](/)\n',
    'content/more.md': '---\ntitle: More\n---\nMore.\n',
  });
  const shared = await project.run(['preview', '--share']);
  assert.is(shared.exit, 0, shared.stderr);
  const folder = folderIn(shared.stdout);
  assert.match(shared.stdout, `https://www.example.org/${folder}/`);
  const secret = await project.read(`${folder}/news/index.html`);
  assert.match(secret, 'Secret words.');
  assert.match(secret, '<meta name="robots" content="noindex">');
  assert.match(secret, '<meta name="referrer" content="no-referrer">');
  assert.match(secret, `href="/${folder}/more/"`);
  assert.match(secret, 'href="/">home');
  assert.not.match(secret, 'pixel.gif');
  assert.match(await project.read(`${folder}/_holdfast/holding/busy.html`), 'Lots of people');
  assert.match(await project.read(`${folder}/index.html`), '<a href="news/">News</a>');
  assert.equal(await readdir(join(project.current, folder, '_holdfast')), ['holding'], 'no form for a balancer alone');
  assert.match(await project.read('news/index.html'), 'Live words.', 'what is live is as it was');
  assert.match((await project.run(['status'])).stdout, `${folder}/ until`);

  assert.is(folderIn((await project.run(['preview', '--share'])).stdout), folder, 'its address stays');
  site.pages.set('/', page('Home', '<p>Edition 2</p>'));
  const other = await project.copy();
  await project.publish('--now');
  assert.match(await project.read('index.html'), 'Edition 2');
  assert.match(await project.read(`${folder}/news/index.html`), 'Secret words.', 'a publish keeps it');
  await other.close();

  const gone = await project.run(['preview', '--unshare']);
  assert.is(gone.exit, 0, gone.stderr);
  assert.not((await readdir(project.current)).includes(folder));
  assert.is((await project.run(['rollback'])).exit, 0);
  assert.not((await readdir(project.current)).includes(folder), 'a rollback does not bring it back');
  assert.not.match((await project.run(['status'])).stdout, /shared/);
});

test('before anything is live there is nothing to share it beside', async () => {
  const { exit, stderr } = await project.run(['preview', '--share']);
  assert.is(exit, 5);
  assert.match(stderr, /nothing is live yet.*nothing-to-release/);
  assert.match(stderr, /holdfast publish first/);
});

test('in a bucket: another machine, which knows nothing of it, keeps it through its publish; and it is gone when it is taken down', async () => {
  const bucket = await openBucket();
  const website = await openWebsite(bucket);
  const env = {
    AWS_ACCESS_KEY_ID: bucket.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bucket.credentials.secretAccessKey,
  };
  const destinations: HoldfastConfig['destinations'] = [
    { use: 's3', name: 'cdn', bucket: bucket.bucket, endpoint: bucket.endpoint },
  ];
  await project.configure(config({ destinations }));
  const other = await openProject(config({ destinations }));
  try {
    assert.is((await project.spawn(['publish', '--now'], env)).exit, 0);
    const shared = await project.spawn(['preview', '--share'], env);
    assert.is(shared.exit, 0, shared.stderr);
    const folder = folderIn(shared.stdout);
    const status = async () => (await website.visit(`/${folder}/news/index.html`)).status;
    assert.is(await status(), 200);
    site.pages.set('/', page('Home', '<p>Edition 2</p>'));
    await write(other.dir, { 'content/news.md': '---\ntitle: News\n---\nLive words.\n' });
    const second = await other.spawn(['publish', '--now'], env);
    assert.is(second.exit, 0, second.stderr);
    assert.is(await status(), 200);
    assert.is(site.hits().filter((path) => path.includes('preview-')).length, 0, 'the origin never hears of it');
    assert.is((await other.spawn(['preview', '--unshare'], env)).exit, 0);
    assert.is(await status(), 404);
  } finally {
    await other.close();
  }
});

test.run();
