// takes: 15 s
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('a hold');

let site: ScriptedSite;
let project: Project;

const config = (more: Partial<HoldfastConfig> = {}): HoldfastConfig =>
  smallConfig(site.url, { lanes: [{ name: 'hot', paths: ['/', '/news/'], every: '1h' }], ...more });
const edit = (n: number): void => void site.pages.set('/', page('Home', `<p>Edition ${n}</p>`));
const shown = async (): Promise<string> => /Edition \d/.exec(await project.read('index.html'))?.[0] ?? '';
/** Names of the flags that a web server may look at. */
const flags = async (dir = 'mirror'): Promise<readonly string[]> =>
  (await readdir(join(project.dir, dir, '_holdfast/hold')).catch(() => [])).sort();
const recordPath = (dir = 'mirror'): string => join(project.dir, dir, '_holdfast/control.json');
const recordText = (dir?: string): Promise<string> => readFile(recordPath(dir), 'utf8');
const holdOf = async (): Promise<{ page: string } | null> => JSON.parse(await recordText()).hold;

test.before.each(async () => {
  site = await startSite({ '/news/': page('News', '<p>Low water at nine.</p>') });
  edit(1);
  project = await openProject(config());
});

test.after.each(async () => {
  await site.close();
  await project.close();
});

test('it shows at once by a flag, asks nobody, changes no page, and is off as fast', async () => {
  await project.publish('--now');
  site.hits();
  const before = await readdir(project.current);
  const on = await project.run(['hold', 'on']);
  assert.is(on.exit, 0, on.stderr);
  assert.match(
    on.stdout,
    /^mirror: ON HOLD: visitors get the page busy since 20\S+Z \(\d+ s\), by \S+, until holdfast hold off\n/,
  );
  assert.equal(await flags(), ['busy', 'on']);
  assert.equal(await readdir(project.current), before, 'a release knows nothing of it');
  assert.is((await project.run(['hold', 'on', 'launch'])).exit, 0);
  assert.equal(await flags(), ['launch', 'on']);
  const off = await project.run(['hold', 'off']);
  assert.match(off.stdout, /^mirror: no hold, visitors get the release\n$/);
  assert.equal(await flags(), []);
  assert.equal(site.hits(), [], 'the origin was not asked');
});

test('where CloudFront is in front, which looks at no flag, it says what is to be done there', async () => {
  await project.configure(config({ edge: { for: ['cloudfront'] } }));
  await project.publish('--now');
  const on = await project.run(['hold', 'on', 'launch']);
  assert.match(on.stderr, 'CloudFront goes by the key hold of its own store: put launch there');
  assert.match((await project.run(['hold', 'off'])).stderr, 'the key hold of its own store: delete it');
});

test('it survives publishes, a rollback, its end and the loss of the state, says so each time, and any machine lifts it', async () => {
  await project.publish('--now');
  edit(2);
  await project.run(['hold', 'on', 'maintenance']);
  const second = await project.publish('--now');
  assert.is(second.exit, 0, second.stderr);
  assert.match(second.stderr, /warning hold: mirror visitors are on the holding page maintenance since/);
  assert.is(await shown(), 'Edition 2', 'publishes go on behind it');
  for (const verb of ['rollback', 'unpin']) assert.is((await project.run([verb])).exit, 0, verb);
  await rm(join(project.dir, '.holdfast'), { recursive: true });
  assert.is((await project.publish('--now')).exit, 0);
  assert.is((await project.run(['claim', 'mirror'])).exit, 0);
  assert.equal(await flags(), ['maintenance', 'on']);
  const other = await openProject(config({ destinations: [{ use: 'mirror', dir: join(project.dir, 'mirror') }] }));
  try {
    assert.match((await other.run(['hold', 'status'])).stdout, /ON HOLD: visitors get the page maintenance/);
    assert.is((await other.run(['hold', 'off'])).exit, 0);
    assert.equal(await flags(), []);
  } finally {
    await other.close();
  }
});

test('it comes at once while a run is at work in another process, which goes on and ends well', async () => {
  await project.publish('--now');
  edit(2);
  let answer = (): void => undefined;
  const asked = new Promise<void>((isAsked) =>
    site.pages.set('/news/', (_request, response) => {
      answer = () =>
        void response.setHeader('content-type', 'text/html').end(page('News', '<p>High water at three.</p>'));
      isAsked();
    }),
  );
  const run = project.spawn(['publish', '--now', '--json']);
  await asked;
  for (const [verb, there] of [
    [
      ['on', 'busy'],
      ['busy', 'on'],
    ],
    [['off'], []],
    [
      ['on', 'launch'],
      ['launch', 'on'],
    ],
  ] as const) {
    const { exit, stderr } = await project.spawn(['hold', ...verb]);
    assert.is(exit, 0, stderr);
    assert.equal(await flags(), there);
    assert.ok(JSON.parse(await recordText()).lease !== null, 'the run is at work all the while');
  }
  answer();
  const { exit, stderr } = await run;
  assert.is(exit, 0, stderr);
  assert.is(await shown(), 'Edition 2');
  assert.match(await project.read('news/index.html'), 'High water');
  assert.equal([await flags(), (await holdOf())?.page], [['launch', 'on'], 'launch']);
  assert.is((await project.publish()).json.changed, false);
});

