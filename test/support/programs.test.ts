import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isAlive, isGone, ready, runProgram, startProgram } from './programs.ts';
import { suite } from './suite.ts';

const test = suite<{ dir: string; log: string }>('programs that tests start');

test.before(async (context) => {
  context.dir = await mkdtemp(join(tmpdir(), 'holdfast-programs-'));
  context.log = join(context.dir, 'log');
});

test.after(({ dir }) => rm(dir, { recursive: true }));

const never = async () => false;

const failureOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => assert.unreachable('it should have failed'),
    (reason: unknown) => reason,
  );
  return (error as Error).message;
};

test('one that ends instead of getting ready is told with the end of its log', async ({ log }) => {
  const program = startProgram(log, '/bin/sh', ['-c', 'echo no room on the shelf; exit 3']);
  assert.match(await failureOf(ready(program, never, 10_000)), /it ended;.*no room on the shelf/s);
});

test('one that is not ready in time is ended', async ({ log }) => {
  const program = startProgram(log, '/bin/sh', ['-c', 'echo still thinking; exec sleep 100']);
  assert.match(await failureOf(ready(program, never, 200)), /not ready after 200 ms;.*still thinking/s);
  assert.is(isAlive(program.pid), false);
});

test('one that does not exist is told too', async ({ log }) => {
  const program = startProgram(log, '/no/such/program', []);
  assert.match(await failureOf(ready(program, never, 10_000)), '/no/such/program');
});

test('a run gives what was printed, and ends at its limit', async () => {
  assert.is(await runProgram('/bin/echo', ['high tide'], 10_000), 'high tide\n');
  assert.match(await failureOf(runProgram('/bin/sh', ['-c', 'echo low; exit 4'], 10_000)), /ended with 4: low/);
  assert.match(await failureOf(runProgram('/bin/sleep', ['100'], 100)), 'SIGKILL');
});

test('one ends with the process that started it, though that was killed', async ({ log }) => {
  const source = `import { startProgram } from ${JSON.stringify(new URL('./programs.ts', import.meta.url).href)};
    console.log(startProgram(${JSON.stringify(log)}, '/bin/sleep', ['100']).pid); setInterval(() => {}, 1000);`;
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', source];
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  assert.ok(isAlive(pid));
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  assert.ok(await isGone(pid));
});

test.run();
