// takes: 12 s
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('origin.json, which holding pages look at');

let site: ScriptedSite;
let project: Project;

const PATHS = ['/', '/a/', '/b/', '/c/', '/d/', '/e/'];
const config = (more: Partial<HoldfastConfig> = {}): HoldfastConfig =>
  smallConfig(site.url, { lanes: [{ name: 'hot', paths: PATHS, every: '1h' }], ...more });
const said = async (from = project): Promise<{ state: string; since: string }> =>
  JSON.parse(await from.read('_holdfast/origin.json'));

test.before.each(async () => {
  site = await startSite(Object.fromEntries(PATHS.map((path) => [path, page(`Page ${path}`, `<p>At ${path}</p>`)])));
  project = await openProject(config());
  const first = await project.publish('--now');
  assert.is(first.exit, 0, first.stderr);
});

test.after.each(async () => {
  await site.close();
  await project.close();
});

test('it says up, then down in the cycle in which the origin goes away though every page is kept, and up when that is back', async () => {
  const up = await said();
  assert.is(up.state, 'up');
  assert.ok(Math.abs(Date.now() - Date.parse(up.since)) < 120_000, up.since);
  site.trouble = { status: 500, body: 'no' };
  const away = await project.publish('--now');
  assert.is(away.exit, 3);
  assert.equal([away.json.changed, away.json.files.changed, away.json.files.removed], [true, 1, 0]);
  const down = await said();
  assert.is(down.state, 'down');
  assert.ok(down.since > up.since);
  const still = await project.publish('--now');
  assert.is(still.json.changed, false, 'since when does not move');
  assert.is((await project.publish()).json.changed, false, 'nor does a cycle without looks say anything');
  site.trouble = undefined;
  const back = await project.publish('--now');
  assert.is(back.exit, 0, back.stderr);
  assert.equal([back.json.changed, back.json.files.changed], [true, 1]);
  assert.is((await said()).state, 'up');
  assert.is((await project.publish('--now')).json.changed, false);
});

test('a site whose one page is not answered is down, and comes back after three looks that are', async () => {
  await project.configure(config({ lanes: [{ name: 'hot', paths: ['/'], every: '1h' }] }));
  await project.publish('--now', '--accept-shrink');
  site.pages.set('/', (_request, response) => void response.destroy());
  await project.publish('--now');
  assert.is((await said()).state, 'down');
  site.pages.set('/', page('Page /', '<p>At /</p>'));
  const states: string[] = [];
  for (let look = 1; look <= 3; look++) {
    await project.publish('--now');
    states.push((await said()).state);
  }
  assert.equal(states, ['down', 'down', 'up']);
});

test('pages that take three times their usual time are slow, and well again when they are as fast as before', async () => {
  for (let cycle = 0; cycle < 2; cycle++) await project.publish('--now');
  for (const path of PATHS)
    site.pages.set(path, (_request, response) => {
      const html = page(`Page ${path}`, `<p>At ${path}</p>`);
      setTimeout(() => response.setHeader('content-type', 'text/html').end(html), 4000);
    });
  const slow = await project.publish('--now');
  assert.is(slow.exit, 0, slow.stderr);
  assert.is((await said()).state, 'slow');
  site.reset();
  await project.publish('--now');
  assert.is((await said()).state, 'up');
});

test('a machine that knows nothing, and one whose turn it is again, say what is live until they have seen another thing', async () => {
  site.trouble = { status: 500, body: 'no' };
  await project.publish('--now');
  const down = await said();
  const other = await openProject(config({ destinations: [{ use: 'mirror', dir: join(project.dir, 'mirror') }] }));
  try {
    await other.publish('--now');
    assert.equal(await said(), down, 'as bad as before, since the same moment');
    site.trouble = undefined;
    await other.publish('--now');
    const up = await said();
    assert.is(up.state, 'up');
    await project.publish();
    assert.equal(await said(), up);
    await rm(join(project.dir, '.holdfast'), { recursive: true });
    await project.publish('--now');
    assert.equal(await said(), up);
  } finally {
    await other.close();
  }
});

test('a rollback does not turn it back, and it goes on while the release is pinned', async () => {
  site.pages.set('/', page('Page /', '<p>Edition 2</p>'));
  await project.publish('--now');
  site.trouble = { status: 500, body: 'no' };
  await project.publish('--now');
  const down = await said();
  const back = await project.run(['rollback']);
  assert.is(back.exit, 0, back.stderr);
  assert.equal(await said(), down, 'the release before said up');
  assert.match(await project.read('index.html'), 'At /', 'not the one that differs in nothing else');
  site.trouble = undefined;
  await project.publish('--now');
  assert.is((await said()).state, 'up');
  assert.is((await project.publish('--now')).json.changed, false);
});

test('caches are told of it', async () => {
  const asked: string[] = [];
  const cache = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(cache, 'listening');
  const address = cache.address();
  const port = typeof address === 'object' ? address?.port : 0;
  try {
    await project.configure(config({ purge: [{ use: 'http', url: `http://127.0.0.1:${port}` }] }));
    site.trouble = { status: 500, body: 'no' };
    await project.publish('--now');
    assert.equal(asked, ['PURGE /_holdfast/origin.json']);
  } finally {
    cache.close();
  }
});

test.run();