test('a page that is not in the live release is refused, with those that are, before anything is changed anywhere', async () => {
  await project.configure(
    config({
      destinations: [
        { use: 'mirror', dir: 'mirror' },
        { use: 'mirror', name: 'second', dir: 'second' },
      ],
    }),
  );
  await project.publish('--now');
  const before = [await recordText(), await recordText('second')];
  const { exit, stderr } = await project.run(['hold', 'on', 'bussy']);
  assert.is(exit, 2);
  assert.match(
    stderr,
    /the live release has no holding page bussy[\s\S]*there is busy, launch, maintenance, not-found/,
  );
  assert.is((await project.run(['hold', 'on', '--to', 'third'])).exit, 2);
  assert.is((await project.run(['hold', 'on', '../busy'])).exit, 2);
  assert.equal([await recordText(), await recordText('second')], before);
  const one = await project.run(['hold', 'on', '--to', 'second', '--json']);
  const { destinations } = JSON.parse(one.stdout);
  assert.equal(
    destinations.map(({ name, how, over, tooLong, hold }: Record<string, { page: string }>) => [
      name,
      how,
      over,
      tooLong,
      hold?.page,
    ]),
    [['second', 'flag', null, false, 'busy']],
  );
  assert.equal([await flags(), await flags('second')], [[], ['busy', 'on']]);
});

test('where nothing was ever published there is nobody to hold', async () => {
  for (const verb of [['on'], ['off']]) {
    const { exit, stderr } = await project.run(['hold', ...verb]);
    assert.is(exit, 2);
    assert.match(stderr, /mirror: nothing is live there yet[\s\S]*publish first/);
  }
  assert.is((await project.run(['hold', 'status'])).exit, 0);
});

test('after a day each publish, the status and the hold’s own status warn of search engines', async () => {
  await project.publish('--now');
  await project.run(['hold', 'on']);
  const texts = async (): Promise<readonly string[]> => [
    (await project.publish()).stderr,
    (await project.run(['status'])).stdout,
    (await project.run(['hold', 'status'])).stdout,
  ];
  for (const text of await texts()) assert.not.match(text, /search engines/);
  await heldFor(23.9);
  for (const text of await texts()) assert.not.match(text, /search engines/);
  await heldFor(24);
  for (const text of await texts()) assert.match(text, /search engines drop pages/);
  const { json } = await project.publish();
  assert.equal(
    json.warnings.map(({ code }) => code),
    ['hold-long'],
  );
  const { destinations } = JSON.parse((await project.run(['status', '--json'])).stdout);
  assert.is(destinations[0].hold.tooLong, true);
});

/** Makes the hold as old as so many hours. */
async function heldFor(hours: number): Promise<void> {
  const record = JSON.parse(await recordText());
  const since = new Date(Date.now() - hours * 3_600_000).toISOString();
  await writeFile(recordPath(), JSON.stringify({ ...record, hold: { ...record.hold, since } }));
}

test('a hold whose flags were lost, or that a killed run left without its record, is put right by the next move', async () => {
  await project.publish('--now');
  await project.run(['hold', 'on']);
  const folder = join(project.dir, 'mirror/_holdfast/hold');
  await rm(folder, { recursive: true });
  await project.publish();
  assert.equal(await flags(), ['busy', 'on']);
  await writeFile(join(folder, 'launch'), '');
  await rm(join(folder, 'on'));
  await project.publish();
  assert.equal(await flags(), ['busy', 'on']);
  const record = JSON.parse(await recordText());
  await writeFile(recordPath(), JSON.stringify({ ...record, hold: null }));
  await project.publish();
  assert.equal(await flags(), []);
});

test('a page that visitors are held on stays in the release when it is made no more, as long as they are', async () => {
  const words = join(project.dir, 'content/holding/storm.md');
  await project.configure(config({ compose: { content: 'content' } }));
  await project.publish('--now');
  await mkdir(join(project.dir, 'content/holding'), { recursive: true });
  await writeFile(words, '---\nname: storm\ntitle: Storm\n---\nThe harbour is closed.\n');
  assert.is((await project.run(['hold', 'on', 'storm'])).exit, 2, 'it is not published yet');
  const { stderr, exit } = await project.publish();
  assert.is(exit, 0, stderr);
  assert.is((await project.run(['hold', 'on', 'storm'])).exit, 0);
  await rm(words);
  await project.publish();
  assert.match(await project.read('_holdfast/holding/storm.html'), 'harbour');
  await project.run(['hold', 'off']);
  await project.publish();
  assert.not((await readdir(join(project.current, '_holdfast/holding'))).includes('storm.html'));
});

test.run();
