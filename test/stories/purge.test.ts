// waits: two seconds before each purge, for web servers to see the new release
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { PurgeLedger } from '../../src/publish/purge-ledger.ts';
import { type Service, startService } from '../publish/service.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('a cache before the site');

let site: ScriptedSite;
let cache: Service;
let project: Project;

const front = (n: number): string => page('Home', `<p>Edition ${n}</p><a href="/news/">News</a>`);

test.before(async () => {
  site = await startSite({ '/': front(1), '/news/': page('News', '<p>Low water at nine.</p>') });
  cache = await startService(() => ({ status: 200 }));
  project = await openProject(
    smallConfig(site.url, {
      lanes: [{ name: 'hot', paths: ['/', '/news/'], every: '1h' }],
      purge: [{ use: 'http', name: 'cdn', url: cache.url }],
    }),
  );
  await publishDay(1);
});

test.after(async () => {
  await site.close();
  await cache.close();
  await project.close();
});

const publishDay = async (n: number) => {
  site.pages.set('/', front(n));
  return project.publish('--now');
};
const asked = (): string[] =>
  cache.seen
    .splice(0)
    .map(({ method, path }) => `${method} ${path}`)
    .sort();

test('it is told of what changed and of nothing else, once visitors behind it get the new', async () => {
  assert.ok(asked().includes('PURGE /news'), 'a new page may be cached as missing');
  let shown = '';
  cache.onCall = async () => {
    shown = await project.read('index.html');
  };
  assert.is((await publishDay(2)).exit, 0);
  cache.onCall = undefined;
  assert.match(shown, 'Edition 2');
  assert.equal(asked(), ['PURGE /']);
  await publishDay(2);
  assert.equal(asked(), []);
});

test('a purge that fails fails no publish: it is warned of, shows in status, and a later run makes it good', async () => {
  cache.next.push({ status: 502, body: 'no way' });
  const failed = await publishDay(3);
  assert.is(failed.exit, 0);
  assert.match(failed.stderr, /warning purge-failed: cdn cdn: answered 502: no way; 1 files wait to be purged/);
  assert.match((await project.run(['status'])).stdout, /cache cdn: published, not purged: 1 files/);
  assert.equal(asked(), ['PURGE /']);
  await waitIsOver();
  const later = await project.publish();
  assert.equal([later.exit, later.json.changed, asked()], [0, false, ['PURGE /']]);
  assert.match((await project.run(['status'])).stdout, /cache cdn: nothing waits/);
});

test('what went live just before its machine was killed is told by the next run, once', async () => {
  // As a kill leaves it: the release is live, and of its changes nothing was noted.
  const before = await readFile(ledgerFile());
  assert.is((await publishDay(4)).exit, 0);
  await publishDay(5);
  assert.equal(asked(), ['PURGE /', 'PURGE /']);
  await writeFile(ledgerFile(), before);
  const next = await project.publish();
  assert.equal([next.exit, next.json.changed, asked()], [0, false, ['PURGE /']]);
  await project.publish();
  assert.equal(asked(), []);
});

const ledgerFile = (): string => join(project.dir, '.holdfast/production/purges.json');

/** As if the time until the next try had passed. */
async function waitIsOver(): Promise<void> {
  const file = ledgerFile();
  const ledger = JSON.parse(await readFile(file, 'utf8')) as PurgeLedger;
  const caches = Object.entries(ledger.caches).map(([name, record]) => {
    const trouble = record.trouble === undefined ? {} : { trouble: { ...record.trouble, next: 0 } };
    return [name, { ...record, ...trouble }];
  });
  await writeFile(file, JSON.stringify({ ...ledger, caches: Object.fromEntries(caches) }));
}

test('a rollback and a withdrawal are told too', async () => {
  assert.is((await project.run(['rollback'])).exit, 0);
  assert.equal(asked(), ['PURGE /']);
  assert.is((await project.run(['withdraw', '/news/'])).exit, 0);
  assert.ok(asked().includes('PURGE /news/'));
});

test.run();
