import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type * as Program from '../../src/cli/program.ts';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import type { ReportJson } from '../../src/cycle/report.ts';
import { builtPath, importBuilt } from './built.ts';

/** In this process a run takes a fifth of what a process of its own does. */
const { runProgram } = await importBuilt<typeof Program>('cli/program');

/** What the program did, as a user sees it. */
export interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project folder of a user, with the compiled program at hand. */
export interface Project {
  readonly dir: string;
  /** The folder a web server would serve. */
  readonly current: string;
  configure(config: HoldfastConfig): Promise<void>;
  /** Runs the compiled program in this process. */
  run(args: readonly string[]): Promise<Ran>;
  /** Runs it in a process of its own, as a user does. */
  spawn(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ran>;
  /** `publish … --json`; throws with the output where the last line is no JSON. */
  publish(...args: readonly string[]): Promise<Ran & { readonly json: ReportJson }>;
  read(path: string): Promise<string>;
  /** Another project with all that this one has: its state and what is live. */
  copy(): Promise<Project>;
  close(): Promise<void>;
}

/** Makes an empty project with this configuration in a temporary folder. The program must have been built. */
export async function openProject(config: HoldfastConfig): Promise<Project> {
  const project = projectIn(await newFolder());
  await project.configure(config);
  return project;
}

const newFolder = () => mkdtemp(join(tmpdir(), 'holdfast-project-'));

function projectIn(dir: string): Project {
  const project: Project = {
    dir,
    current: join(dir, 'mirror/current'),
    configure: (next) => writeFile(join(dir, 'holdfast.config.json'), JSON.stringify(next)),
    run: (args) => runHere(args, dir),
    spawn: (args, env = {}) => run(args, { cwd: dir, env: { ...process.env, ...env } }),
    publish: async (...args) => {
      const ran = await project.run(['publish', '--json', ...args]);
      return { ...ran, json: lastJson(ran) };
    },
    read: (path) => readFile(join(dir, 'mirror/current', path), 'utf8'),
    copy: async () => {
      const folder = await newFolder();
      // Not fs.cp: a mirror has hard links, and links that lead nowhere by themselves.
      await promisify(execFile)('cp', ['-a', `${dir}/.`, folder]);
      return projectIn(folder);
    },
    close: () => rm(dir, { recursive: true, force: true }),
  };
  return project;
}

async function runHere(args: readonly string[], cwd: string): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const { signal } = new AbortController();
  const exit = await runProgram(args, {
    cwd,
    env: process.env,
    signal,
    input: () => Readable.from([]),
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
  });
  return { exit, stdout, stderr };
}

function run(args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<Ran> {
  const child = spawn(process.execPath, [builtPath('cli/main'), ...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, stdout, stderr }));
  });
}

function lastJson({ exit, stdout, stderr }: Ran): ReportJson {
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(last) as ReportJson;
  } catch {
    throw new Error(`exit ${exit}, and the last line is no JSON:\n${stdout}\n${stderr}`);
  }
}

/** The least configuration: one hot lane, a mirror, no limit on requests. */
export function smallConfig(origin: string, more: Partial<HoldfastConfig> = {}): HoldfastConfig {
  return {
    site: { name: 'Tide pools', url: 'https://www.example.org' },
    origin: { url: origin, requestsPerSecond: 0, concurrency: 4 },
    lanes: [{ name: 'hot', paths: ['/'], every: '1m' }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
    ...more,
  };
}
