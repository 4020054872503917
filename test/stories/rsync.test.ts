import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { processesIn, waitFor } from '../faults/rsync-rig.ts';
import { theSshd } from '../publish/rsync-place.ts';
import { freePort } from '../support/ports.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('publishing to mirrors near the visitors', { needs: ['sshd'] });

let site: ScriptedSite;
let project: Project;
/** Temporary files of the program, to see that none is left. */
let temporary: string;

const run = (...args: string[]) => project.spawn(args, { TMPDIR: temporary });
const publish = async () => {
  const ran = await run('publish', '--json', '--now');
  return { ...ran, json: JSON.parse(ran.stdout.trimEnd().split('\n').at(-1) ?? '{}') };
};
const read = (mirror: string) => readFile(join(project.dir, mirror, 'current/index.html'), 'utf8');

test.before.each(async () => {
  site = await startSite({ '/': page('Home', '<p>Edition 1</p>') });
  project = await openProject(smallConfig(site.url));
  temporary = join(project.dir, 'temporary');
  await mkdir(temporary);
});

test.after.each(async () => {
  await site.close();
  await project.close();
});

/** Mirrors of these names, at sshd's port or at another. */
async function configure(mirrors: Readonly<Record<string, number | undefined>>): Promise<void> {
  const { user, host, port, identity, knownHosts } = await theSshd();
  const destinations = Object.entries(mirrors).map(([name, other = port]): HoldfastConfig['destinations'][number] => ({
    use: 'rsync',
    name,
    to: `${user}@${host}`,
    port: other,
    dir: join(project.dir, name),
    identity,
    knownHosts,
  }));
  await project.configure(smallConfig(site.url, { destinations }));
}

test('three mirrors get each edition; where one cannot be reached it is named, the others go live, and it follows when it is back', async () => {
  const three = { near: undefined, far: undefined, away: undefined };
  await configure(three);
  assert.is((await publish()).exit, 0);
  for (const mirror of ['near', 'far', 'away']) assert.match(await read(mirror), /Edition 1/);
  site.pages.set('/', page('Home', '<p>Edition 2</p>'));
  await configure({ ...three, far: await freePort() });
  const { exit, stderr } = await publish();
  assert.is(exit, 1);
  assert.match(
    stderr,
    /^publish far: far: \S+ cannot be reached: it refuses the connection \[destination-unwritable\]$/m,
  );
  assert.match(await read('near'), /Edition 2/);
  assert.match(await read('away'), /Edition 2/);
  assert.match(await read('far'), /Edition 1/);
  await configure(three);
  assert.is((await publish()).exit, 0);
  assert.match(await read('far'), /Edition 2/);
  assert.equal(await readdir(temporary), []);
  const state = await readdir(join(project.dir, '.holdfast/production/sending')).catch(() => []);
  assert.equal(state, []);
});

test('a run with nothing new ends at once, sends nothing, and status and check see each mirror', async () => {
  await configure({ near: undefined, far: undefined });
  assert.is((await publish()).exit, 0);
  const { exit, json } = await publish();
  assert.is(exit, 0);
  assert.equal(
    json.destinations.map(({ name, put }: { name: string; put: number }) => [name, put]),
    [
      ['near', 0],
      ['far', 0],
    ],
  );
  assert.match((await run('check')).stdout, /^ok +destination +far: \S+ can be written$/m);
  const status = await run('status');
  assert.is(status.exit, 0, status.stderr);
  assert.match(status.stdout, /near/);
});

const GONE_MS = 5000;
const INTERRUPTED = 'SIGINT';

test('interrupted while it sends, it leaves nothing here that runs or lies about, and the next run ends well', async () => {
  await configure({ near: undefined });
  site.pages.set('/', page('Home', `<p>Edition 1</p>${'<p>text</p>'.repeat(100_000)}`));
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'publish', '--now'], {
    cwd: project.dir,
    env: { ...process.env, TMPDIR: temporary },
    stdio: 'ignore',
  });
  assert.ok(await waitFor(async () => (await readdir(temporary)).length > 0, GONE_MS));
  child.kill(INTERRUPTED);
  await once(child, 'exit');
  assert.ok(
    await waitFor(async () => (await readdir(temporary)).length + (await processesIn(temporary)).length === 0, GONE_MS),
  );
  assert.is((await publish()).exit, 0);
  assert.match(await read('near'), /Edition 1/);
});

test.run();
