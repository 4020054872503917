import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as assert from 'uvu/assert';
import { isHoldfastError } from '../../src/model/errors.ts';
import { takeLock } from '../../src/store/lock.ts';
import { suite } from '../support/suite.ts';

const test = suite('the lock');
const context = { dir: '', path: '' };
const children = new Set<ChildProcess>();

test.before.each(async () => {
  context.dir = await mkdtemp(join(tmpdir(), 'holdfast-lock-'));
  context.path = join(context.dir, 'lock');
});

test.after.each(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await rm(context.dir, { recursive: true });
});

/** Another process that tries for locks; see lock-holder.ts. */
async function startRival() {
  const program = new URL('lock-holder.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  assert.is(await next(), 'ready');
  return {
    pid: child.pid ?? 0,
    ask(line: string): Promise<string> {
      child.stdin.write(`${line}\n`);
      return next();
    },
    async kill(): Promise<void> {
      const closed = once(child, 'exit');
      child.kill('SIGKILL');
      await closed;
      children.delete(child);
    },
  };
}

async function refusal(path: string): Promise<string> {
  const error = await takeLock(path).catch((failure: unknown) => failure);
  assert.ok(isHoldfastError(error, 'locked'), String(error));
  return error.message;
}

/** A lock file as a process that is gone left it. */
async function plantStale(path: string, nonce: string, changes: Record<string, unknown> = {}): Promise<void> {
  const lock = await takeLock(`${path}-model`);
  const holder = JSON.parse(await readFile(`${path}-model`, 'utf8')) as Record<string, unknown>;
  await lock.release();
  // The number is taken, by us, but by a process that started at another time.
  await writeFile(path, JSON.stringify({ ...holder, nonce, started: '1', ...changes }));
}

const nonceOf = (n: number): string => n.toString(16).padStart(24, '0');

test('a held lock refuses at once, naming the process and since when', async () => {
  const lock = await takeLock(context.path);
  const message = await refusal(context.path);
  assert.match(message, new RegExp(`held by process ${process.pid} since \\d{4}-\\d\\d-\\d\\dT`));
  await lock.release();
  await (await takeLock(context.path)).release();
});

test('a released lock leaves nothing, and releasing twice does not release the next holder', async () => {
  const first = await takeLock(context.path);
  await first.release();
  assert.equal(await readdir(context.dir), []);
  const second = await takeLock(context.path);
  await first.release();
  await refusal(context.path);
  assert.equal(await readdir(context.dir), ['lock']);
  await second.release();
});

test('another process that lives is respected, one that was killed is not', async () => {
  const rival = await startRival();
  assert.is(await rival.ask(context.path), 'won');
  assert.match(await refusal(context.path), new RegExp(`process ${rival.pid} `));
  await rival.kill();
  await (await takeLock(context.path)).release();
});

const STALE: readonly [string, Record<string, unknown>][] = [
  ['a reused process number', {}],
  ['a process number that nobody has', { pid: 4_194_303 }],
  ['an earlier start of the machine', { boot: 'another boot' }],
];

test('the lock of a holder that is gone is taken over', async () => {
  for (const [why, changes] of STALE) {
    await plantStale(context.path, nonceOf(1), changes);
    const lock = await takeLock(context.path).catch((error: unknown) => error as Error);
    assert.not.instance(lock, Error, why);
    if (!(lock instanceof Error)) await lock.release();
    assert.equal(await readdir(context.dir), [], why);
  }
});

test('a lock file torn by a power loss is taken over', async () => {
  for (const content of ['', '{"pid":', 'null', '{"nonce":"../x"}']) {
    await writeFile(context.path, content);
    await (await takeLock(context.path)).release();
    assert.equal(await readdir(context.dir), []);
  }
});

test('a holder on another machine or in another container is respected until it is silent for two minutes', async () => {
  for (const changes of [{ host: 'elsewhere', boot: 'another boot' }, { namespace: 'pid:[1]' }]) {
    await plantStale(context.path, nonceOf(1), changes);
    await refusal(context.path);
    const before = new Date(Date.now() - 180_000);
    await utimes(context.path, before, before);
    await (await takeLock(context.path)).release();
  }
});

test('what killed processes left beside the lock is removed by the next holder, and nothing else', async () => {
  await plantStale(`${context.path}.${nonceOf(2)}`, nonceOf(2));
  await plantStale(`${context.path}.after-${nonceOf(3)}`, nonceOf(4));
  await writeFile(join(context.dir, 'lock.json'), 'not ours');
  await writeFile(join(context.dir, `lock.${nonceOf(5)}`), 'half writ');
  const lock = await takeLock(context.path);
  assert.equal((await readdir(context.dir)).sort(), ['lock', 'lock.json']);
  await lock.release();
});

test('a takeover that was itself killed is taken over', async () => {
  await plantStale(context.path, nonceOf(1));
  await plantStale(`${context.path}.after-${nonceOf(1)}`, nonceOf(2));
  await plantStale(`${context.path}.after-${nonceOf(1)}.after-${nonceOf(2)}`, nonceOf(3));
  const lock = await takeLock(context.path);
  assert.equal(await readdir(context.dir), ['lock']);
  await lock.release();
});

test('of many processes that race for a stale lock exactly one wins, round after round', async () => {
  const rivals = await Promise.all(Array.from({ length: 6 }, startRival));
  for (let round = 1; round <= 40; round += 1) {
    const path = join(context.dir, `lock${round}`);
    await plantStale(path, nonceOf(round));
    // Every third round a takeover was begun before and killed.
    if (round % 3 === 0) await plantStale(`${path}.after-${nonceOf(round)}`, nonceOf(1000 + round));
    const answers = await Promise.all(rivals.map((rival) => rival.ask(path)));
    assert.equal(answers.sort(), [...Array(5).fill('locked'), 'won'], `round ${round}`);
    const left = (await readdir(context.dir)).filter((name) => name.startsWith(`lock${round}.`));
    assert.equal(left, [], `round ${round}`);
    await Promise.all(rivals.map((rival) => rival.ask('release')));
    assert.equal(await readdir(context.dir), [], `round ${round}`);
  }
});

test('takes and releases in turn by many at once never let two hold it', async () => {
  let holders = 0;
  let taken = 0;
  const deadline = Date.now() + 20_000;
  async function contend(): Promise<void> {
    for (let won = 0; won < 5 && Date.now() < deadline; ) {
      const lock = await takeLock(context.path).catch((error: unknown) => {
        assert.ok(isHoldfastError(error, 'locked'), String(error));
        return undefined;
      });
      if (lock === undefined) continue;
      holders += 1;
      assert.is(holders, 1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      holders -= 1;
      await lock.release();
      won += 1;
      taken += 1;
    }
  }
  await Promise.all(Array.from({ length: 6 }, contend));
  assert.is(taken, 30);
});

test.run();
