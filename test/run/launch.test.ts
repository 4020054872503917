// takes: 4 s
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('launch mode');
let site: ScriptedSite;
let project: Project;

const REST = '/wp-json/wp/v2/comments';
/** More than one page of the interface. */
const COMMENTS = 150;
/** Longer than the intervals of every lane here. */
const DUE_MS = 700;

const config = (more: Partial<HoldfastConfig> = {}): HoldfastConfig =>
  smallConfig(site.url, {
    lanes: [
      { name: 'hot', paths: ['/'], every: '500ms' },
      { name: 'tail', paths: ['/about/'], every: '600ms' },
    ],
    assets: { every: '1ms' },
    launch: { every: '10ms', hot: '550ms' },
    ...more,
  });

/** As WordPress lists them: newest first, a hundred at once. */
function rows(query: URLSearchParams): { body: string; headers: Record<string, string> } {
  const offset = Number(query.get('offset') ?? 0);
  const ids = Array.from({ length: COMMENTS }, (_, index) => COMMENTS - index).slice(offset, offset + 100);
  const list = ids.map((id) => ({
    id,
    post: 7,
    parent: 0,
    author_name: 'Reader',
    author_url: '',
    date_gmt: '2026-05-04T10:00:00',
    content: { rendered: `<p>Comment ${id}</p>` },
    status: 'approved',
  }));
  return { body: JSON.stringify(list), headers: { 'content-type': 'application/json', 'x-wp-total': `${COMMENTS}` } };
}

test.before(async () => {
  site = await startSite({
    '/': page('Home', '<p>Edition 1</p>', '<link rel="stylesheet" href="/style.css">'),
    '/about/': page('About', '<p>Edition 1</p>'),
    '/style.css': { headers: { 'content-type': 'text/css' }, body: 'p { margin: 0 }' },
    [REST]: (request, response) => {
      const { body, headers } = rows(new URL(request.url ?? '', site.url).searchParams);
      response.writeHead(200, headers).end(body);
    },
  });
  project = await openProject(config());
});

test.before.each(async () => {
  site.reset();
  await project.configure(config());
  await project.run(['launch', 'off']);
});

test.after(async () => {
  await project?.close();
  await site?.close();
});

const pagesAsked = () => site.hits().filter((path) => path.endsWith('/'));

test('hot lanes come round faster, all else is left alone, and nothing that is live goes', async () => {
  await project.publish('--now');
  assert.match((await project.run(['launch', 'on', '--for', '3h'])).stdout, /^launch mode until .* \((?:2|3) h\)/);
  await wait(30);
  site.hits();
  assert.is((await project.publish()).exit, 0);
  assert.equal(site.hits(), ['/'], 'the hot page is due after 10 ms, and the stylesheet waits');
  await wait(DUE_MS);
  assert.is((await project.publish()).exit, 0);
  assert.equal(site.hits(), ['/'], 'the tail is older than its interval, and waits');
  assert.match(await project.read('about/index.html'), 'Edition 1');
  assert.match(await project.read('style.css'), 'margin');
  assert.is((await project.run(['launch', 'off'])).exit, 0);
  await project.publish();
  assert.ok(pagesAsked().includes('/about/'), 'what waited is looked at');
});

test('it ends by itself', async () => {
  await project.publish('--now');
  await project.run(['launch', 'on', '--for', '1s']);
  await wait(DUE_MS);
  site.hits();
  await project.publish();
  assert.equal(pagesAsked(), ['/']);
  await wait(1000 - DUE_MS + 50);
  assert.match((await project.run(['launch', 'status'])).stdout, /^launch mode is off/);
  await project.publish();
  assert.ok(pagesAsked().includes('/about/'));
});

test('comments are read by their cursor only, however long ago all were read, but for a thread that never was', async () => {
  const comments: HoldfastConfig['comments'] = [
    { from: 'wordpress', page: '/about/', post: 7, every: '1ms', resync: '1ms' },
  ];
  const lists = () => site.hits().filter((path) => path.startsWith(REST)).length;
  await project.run(['launch', 'on', '--for', '3h']);
  await project.configure(config({ comments }));
  assert.is((await project.publish()).json.comments.new, COMMENTS);
  assert.is(lists(), 2, 'all of them, for the first time');
  await project.publish();
  assert.is(lists(), 1, 'the newest hundred');
  await project.run(['launch', 'off']);
  await project.publish();
  assert.is(lists(), 2, 'all of them again');
});

for (const [flags, said] of [
  [['on'], 'say for how long'],
  [['on', '--for', '3 days'], 'is not a duration'],
  [['on', '--for', '3d'], 'at most 2d'],
  [['of'], 'there is on, off and status'],
] as const)
  test(`launch ${flags.join(' ')} is told what is wrong with it`, async () => {
    const { exit, stderr } = await project.run(['launch', ...flags]);
    assert.is(exit, 2);
    assert.match(stderr, said);
  });

test.run();
