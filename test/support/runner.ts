import { type ChildProcess, spawn } from 'node:child_process';
import { type Bundles, bundleTests } from './bundles.ts';
import type { TestFile } from './files.ts';
import { type Outcome, outcomeOf } from './outcome.ts';

/** Files at a time: the machines this runs on have two cores. */
const AT_ONCE = 2;

/** A file's outcome, how long it took, and all it printed. */
export interface Ran extends Outcome {
  readonly path: string;
  readonly seconds: number;
  readonly output: string;
}

const running = new Set<ChildProcess>();

export interface Running {
  /** Resolves once what had to be installed is: files that need it wait, others run meanwhile. Never rejects. */
  readonly installed: Promise<void>;
  readonly report: (ran: Ran) => void;
}

/**
 * Runs each file in a process of its own: two at a time, beside them one of those that only wait, and those marked exclusive
 * alone at the end. Reports each as it ends. Where one does not compile none runs, and that is one failed test.
 */
export async function runFiles(root: string, files: readonly TestFile[], running: Running): Promise<Ran[]> {
  const began = performance.now();
  const paths = files.map(({ path }) => path);
  const bundles = await bundleTests(root, paths).catch(String);
  if (typeof bundles !== 'string') return runBundled(root, files, { ...running, bundles });
  const seconds = (performance.now() - began) / 1000;
  const broken: Ran = { path: 'all, compiled', passed: 0, failed: 1, skipped: 0, notes: [], seconds, output: bundles };
  running.report(broken);
  return [broken];
}

async function runBundled(
  root: string,
  files: readonly TestFile[],
  { installed, report, bundles }: Running & { readonly bundles: Bundles },
): Promise<Ran[]> {
  const alone = files.filter(({ exclusive }) => exclusive);
  const waiting = files.filter(({ exclusive, waits }) => waits && !exclusive);
  const shared = files.filter(({ exclusive, waits }) => !waits && !exclusive);
  const results: Ran[] = [];
  let isInstalled = false;
  void installed.then(() => {
    isInstalled = true;
  });
  const work = async (queue: TestFile[]) => {
    while (queue.length > 0) {
      const at = queue.findIndex(({ needsParts }) => isInstalled || !needsParts);
      if (at < 0) await installed;
      const [file] = queue.splice(Math.max(at, 0), 1);
      if (file === undefined) return;
      const ran = await runFile(root, file, bundles);
      results.push(ran);
      report(ran);
    }
  };
  await Promise.all([work(waiting), ...Array.from({ length: AT_ONCE }, () => work(shared))]);
  await work(alone);
  bundles.close();
  return results;
}

/** Ends every test that is running, with what it started. For when the runner itself is told to stop. */
export function stopFiles(): void {
  for (const child of running) killGroup(child);
}

/** No test asks anyone outside this machine, and to read the authorities for it is a third of a start of Node. */
const { NODE_EXTRA_CA_CERTS: _, ...ENVIRONMENT } = process.env;

async function runFile(root: string, file: TestFile, bundles: Bundles): Promise<Ran> {
  const began = performance.now();
  // detached: a process group of its own, so that the time limit ends what the test started too.
  const child = spawn(process.execPath, bundles.argumentsFor(file.path), {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...ENVIRONMENT, FORCE_COLOR: '0' },
  });
  running.add(child);
  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    killGroup(child);
  }, file.limitMs);
  const [output, code] = await Promise.all([outputOf(child), codeOf(child)]);
  clearTimeout(limit);
  running.delete(child);
  const seconds = (performance.now() - began) / 1000;
  return { ...outcomeOf({ code, timedOut, output }), path: file.path, seconds, output };
}

async function outputOf(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.once('close', resolve));
  return Buffer.concat(chunks).toString('utf8');
}

function codeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      killGroup(child); // what a test left running would hold its output open, and ports
      resolve(code);
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error; // nothing left of the group, or nothing of ours
  }
}
