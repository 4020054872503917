import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ComposeAnswer, ComposeJob } from './eleventy.ts';
import { broken } from './inputs.ts';

/** How sources in a folder become pages. Throws `template-broken` where that takes too long or the child dies, and the signal's reason. */
export type Build = (job: ComposeJob, signal: AbortSignal) => Promise<ComposeAnswer>;

/** Keeps a child between builds: with it a build takes some ten milliseconds, where a new child's takes most of a second. */
export interface Builder {
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

/** For who builds now and then: a process that stays, as `run` does, should not hold a child's memory for pages that change once a day. */
const IDLE_MS = 120_000;

/**
 * Builds by one child, which is made when it is first needed, and again after one that broke off or was stopped; a build that comes while
 * it is at work gets another. One that nobody needed for `idleMs` is ended. A child at rest keeps no process from ending, and ends with it.
 */
export function openBuilder(idleMs = Number.POSITIVE_INFINITY): Builder {
  let resting: Child | undefined;
  const take = (): Child => {
    const child = resting ?? start();
    resting = undefined;
    child.wake();
    return child;
  };
  const rest = async (child: Child): Promise<void> => {
    if (resting !== undefined || child.builds >= BUILDS) return child.end();
    resting = child;
    const leave = (): void => {
      if (resting === child) resting = undefined;
      void child.end();
    };
    child.rest(leave, idleMs);
  };
  const build: Build = async (job, signal) => {
    const child = take();
    try {
      const answer = await answerOf(child.process, job, signal);
      await rest(child);
      return answer;
    } catch (error) {
      // One that died at rest, or of what earlier builds left in it, says nothing of these templates.
      const isStale = child.builds > 1 && hasEnded(child.process) && !signal.aborted;
      await child.end();
      if (isStale) return build(job, signal);
      throw error;
    }
  };
  return {
    build,
    async close() {
      const last = resting;
      resting = undefined;
      await last?.end();
    },
  };
}

/** The builder of this process. */
export const buildHere: Build = openBuilder(IDLE_MS).build;

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

interface Child {
  readonly process: ChildProcess;
  /** Builds so far. */
  readonly builds: number;
  /** Begins a build. */
  wake(): void;
  /** Keeps no process from ending until it is woken; `isOver` is called when it was not for `idleMs`, or died. */
  rest(isOver: () => void, idleMs: number): void;
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
  let builds = 0;
  let wake = (): void => undefined;
  return {
    process: child,
    get builds() {
      return builds;
    },
    wake() {
      wake();
      builds += 1;
    },
    rest(isOver, idleMs) {
      const timer = idleMs < Number.POSITIVE_INFINITY ? setTimeout(isOver, idleMs).unref() : undefined;
      child.once('exit', isOver).unref();
      child.channel?.unref();
      wake = () => {
        clearTimeout(timer);
        child.off('exit', isOver).ref();
        child.channel?.ref();
      };
    },
    end: async () => {
      wake();
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
