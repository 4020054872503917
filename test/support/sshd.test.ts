import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { accepts, isAlive, isGone, runProgram } from './programs.ts';
import { type Sshd, startSshd } from './sshd.ts';
import { suite } from './suite.ts';

const test = suite<{ sshd: Sshd; dir: string }>('sshd for tests', { needs: ['sshd'] });

test.before(async (context) => {
  context.dir = await mkdtemp(join(tmpdir(), 'holdfast-sshd-test-'));
  context.sshd = await startSshd();
});

test.after(async ({ sshd, dir }) => {
  await sshd?.stop();
  await rm(dir, { recursive: true });
});

const LIMIT_MS = 20_000;
const ssh = ({ sshArguments, host }: Sshd, command: string) =>
  runProgram('/usr/bin/ssh', [...sshArguments, host, command], LIMIT_MS);

test('runs a command as the user of the tests', async ({ sshd }) => {
  assert.is(await ssh(sshd, 'printf %s "$SSH_CONNECTION" | wc -w; id -un'), `4\n${sshd.user}\n`);
});

test('lets rsync copy a folder', async ({ sshd, dir }) => {
  await mkdir(join(dir, 'from'));
  await writeFile(join(dir, 'from/tide.html'), 'high');
  const shell = ['/usr/bin/ssh', ...sshd.sshArguments].join(' ');
  await runProgram('/usr/bin/rsync', ['-a', '-e', shell, `${dir}/from/`, `${sshd.host}:${dir}/to/`], LIMIT_MS);
  assert.is(await readFile(join(dir, 'to/tide.html'), 'utf8'), 'high');
});

test('lets no other key in', async ({ sshd, dir }) => {
  const other = join(dir, 'other');
  await runProgram('/usr/bin/ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other], LIMIT_MS);
  const asOther = { ...sshd, sshArguments: sshd.sshArguments.map((each) => (each === sshd.identity ? other : each)) };
  const refusal = await ssh(asOther, 'true').catch((error: Error) => error.message);
  assert.match(refusal, 'Permission denied (publickey)');
});

test('drops connections with what they run, and takes new ones', async ({ sshd }) => {
  const held = await hold(sshd);
  sshd.drop();
  assert.is(await held.exit, 255);
  assert.ok(await isGone(held.remote));
  assert.is(await ssh(sshd, 'echo back'), 'back\n');
});

test('stops with its connections, and leaves no folder', async () => {
  const sshd = await startSshd();
  assert.is((await stat(sshd.identity)).mode & 0o777, 0o600);
  const held = await hold(sshd);
  await sshd.stop();
  assert.is(await held.exit, 255);
  assert.equal([await isGone(held.remote), isAlive(sshd.pid)], [true, false]);
  assert.is(await accepts(sshd.port), false);
  assert.is(existsSync(dirname(sshd.identity)), false);
});

/** A connection in use: the process id of what runs at its far end, and how `ssh` ends. */
async function hold({ sshArguments, host }: Sshd) {
  const child = spawn('/usr/bin/ssh', [...sshArguments, host, 'echo $$; exec sleep 100'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { remote: Number(line.toString()), exit };
}

test.run();
