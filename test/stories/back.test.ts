// takes: 50 s
import { spawn } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { builtPath } from '../support/built.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('ways back, and more than one machine');
const MAIN = builtPath('cli/main');

let site: ScriptedSite;
let project: Project;

const front = (n: number): string => page('Home', `<p>Edition ${n}</p><a href="/news/">News</a>`, link(n));
const link = (n: number): string => `<link rel="stylesheet" href="/style-${n}.css">`;
const config = (more: Partial<HoldfastConfig> = {}): HoldfastConfig =>
  smallConfig(site.url, { lanes: [{ name: 'hot', paths: ['/', '/news/'], every: '1h' }], ...more });

/** The site as its editors have it on the n-th day. */
function edit(n: number): void {
  site.pages.set('/', front(n));
  site.pages.set(`/style-${n}.css`, { headers: { 'content-type': 'text/css' }, body: `body { order: ${n} }` });
}

test.before.each(async () => {
  site = await startSite({ '/news/': page('News', '<p>Low water at nine.</p>') });
  edit(1);
  project = await openProject(config());
});

test.after.each(async () => {
  await site.close();
  await project.close();
});

const publishDay = async (n: number) => {
  edit(n);
  return project.publish('--now');
};
const shown = async (): Promise<string> => /Edition \d/.exec(await project.read('index.html'))?.[0] ?? '';

test('a rollback shows the release before, stays through publishes and a withdrawal, and ends with unpin', async () => {
  const first = await publishDay(1);
  const second = await publishDay(2);
  assert.is(await shown(), 'Edition 2');
  const back = await project.run(['rollback']);
  assert.is(back.exit, 0, back.stderr);
  assert.match(back.stdout, /^mirror: back at [0-9a-f]{8}.* pinned until holdfast unpin\n$/);
  assert.is(await shown(), 'Edition 1');
  assert.match(await project.read('style-2.css'), 'order: 2', 'who opened the second edition still finds its style');

  const third = await publishDay(3);
  assert.is(third.exit, 0);
  assert.is(third.json.changed, false);
  assert.match(third.stderr, /warning pinned: mirror stays at/);
  assert.is(await shown(), 'Edition 1');
  assert.match((await project.run(['status'])).stdout, /pinned/);

  const withdrawn = await project.run(['withdraw', '/news/']);
  assert.is(withdrawn.exit, 0, withdrawn.stderr);
  assert.is(await shown(), 'Edition 1');
  assert.not((await readdir(project.current)).includes('news'), 'what is withdrawn goes, pinned or not');

  assert.match((await project.run(['unpin'])).stdout, /the next publish goes live/);
  const after = await project.publish();
  assert.is(after.json.changed, true);
  assert.is(await shown(), 'Edition 3');
  assert.not((await readdir(project.current)).includes('news'));
  assert.ok(first.json.release !== second.json.release);
});

test('any release that is kept can be named, by its last part too, and what no release is called is refused', async () => {
  const first = await publishDay(1);
  await publishDay(2);
  await publishDay(3);
  const id = first.json.release ?? '';
  const listed = (await project.run(['releases'])).stdout;
  assert.match(listed, id);
  assert.is((await project.run(['rollback', id.slice(-8)])).exit, 2, 'from its beginning, not its end');
  assert.is((await project.run(['rollback', id.slice(id.indexOf('-') + 1, -4)])).exit, 0);
  assert.is(await shown(), 'Edition 1');
  const wrong = await project.run(['rollback', '20010101T000000Z-aaaaaaaaaaaa']);
  assert.is(wrong.exit, 2);
  assert.match(wrong.stderr, /release-unknown/);
  assert.is(await shown(), 'Edition 1');
});

test('with one release there is nothing to go back to', async () => {
  await publishDay(1);
  const { exit, stderr } = await project.run(['rollback']);
  assert.is(exit, 2);
  assert.match(stderr, /there is no release before the live one/);
});

/** Where a mirror's live tree has this file. */
const inMirror = (path: string): string => join(project.current, path);

