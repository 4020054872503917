import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import type { ReportJson } from '../../src/cycle/report.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

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
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ran>;
  /** `publish … --json`; throws with the output where the last line is no JSON. */
  publish(...args: readonly string[]): Promise<Ran & { readonly json: ReportJson }>;
  read(path: string): Promise<string>;
  close(): Promise<void>;
}

/** Makes an empty project with this configuration in a temporary folder. The program must have been built. */
export async function openProject(config: HoldfastConfig): Promise<Project> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-project-'));
  const project: Project = {
    dir,
    current: join(dir, 'mirror/current'),
    configure: (next) => writeFile(join(dir, 'holdfast.config.json'), JSON.stringify(next)),
    run: (args, env = {}) => run(args, { cwd: dir, env: { ...process.env, ...env } }),
    publish: async (...args) => {
      const ran = await project.run(['publish', '--json', ...args]);
      return { ...ran, json: lastJson(ran) };
    },
    read: (path) => readFile(join(dir, 'mirror/current', path), 'utf8'),
    close: () => rm(dir, { recursive: true, force: true }),
  };
  await project.configure(config);
  return project;
}

function run(args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
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
