import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import type { build as Build } from 'esbuild';
import { MARKER } from './marker.ts';

/** Every call by which the file system is changed or made durable, and the opening of files. */
const CALLS = ['openat', 'pwrite64', 'fsync', 'link', 'symlink', 'rename', 'mkdir', 'unlink', 'rmdir'] as const;
/** Others by which the same could be done: seen, they would have to be added above. */
const UNEXPECTED = [
  'fdatasync',
  'linkat',
  'symlinkat',
  'renameat',
  'renameat2',
  'mkdirat',
  'unlinkat',
  'truncate',
  'ftruncate',
  'sendfile',
  'copy_file_range',
  'io_uring_enter',
];

/** One system call of the publish. */
export interface Call {
  readonly name: string;
  /** Its number among the calls of that name in its thread, from 1: what strace wants to hear. */
  readonly nth: number;
  readonly text: string;
}

export interface Ended {
  /** The exit code, or null where it was killed. */
  readonly code: number | null;
  readonly stderr: string;
}

/** Bundles the child once, so that each run starts in the time that Node alone takes; the bundle's path. */
export async function bundleChild(folder: string, main = 'publish-once.ts'): Promise<string> {
  const require = createRequire(createRequire(import.meta.url).resolve('tsx/package.json'));
  const { build } = require('esbuild') as { build: typeof Build };
  const outfile = join(folder, main.replace(/\.ts$/, '.mjs'));
  const entryPoints = [new URL(main, import.meta.url).pathname];
  await build({
    entryPoints,
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
    // Older packages ask for Node's own modules in the older way.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
  });
  return outfile;
}

/** Runs the child without faults. */
export function run(bundle: string, args: readonly string[]): Promise<Ended> {
  return start(process.execPath, [bundle, ...args]);
}

/** Runs the child with one fault: `signal=KILL`, or `error=EIO` and the like, in place of one call. */
export function runWithFault(bundle: string, args: readonly string[], call: Call, fault: string): Promise<Ended> {
  const inject = `inject=${call.name}:${fault}:when=${call.nth}`;
  // The quick way to trace does not deliver signals.
  const quick = fault.startsWith('signal') ? [] : ['--seccomp-bpf'];
  const options = ['-f', '-qqq', ...quick, '-o', '/dev/null', '-e', `trace=${CALLS.join(',')}`, '-e', inject];
  return start('/usr/bin/strace', [...options, process.execPath, bundle, ...args]);
}

/** A child that stops itself in place of going on after one call. */
export interface Stopped {
  /** True where it stopped, false where it ended before. */
  readonly hasStopped: Promise<boolean>;
  /** Has it go on; how it ended. */
  resume(): Promise<Ended>;
}

const POLL_MS = 10;
const RESUME_MS = 100;
/** Looks in a row that must find it standing still. */
const LOOKS = 30;

/** Runs the child; it is stopped, as a machine that sleeps would stop it, when it has made this call. */
export function runToStop(bundle: string, args: readonly string[], call: Call): Stopped {
  const inject = `inject=${call.name}:signal=STOP:when=${call.nth}`;
  const options = ['-f', '-qqq', '-o', '/dev/null', '-e', `trace=${CALLS.join(',')}`, '-e', inject];
  const child = spawn('/usr/bin/strace', [...options, process.execPath, bundle, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: ENVIRONMENT,
  });
  const ended = endOf(child);
  let isOver = false;
  void ended.finally(() => {
    isOver = true;
  });
  const stop = async (): Promise<number | undefined> => {
    for (;;) {
      if (isOver) return undefined;
      const pid = await onlyChildOf(child.pid ?? 0);
      if (pid !== undefined && (await isStopped(pid))) return pid;
      await wait(POLL_MS);
    }
  };
  const stopped = stop();
  return {
    hasStopped: stopped.then((pid) => pid !== undefined),
    async resume() {
      const pid = await stopped;
      // One that came too early, on a busy machine, is said again.
      while (pid !== undefined && !isOver) {
        tryKill(pid);
        await wait(RESUME_MS);
      }
      return ended;
    },
  };
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended meanwhile.
  }
}

async function onlyChildOf(pid: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return children.trim() === '' ? undefined : Number(children.trim().split(' ')[0]);
}

/** Of a process that is traced a stop shows as `t` too, for a moment at each call: only one that lasts is a stop. */
async function isStopped(pid: number): Promise<boolean> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (!/^\d+ \(.*\) [Tt] /.test(stat)) return false;
    await wait(POLL_MS);
  }
  return true;
}

/** The calls of one run without faults that name a path in `dir` or a file opened in it, in order. */
export async function callsOf(bundle: string, args: readonly string[], dir: string): Promise<readonly Call[]> {
  const log = `${bundle}.trace`;
  const trace = [...CALLS, ...UNEXPECTED].join(',');
  const options = ['-f', '-qqq', '-y', '-s', '300', '--seccomp-bpf', '-o', log, '-e', `trace=${trace}`];
  const ended = await start('/usr/bin/strace', [...options, process.execPath, bundle, ...args]);
  if (ended.code !== 0) throw new Error(`the run to count ended with ${ended.code}: ${ended.stderr}`);
  const lines = (await readFile(log, 'utf8')).split('\n');
  await rm(log);
  return parse(whole(lines), dir);
}

/** One line a call: strace breaks one in two where another thread's came between its beginning and its end. */
function whole(lines: readonly string[]): readonly string[] {
  const joined: string[] = [];
  const open = new Map<string, number>();
  for (const line of lines) {
    const [, by = '', rest] = /^(\d+) +<\.\.\. \w+ resumed>(.*)$/.exec(line) ?? [];
    const at = open.get(by);
    if (rest !== undefined && at !== undefined) joined[at] = `${joined[at]}${rest}`;
    if (rest !== undefined) continue;
    const [begun = '', tail] = line.split(' <unfinished ...>');
    if (tail !== undefined) open.set(line.split(' ')[0] ?? '', joined.length);
    joined.push(begun);
  }
  return joined;
}

function parse(lines: readonly string[], dir: string): readonly Call[] {
  const marker = lines.findIndex((line) => line.includes(MARKER));
  const thread = lines[marker]?.split(' ')[0];
  if (thread === undefined) throw new Error('the marker was not seen');
  const counts = new Map<string, number>();
  const calls: Call[] = [];
  for (const [at, line] of lines.entries()) {
    const [, by, name] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (by === undefined || name === undefined) continue;
    const nth = (counts.get(`${by} ${name}`) ?? 0) + 1;
    counts.set(`${by} ${name}`, nth);
    if (at < marker || !line.includes(dir)) continue;
    if (by !== thread) throw new Error(`a call on another thread: ${line}`);
    if (UNEXPECTED.includes(name)) throw new Error(`a call that no fault reaches: ${line}`);
    calls.push({ name, nth, text: line });
  }
  for (const { name, nth, text } of calls) {
    const other = [...counts].find(
      ([key, count]) => key.endsWith(` ${name}`) && !key.startsWith(`${thread} `) && count >= nth,
    );
    if (other !== undefined) throw new Error(`a fault would hit ${other[0]} before ${text}`);
  }
  return calls;
}

/** One thread does all of Node's work on files, so that calls come in one order and have fixed numbers. */
const ENVIRONMENT = { PATH: '/usr/bin:/bin', UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' };

function start(command: string, args: readonly string[]): Promise<Ended> {
  return endOf(spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: ENVIRONMENT }));
}

async function endOf(child: ChildProcessByStdio<null, null, Readable>): Promise<Ended> {
  const code = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const stderr = await text(child.stderr);
  return { code: await code, stderr };
}
