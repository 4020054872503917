import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { VerbIo } from '../../src/cli/io.ts';
import type * as PublishAt from '../../src/cli/publish-at.ts';
import { ioFor } from '../../src/cli/session.ts';
import type * as Errors from '../../src/model/errors.ts';
import { builtPath, importBuilt } from '../support/built.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('the program as a process');
let site: ScriptedSite;
let project: Project;

let printed: string[] = [];

/** What a verb may do to the outside, in this process. */
function ioIn(env: NodeJS.ProcessEnv): VerbIo {
  printed = [];
  const { signal } = new AbortController();
  const print = (line: string) => void printed.push(line);
  const streams = { input: () => Readable.from([]), out: print, err: print };
  return ioFor({ cwd: project.dir, env, signal, ...streams, exitCode: 0, secrets: [] }, {});
}

test.before(async () => {
  site = await startSite({ '/': page('Home', 'home') });
  project = await openProject(smallConfig(site.url));
});

test.after(async () => {
  await site.close();
  await project.close();
});

test('what it says goes to its streams, and how it went is its exit code', async () => {
  const good = await project.spawn(['publish', '--now', '--json']);
  assert.equal([good.exit, good.stderr], [0, '']);
  assert.is(JSON.parse(good.stdout).changed, true);
  const wrong = await project.spawn(['publish', '--config', 'none.json']);
  assert.equal([wrong.exit, wrong.stdout], [2, '']);
  assert.match(wrong.stderr, 'none.json');
});

test('a configuration that cannot be read for a moment is no end of a publish that waits for its instant', async () => {
  const { publishAtVerb } = await importBuilt<typeof PublishAt>('cli/publish-at');
  const { HoldfastError } = await importBuilt<typeof Errors>('model/errors');
  const io = ioIn({});
  let loads = 0;
  const load = async () => {
    loads += 1;
    // At first, to prepare, and then to go live.
    if (loads === 3) throw new HoldfastError('config-unreadable', 'it is being saved');
    return io.load();
  };
  const at = new Date(Date.now() + 3000).toISOString();
  assert.is(await publishAtVerb({ ...io, load }, at, { maxDeletes: 256 }), 0);
  assert.match(printed.join(''), /it is being saved \[config-unreadable\]/);
});

test('a secret that was replaced while the program runs stays out of what it prints', async () => {
  const { url } = site;
  await project.configure(smallConfig(url, { origin: { url, headers: { authorization: 'env:ORIGIN_AUTH' } } }));
  const env: Record<string, string> = { ORIGIN_AUTH: 'the-first-canary' };
  const io = ioIn(env);
  await io.load();
  env['ORIGIN_AUTH'] = 'the-second-canary';
  await io.load();
  io.print('the-first-canary, the-second-canary');
  assert.equal(printed, ['[redacted], [redacted]\n']);
  await project.configure(smallConfig(url));
});

test('a command or a flag that is not there exits 2 and says what there is', async () => {
  for (const args of [['publsh'], ['publish', '--nw']]) {
    const { exit, stdout, stderr } = await project.spawn(args);
    assert.equal([exit, stdout], [2, '']);
    assert.match(stderr, /^command: unknown/);
    assert.match(stderr, 'holdfast --help');
  }
});

test('help is no failure, and goes to standard output', async () => {
  const { exit, stdout, stderr } = await project.spawn(['publish', '--help']);
  assert.equal([exit, stderr], [0, '']);
  assert.match(stdout, '--dry-run');
});

test('stopped by a signal it says so at once and exits 1, and what was live stays', async () => {
  await project.publish('--now');
  site.hits();
  site.pages.set('/', () => {});
  const child = spawn(process.execPath, [builtPath('cli/main'), 'publish', '--now'], { cwd: project.dir });
  const said = text(child.stderr);
  while (site.hits().length === 0) await wait(10);
  child.kill('SIGTERM');
  const [exit] = await once(child, 'close');
  assert.is(exit, 1);
  assert.match(await said, 'stopped by SIGTERM');
  assert.match(await project.read('index.html'), 'home');
});

test('status --watch tells again what there is, each few seconds, until it is stopped; then it exits as its last look did', async () => {
  site.pages.set('/', page('Home', 'Edition 1'));
  await project.publish('--now');
  const child = spawn(process.execPath, [builtPath('cli/main'), 'status', '--watch', '--json'], { cwd: project.dir });
  const told = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const live = async () => {
    const facts = JSON.parse(String((await told.next()).value)) as { destinations: { live: string }[] };
    return facts.destinations[0]?.live;
  };
  const first = await live();
  site.pages.set('/', page('Home', 'Edition 2'));
  const [second] = (await project.publish('--now')).json.releases;
  let now = await live();
  if (now === first) now = await live();
  assert.equal([typeof first, now], ['string', second]);
  assert.is.not(first, second);
  child.kill('SIGTERM');
  assert.equal(await once(child, 'close'), [0, null]);
});

test.run();
