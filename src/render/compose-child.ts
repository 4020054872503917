import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ComposeAnswer, ComposeJob } from './eleventy.ts';
import { broken } from './inputs.ts';

/** How sources in a folder become pages. Throws `template-broken` where that takes too long or the child dies, and the signal's reason. */
export type Build = (job: ComposeJob, signal: AbortSignal) => Promise<ComposeAnswer>;

/** A child that is kept between builds: a build takes some ten milliseconds, where a new child's takes most of a second. */
export interface Builder {
  /** One at a time. */
  readonly build: Build;
  close(): Promise<void>;
}

/** Megabytes of heap of a build; a template that asks for more is in a loop too. */
const HEAP = 512;
/** What of the environment a build sees: no credential is among it. */
const ENVIRONMENT = ['PATH', 'HOME', 'TZ', 'LANG'];
/** A thread of Eleventy's that has it read changed modules again: each build has a folder of its own, so none ever changes. */
const SPARED = { ELEVENTY_SKIP_ESM_RESOLVER: '1' };
/** A child that is kept is followed by a new one after so many builds, for what templates and caches leave behind. */
const BUILDS = 500;

/** The child's file: beside this one, with this one's ending, both as TypeScript and compiled. */
export const CHILD = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './eleventy.ts' : './eleventy.js', import.meta.url),
);

/** A build by a child of its own. */
export const buildOnce: Build = async (job, signal) => {
  const child = start();
  try {
    return await answerOf(child.process, job, signal);
  } finally {
    await child.end();
  }
};

/** Builds by one child, which is made when it is first needed, and again after one that broke off or was stopped. */
export function openBuilder(): Builder {
  let child: Child | undefined;
  let builds = 0;
  const close = async (): Promise<void> => {
    const last = child;
    child = undefined;
    builds = 0;
    await last?.end();
  };
  return {
    async build(job, signal) {
      if (builds === BUILDS) await close();
      child ??= start();
      builds += 1;
      try {
        return await answerOf(child.process, job, signal);
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}

interface Child {
  readonly process: ChildProcess;
  end(): Promise<void>;
}

function start(): Child {
  const loaders = CHILD.endsWith('.ts') ? process.execArgv.filter((argument) => !argument.startsWith('--inspect')) : [];
  const child = fork(CHILD, [], {
    env: { ...Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]])), ...SPARED },
    execArgv: [...loaders, `--max-old-space-size=${HEAP}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const gone = child.pid === undefined ? undefined : new Promise((resolve) => child.once('exit', resolve));
  return {
    process: child,
    end: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

// A timer and a listener of our own: in Node 20 AbortSignal.any() and timeout() may be collected before they fire.
async function answerOf(child: ChildProcess, job: ComposeJob, signal: AbortSignal): Promise<ComposeAnswer> {
  signal.throwIfAborted();
  let settled = () => {};
  const answer = new Promise<ComposeAnswer>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    const tooLong = broken(
      `the templates did not render within ${job.limit / 1000} s`,
      'look for a loop that does not end',
    );
    const timer = setTimeout(() => reject(tooLong), job.limit);
    const tell = (message: unknown) => resolve(message as ComposeAnswer);
    const die = (code: number | null, killed: NodeJS.Signals | null) => {
      const how = killed === null ? `exit code ${code}` : killed;
      reject(
        broken(`the build of the templates broke off (${how})`, `a template may want more than ${HEAP} MB of memory`),
      );
    };
    signal.addEventListener('abort', abort);
    child.on('message', tell).on('error', reject).on('exit', die);
    settled = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      child.off('message', tell).off('error', reject).off('exit', die);
    };
    // A child that died at once is told of by its exit.
    child.send(job, () => {});
  });
  return answer.finally(settled);
}