test('a release that is damaged is not returned to, and says what of it is', async () => {
  await publishDay(1);
  const old = await readFile(inMirror('index.html'));
  await publishDay(2);
  const trees = join(project.dir, 'mirror/trees');
  for (const folder of await readdir(trees)) {
    const path = join(trees, folder, 'index.html');
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes?.equals(old)) await writeFile(path, bytes.fill('x', 100, 101));
  }
  const { exit, stderr } = await project.run(['rollback']);
  assert.is(exit, 1);
  assert.match(stderr, /release-damaged/);
  assert.match(stderr, /index\.html is damaged/);
  assert.is(await shown(), 'Edition 2');
});

test('damage is found by verify, named, and mended by the next publish', async () => {
  await publishDay(1);
  const whole = await project.run(['verify', '--all']);
  assert.is(whole.exit, 0, whole.stderr);
  assert.match(whole.stdout, /is whole: \d+ pages and \d+ of \d+ assets read, 0 damaged/);
  const before = await readFile(inMirror('index.html'), 'utf8');
  await writeFile(inMirror('index.html'), before.replace('Edition 1', 'Edition 7'));
  const found = await project.run(['verify']);
  assert.is(found.exit, 1);
  assert.match(found.stderr, /mirror: index\.html is damaged/);
  const mended = await project.publish();
  assert.is(mended.exit, 0, mended.stderr);
  assert.is(await shown(), 'Edition 1');
  assert.is((await project.run(['verify', '--all'])).exit, 0);
  assert.is((await project.publish()).json.changed, false);
});

test('staging never writes over production, and claim takes a destination over on purpose', async () => {
  await publishDay(1);
  const before = await readFile(join(project.dir, 'mirror/_holdfast/control.json'), 'utf8');
  const refused = await project.run(['publish', '--now', '--env', 'staging']);
  assert.is(refused.exit, 2, 'an environment that is not configured');
  await project.configure(config({ environments: { staging: {} } }));
  const foreign = await project.run(['publish', '--now', '--env', 'staging']);
  assert.is(foreign.exit, 5);
  assert.match(foreign.stderr, /destination-foreign/);
  assert.match(foreign.stderr, /holdfast claim mirror/);
  assert.is(await readFile(join(project.dir, 'mirror/_holdfast/control.json'), 'utf8'), before);
  const claimed = await project.run(['claim', 'mirror', '--env', 'staging']);
  assert.is(claimed.exit, 0, claimed.stderr);
  assert.match(claimed.stdout, /www\.example\.org \(production\)/);
  const published = await project.run(['publish', '--now', '--env', 'staging']);
  assert.is(published.exit, 0, published.stderr);
  assert.match(await project.read('index.html'), /noindex/);
  assert.is((await project.run(['publish', '--now'])).exit, 5, 'now production is the stranger');
});

/** A second machine: another project folder, the same destination. */
async function secondMachine(): Promise<Project> {
  return openProject(config({ destinations: [{ use: 'mirror', dir: join(project.dir, 'mirror') }] }));
}

test('of two machines that run the same line of cron one works, the other exits 4 and has not asked the origin', async () => {
  const other = await secondMachine();
  try {
    let isAsked = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    site.pages.set('/', (_request, response) => {
      isAsked();
      void wait(1500).then(() => response.end(front(1)));
    });
    const one = project.publish('--now');
    await asked;
    const two = await other.run(['publish', '--now']);
    assert.is(two.exit, 4, two.stderr);
    assert.match(two.stderr, /leased/);
    assert.is((await one).exit, 0);
    assert.is(site.hits().filter((path) => path === '/').length, 1, 'looked at once');
    edit(2);
    const later = await other.publish('--now');
    assert.is(later.exit, 0, later.stderr);
    assert.is(await shown(), 'Edition 2');
  } finally {
    await other.close();
  }
});

