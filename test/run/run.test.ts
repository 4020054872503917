// takes: 30 s
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { systemClock } from '../../src/model/clock.ts';
import { HoldfastError } from '../../src/model/errors.ts';
import { openHouse } from '../../src/run/house.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { type Resident, startResident } from '../support/resident.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('the resident process');
let site: ScriptedSite;
let project: Project;
let resident: Resident | undefined;

const TOKEN = 'canary"token\\of-trigger';
const configWith = (more: Partial<HoldfastConfig> = {}): HoldfastConfig =>
  smallConfig(site.url, {
    lanes: [{ name: 'hot', paths: ['/'], every: '1h' }],
    run: { listen: '127.0.0.1:0', token: 'env:TRIGGER_TOKEN' },
    ...more,
  });
const start = (...flags: string[]): Resident => {
  resident = startResident(project.dir, { TRIGGER_TOKEN: TOKEN }, flags);
  return resident;
};
const cycleEnded = { hasEnded: (line: { readonly [field: string]: unknown }) => typeof line['exit'] === 'number' };
const trigger = async (url: string, body = '', headers: Record<string, string> = {}) => {
  const answer = await fetch(`${url}/trigger`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
};
const live = () => project.read('index.html');
const control = async () =>
  JSON.parse(await readFile(join(project.dir, 'mirror/_holdfast/control.json'), 'utf8')) as { lease: unknown };

test.before.each(async () => {
  site = await startSite({ '/': page('Home', '<p>Edition 1</p>') });
  project = await openProject(configWith());
});

test.after.each(async () => {
  await resident?.stop('SIGKILL');
  resident = undefined;
  await site.close();
  await project.close();
});

test('it publishes at once, holds the lease between cycles, and gives it back at the end with exit 0', async () => {
  const run = start();
  const line = await run.until(cycleEnded.hasEnded);
  assert.is(line['exit'], 0);
  assert.match(line.msg, /^mirror: published \w{8} \(1 captured/);
  assert.match(await live(), /Edition 1/);
  assert.ok((await control()).lease !== null, 'nobody else may publish meanwhile');
  assert.is(await run.stop(), 0);
  assert.is((await control()).lease, null);
});

test('SIGTERM in the middle of a cycle leaves all whole: what was live, the lease, and the lock', async () => {
  const run = start();
  const url = await run.url();
  await run.until(cycleEnded.hasEnded);
  let isAsked = false;
  site.pages.set('/', () => {
    isAsked = true;
  });
  await trigger(url);
  while (!isAsked) await new Promise((resolve) => setTimeout(resolve, 10));
  const began = performance.now();
  assert.is(await run.stop('SIGTERM'), 0);
  assert.ok(performance.now() - began < 5000, 'an origin that does not answer is not waited for');
  assert.is((await control()).lease, null);
  assert.match(await live(), /Edition 1/);
  site.pages.set('/', page('Home', '<p>Edition 2</p>'));
  const again = await project.spawn(['publish', '--now'], { TRIGGER_TOKEN: TOKEN });
  assert.is(again.exit, 0, again.stderr);
  assert.match(await live(), /Edition 2/);
});

test('a trigger makes an edit live at once, by path in either spelling, and says which cycle sees to it', async () => {
  site.pages.set('/news/', page('News', '<p>Low water</p>'));
  await project.configure(configWith({ lanes: [{ name: 'hot', paths: ['/', '/news/'], every: '1h' }] }));
  const run = start();
  const url = await run.url();
  await run.until(cycleEnded.hasEnded);
  site.hits();
  site.pages.set('/news/', page('News', '<p>High water</p>'));
  const answer = await trigger(url, JSON.stringify({ paths: ['/news'] }));
  assert.equal([answer.status, answer.json['joined']], [202, 'begins now']);
  await run.until(cycleEnded.hasEnded);
  assert.match(await project.read('news/index.html'), /High water/);
  assert.equal(site.hits(), ['/news/'], 'and nothing else was asked for');
});

test('triggers that come while a cycle is under way are one wish', async () => {
  let release: (() => void) | undefined;
  const run = start();
  const url = await run.url();
  await run.until(cycleEnded.hasEnded);
  site.pages.set('/', (_request, response) => {
    release = () => response.writeHead(200, { 'content-type': 'text/html' }).end(page('Home', '<p>Edition 2</p>'));
  });
  site.hits();
  assert.is((await trigger(url)).json['joined'], 'begins now');
  while (release === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.is((await trigger(url, '{"lanes":["hot"]}')).json['joined'], 'under way');
  assert.is((await trigger(url, '{"paths":["/"]}')).json['joined'], 'waits');
  site.pages.set('/', page('Home', '<p>Edition 3</p>'));
  release();
  await run.until(cycleEnded.hasEnded);
  await run.until(cycleEnded.hasEnded);
  assert.match(await live(), /Edition 3/);
  assert.ok(site.hits().length <= 3, 'one look for the first, and one or two for all that came meanwhile');
});

test('triggers one after the other, each in a cycle of its own, ask the origin no faster than it may be asked', async () => {
  const paths = ['/a/', '/b/', '/c/', '/d/'];
  const asked: number[] = [];
  for (const path of paths)
    site.pages.set(path, (_request, response) => {
      asked.push(performance.now());
      response.writeHead(200, { 'content-type': 'text/html' }).end(page('Page', `<p>${path}</p>`));
    });
  const slowly = { url: site.url, requestsPerSecond: 2, concurrency: 4 };
  await project.configure(configWith({ origin: slowly, lanes: [{ name: 'hot', paths, every: '1h' }] }));
  const run = start();
  const url = await run.url();
  await run.until(cycleEnded.hasEnded);
  asked.length = 0;
  for (const path of paths) {
    assert.is((await trigger(url, JSON.stringify({ paths: [path] }))).json['joined'], 'begins now');
    await run.until(cycleEnded.hasEnded);
  }
  assert.is(asked.length, paths.length);
  // By turns of half a second; what is on the way to the origin may come a little sooner after the one before.
  const gaps = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
  assert.ok(Math.min(...gaps) > 400, gaps.join());
});

const refused: [name: string, status: number, body: string, headers: Record<string, string>][] = [
  ['without the token', 401, '', { authorization: 'Bearer wrong' }],
  ['from a page in a browser', 403, '', { origin: 'https://elsewhere.example' }],
  ['for a path that is none', 400, '{"paths":["//elsewhere/"]}', {}],
  ['for a lane that is not there', 400, '{"lanes":["cold"]}', {}],
  ['with a field that is not known', 400, '{"path":"/"}', {}],
  ['with no JSON', 400, 'paths=/', {}],
  ['that is too long', 413, JSON.stringify({ paths: ['/'.padEnd(70_000, 'a')] }), {}],
];

test('a trigger is refused where it should be, and by a name that is none of ours nothing is answered', async () => {
  const url = await start().url();
  for (const [name, status, body, headers] of refused)
    assert.is((await trigger(url, body, headers)).status, status, name);
  assert.is((await fetch(`${url}/trigger`)).status, 405);
  const { request } = await import('node:http');
  const status = await new Promise((resolve) =>
    request(`${url}/healthz`, { headers: { host: 'rebound.example' } }, (response) =>
      resolve(response.statusCode),
    ).end(),
  );
  assert.is(status, 421);
});

test('a configuration that changed is read when it is right, and kept as it was when it is wrong', async () => {
  const run = start();
  await run.until(cycleEnded.hasEnded);
  site.pages.set('/news/', page('News', '<p>Low water</p>'));
  await writeFile(join(project.dir, 'holdfast.config.json'), '{"site": {}}');
  const told = await run.until('the configuration is kept as it was');
  assert.is(told['code'], 'config-invalid');
  await project.configure(configWith({ lanes: [{ name: 'hot', paths: ['/', '/news/'], every: '1h' }] }));
  await run.until('configuration read again');
  run.process.kill('SIGHUP');
  await run.until('configuration read again');
  await trigger(await fetchUrl(run), '{"paths":["/news/"]}');
  await run.until(cycleEnded.hasEnded);
  assert.match(await project.read('news/index.html'), /Low water/);
});

const fetchUrl = async (run: Resident) => String(run.lines.find(({ msg }) => msg.startsWith('listens on'))?.['url']);

test('a move waits for a cycle that began while the file was read; what is saved or asked for meanwhile is not lost', async () => {
  const load = () => loadConfig({ cwd: project.dir, env: { TRIGGER_TOKEN: TOKEN }, secrets: ['run'] });
  const named = (name: string) => project.configure(configWith({ site: { name, url: 'https://www.example.org' } }));
  let whileRead = async (): Promise<unknown> => undefined;
  let reads = 0;
  const slowly = async (): Promise<LoadedConfig> => {
    reads += 1;
    const found = await load();
    await whileRead();
    return found;
  };
  const house = await openHouse({ loaded: await load(), load: slowly, clock: systemClock, begins: () => undefined });
  let isFree = false;
  let news = 0;
  const renew = async () => {
    const found = await house.renew({
      onNews: () => {
        news += 1;
      },
      between: async (work) => {
        if (isFree) await work();
        return isFree;
      },
    });
    return found instanceof HoldfastError ? found.code : found?.config.site.name;
  };
  const first = house.premises;
  whileRead = () => named('The second');
  await named('One');
  assert.is(await renew(), undefined, 'a cycle is under way by now');
  assert.equal([house.premises === first, news], [true, 0]);
  isFree = true;
  whileRead = async () => house.askAnew();
  assert.is(await renew(), 'The second', 'which was saved while the other was read');
  assert.equal([house.premises === first, news, reads], [false, 1, 2]);
  whileRead = async () => undefined;
  assert.is(await renew(), 'The second', 'asked for while it was read');
  assert.equal([await renew(), reads], [undefined, 3]);
  await house.premises.close();
});

test('it survives what fails in a cycle, tells it, and goes on', async () => {
  const run = start();
  const url = await run.url();
  await run.until(cycleEnded.hasEnded);
  await writeFile(join(project.dir, 'content.txt'), '');
  const { mkdir, rm } = await import('node:fs/promises');
  await mkdir(join(project.dir, 'content'));
  await writeFile(join(project.dir, 'content/news.md'), '---\nlayout: base.njk\n---\n{{ broken | nofilter }}');
  await trigger(url);
  assert.is((await run.until(cycleEnded.hasEnded))['code'], 'template-broken');
  await rm(join(project.dir, 'content'), { recursive: true });
  site.trouble = { status: 500, body: 'no' };
  await trigger(url);
  assert.is((await run.until(cycleEnded.hasEnded))['exit'], 3);
  site.trouble = undefined;
  site.pages.set('/', page('Home', '<p>Edition 2</p>'));
  await trigger(url);
  assert.is((await run.until(cycleEnded.hasEnded))['exit'], 0);
  assert.match(await live(), /Edition 2/);
});

test('what was asked for is done once a destination is well again, without a storm of cycles meanwhile', async () => {
  const run = start('--log-level', 'debug');
  const url = await run.url();
  await run.until(cycleEnded.hasEnded);
  const record = join(project.dir, 'mirror/_holdfast/control.json');
  const text = await readFile(record, 'utf8');
  await writeFile(record, '{}');
  site.pages.set('/', page('Home', '<p>Edition 2</p>'));
  await trigger(url);
  assert.is((await run.until(cycleEnded.hasEnded))['exit'], 1);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.is(run.lines.filter(({ msg }) => msg.startsWith('cycle begins')).length, 2);
  await writeFile(record, text);
  assert.is((await run.until(cycleEnded.hasEnded))['exit'], 0, 'the next beat that comes some seconds later');
  assert.match(await live(), /Edition 2/);
});

test('a tick that finds another run at work is skipped, and three in a row are a warning', async () => {
  await project.configure(configWith({ lanes: [{ name: 'hot', paths: ['/'], every: '100ms' }] }));
  let answered = 0;
  site.pages.set('/', (_request, response) => {
    answered += 1;
    setTimeout(
      () => response.writeHead(200, { 'content-type': 'text/html' }).end(page('Home', 'slow')),
      answered === 1 ? 1500 : 0,
    );
  });
  const run = start();
  const line = await run.until('tick skipped');
  assert.is(line.level, 'warn');
  assert.is(line['skipped'], 3);
  await run.until(cycleEnded.hasEnded);
  assert.is(answered, 1, 'no second look while the first was under way');
});

test('what a verb of this machine did meanwhile is seen: a page that was withdrawn stays down', async () => {
  site.pages.set('/news/', page('News', '<p>Low water</p>'));
  await project.configure(configWith({ lanes: [{ name: 'hot', paths: ['/', '/news/'], every: '1h' }] }));
  const run = start();
  const url = await run.url();
  await run.until(cycleEnded.hasEnded);
  const withdrawn = await project.spawn(['withdraw', '/news/'], { TRIGGER_TOKEN: TOKEN });
  assert.is(withdrawn.exit, 0, withdrawn.stderr);
  await trigger(url);
  await run.until(cycleEnded.hasEnded);
  assert.is(await project.read('news/index.html').catch(() => 'gone'), 'gone');
  const again = await project.spawn(['publish', '--now'], { TRIGGER_TOKEN: TOKEN });
  assert.is(again.exit, 0, again.stderr);
  await trigger(url);
  assert.is((await run.until(cycleEnded.hasEnded))['exit'], 0);
});

test('no secret of the configuration is in anything it prints', async () => {
  const headers = { authorization: 'env:ORIGIN_AUTH' };
  await project.configure(configWith({ origin: { url: site.url, headers } }));
  site.trouble = { status: 500, body: 'no' };
  resident = startResident(project.dir, { TRIGGER_TOKEN: TOKEN, ORIGIN_AUTH: 'Basic canary-of-origin' }, [
    '--log-level',
    'debug',
  ]);
  const url = await resident.url();
  await resident.until(cycleEnded.hasEnded);
  // A page named like the secret stands in a warning.
  await trigger(url, JSON.stringify({ paths: [`/${encodeURIComponent('x')}`, '/canary-of-origin/'] }));
  await resident.until(cycleEnded.hasEnded);
  await resident.stop();
  assert.match(resident.output, /\[redacted\]/);
  for (const canary of ['canary-of-origin', 'canary"token', 'canary\\"token'])
    assert.not.ok(resident.output.includes(canary), canary);
});

test.run();
