import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { entryOf } from '../../../src/inbox/entry.ts';
import { builtPath } from '../../support/built.ts';
import { accepts } from '../../support/programs.ts';

/** `holdfast inbox` as a service manager runs it: started again whenever it ends. */
export interface Keeper {
  /** Resolves when it listens. */
  ready(): Promise<void>;
  /** As a machine that fails. */
  kill(): void;
  /** Receipts of what waits. */
  entries(): readonly string[];
  /** Files of the spool, and the log, in which a pattern is found. */
  find(pattern: RegExp): Promise<readonly string[]>;
  stop(): Promise<void>;
  /** The end of what it said. */
  said(): string;
}

const POLL_MS = 20;
const READY_MS = 60_000;

/** Runs it in a project's folder; nothing of this process's environment but the path is in its own. */
export function startKeeper(dir: string, port: number): Keeper {
  const spool = join(dir, '.holdfast/production/inbox');
  let isOver = false;
  let log = '';
  let child: ChildProcess;
  const start = () => {
    child = spawn(process.execPath, [builtPath('cli/main'), 'inbox'], {
      cwd: dir,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (part) => {
      log += part;
    });
    child.once('exit', () => {
      if (!isOver) start();
    });
  };
  const onExit = () => child.kill('SIGKILL');
  process.once('exit', onExit);
  start();
  return {
    async ready() {
      for (const ends = Date.now() + READY_MS; Date.now() < ends; await wait(POLL_MS)) if (await accepts(port)) return;
      throw new Error(`the inbox did not come up: ${log.slice(-2000)}`);
    },
    said: () => log.slice(-1500),
    kill: () => void child.kill('SIGKILL'),
    entries: () => readdirSync(join(spool, 'new')).flatMap((name) => entryOf(name)?.receipt ?? []),
    async find(pattern) {
      const entries = await readdir(spool, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      const texts = await Promise.all(files.map((file) => readFile(file, 'latin1')));
      const found = files.filter((file, at) => pattern.test(file.slice(spool.length)) || pattern.test(texts[at] ?? ''));
      return pattern.test(log) ? [...found, 'log'] : found;
    },
    async stop() {
      isOver = true;
      process.off('exit', onExit);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}