test('two machines that take turns never turn the site back, nor undo what was taken down by hand', async () => {
  const lanes = [
    { name: 'hot', paths: ['/'], every: '100ms' },
    { name: 'archive', paths: ['/news/', '/secret/'], every: '1h' },
  ];
  site.pages.set('/secret/', page('Secret', '<p>Not for long.</p>'));
  await project.configure(config({ lanes }));
  const other = await openProject(
    config({ lanes, destinations: [{ use: 'mirror', dir: join(project.dir, 'mirror') }] }),
  );
  try {
    await project.publish('--now');
    await other.publish('--now');
    site.pages.set('/news/', page('News', '<p>High water at three.</p>'));
    edit(2);
    await project.publish('--now');
    assert.match(await project.read('news/index.html'), 'High water');
    assert.is((await project.run(['withdraw', '/secret/'])).exit, 0);
    await wait(150);
    const turn = await other.publish();
    assert.is(turn.exit, 0, turn.stderr);
    assert.match(await project.read('news/index.html'), 'High water', 'its archive is not due: what is live stays');
    assert.not((await readdir(project.current)).includes('secret'), 'taken down by hand on the first machine');
    edit(3);
    await wait(150);
    await other.publish();
    assert.is(await shown(), 'Edition 3');
    await wait(150);
    await project.publish();
    assert.is(await shown(), 'Edition 3');
    assert.match(await project.read('news/index.html'), 'High water');
    assert.not((await readdir(project.current)).includes('secret'));
  } finally {
    await other.close();
  }
});

test('a rollback that one of two destinations has no release for changes nothing at the other', async () => {
  await publishDay(1);
  await publishDay(2);
  await project.configure(
    config({
      destinations: [
        { use: 'mirror', dir: 'mirror' },
        { use: 'mirror', name: 'second', dir: 'second' },
      ],
    }),
  );
  await project.publish('--now');
  const { exit, stderr } = await project.run(['rollback']);
  assert.is(exit, 2);
  assert.match(stderr, /second: there is no release before the live one/);
  assert.is(await shown(), 'Edition 2');
  assert.not.match((await project.run(['status'])).stdout, /pinned/);
  const one = await project.run(['rollback', '--to', 'mirror']);
  assert.is(one.exit, 0, one.stderr);
  assert.is(await shown(), 'Edition 1');
});

test('damage at a release that was returned to is no reason for the rest not to be mended, though its bytes are gone here', async () => {
  await publishDay(1);
  await publishDay(2);
  await project.run(['rollback']);
  await rm(join(project.dir, '.holdfast'), { recursive: true });
  await writeFile(inMirror('news/index.html'), 'x');
  const page = await readFile(inMirror('index.html'), 'utf8');
  assert.is((await project.run(['verify'])).exit, 1);
  edit(3);
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 0, stderr);
  assert.is(await readFile(inMirror('index.html'), 'utf8'), page);
});

test('a live manifest that was damaged stops nothing: the next publish puts every file and a new one', async () => {
  await publishDay(1);
  const releases = join(project.dir, 'mirror/_holdfast/releases');
  for (const name of await readdir(releases)) await writeFile(join(releases, name), '{');
  edit(2);
  const { exit, stderr } = await project.publish('--now');
  assert.is(exit, 0, stderr);
  assert.is(await shown(), 'Edition 2');
  assert.is((await project.run(['verify', '--all'])).exit, 0);
});

test('when a machine dies in the middle the next tick of the other takes over, without a person', async () => {
  await publishDay(1);
  const other = await secondMachine();
  try {
    let isAsked = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    site.pages.set('/', () => isAsked());
    const one = spawn(process.execPath, [MAIN, 'publish', '--now'], { cwd: project.dir, stdio: 'ignore' });
    const ended = new Promise((resolve) => one.once('exit', resolve));
    await asked;
    one.kill('SIGKILL');
    await ended;
    edit(2);
    assert.is((await other.run(['publish', '--now'])).exit, 4, 'a moment after its death nobody can tell');
    await wait(9000);
    const { exit, json, stderr } = await other.publish('--now');
    assert.is(exit, 0, stderr);
    assert.is(json.changed, true);
    assert.is(await shown(), 'Edition 2');
    assert.is((await project.run(['publish', '--now'])).exit, 0, 'and the first may come back');
  } finally {
    await other.close();
  }
});

test.run();
