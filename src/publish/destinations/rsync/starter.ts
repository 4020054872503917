import { type Command, type Running, start } from './child.ts';
import { type Machine, unreachable } from './failures.ts';
import { type Master, SHARED } from './master.ts';
import { shareConnection } from './shared.ts';
import { scriptOf } from './shell.ts';

/** A script to be run there. */
export interface Script {
  readonly lines: Iterable<string>;
  /** True where it takes as long as what it reads or writes is large. */
  readonly isLong?: boolean;
  /** True where it is run at once, however many others run: the lease hangs on it. */
  readonly isUrgent?: boolean;
}

/** A script that was started. */
export interface Started extends Running {
  /** What ssh complained of, about the connection. */
  said(): string;
}

/** Starts scripts on another machine, over one connection. */
export interface Starter {
  /** Scripts so far. */
  readonly scripts: number;
  /** Waits for its turn and for the connection. The end rejects, as `destination-unwritable`, where that is no more. */
  start(script: Script, signal: AbortSignal): Promise<Started>;
  /** Does what needs the connection itself, which stays as long as that takes. */
  share<T>(work: (master: Master) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Ends the connection, and with it every script. */
  close(): Promise<void>;
}

/** ssh's own exit code for a connection that failed. */
export const NO_CONNECTION = 255;

/** Longest time for a script that moves only names. */
const SHORT_MS = 20_000;
/** Longest time for one that reads all of a release: 300 GB at 100 MB a second. */
const LONG_MS = 3_600_000;
/** sshd allows ten at once on one connection; those that are urgent take the rest. */
const SCRIPTS_AT_ONCE = 6;

/** Connects at the first script. */
export function createStarter(machine: Machine): Starter {
  const shared = shareConnection(machine);
  const turn = turns(SCRIPTS_AT_ONCE);
  let scripts = 0;
  const startShared = async (script: Script, signal: AbortSignal): Promise<Started> => {
    const { master, leave } = await shared.enter(signal);
    if (signal.aborted) leave(false);
    const { stdout, end } = start(commandFor(master, script), signal);
    const told = end.then(
      (ended) => {
        leave(ended.code === NO_CONNECTION);
        return ended;
      },
      (error: unknown) => {
        leave(!signal.aborted);
        // Its folder goes with a connection, so that nothing can be run in it.
        throw master.isOpen || signal.aborted ? error : unreachable(machine, master.said());
      },
    );
    return { stdout, end: told, said: master.said };
  };
  return {
    get scripts() {
      return scripts;
    },
    async start(script, signal) {
      signal.throwIfAborted();
      scripts += 1;
      const leave = script.isUrgent === true ? () => undefined : await turn();
      try {
        const started = await startShared(script, signal);
        return { ...started, end: started.end.finally(leave) };
      } catch (error) {
        leave();
        throw error;
      }
    },
    async share(work, signal) {
      const { master, leave } = await shared.enter(signal);
      let isBroken = true;
      try {
        const result = await work(master);
        isBroken = false;
        return result;
      } finally {
        leave(isBroken && !signal.aborted);
      }
    },
    close: shared.close,
  };
}

function commandFor({ folder }: Master, { lines, isLong = false }: Script): Command {
  const limitMs = isLong ? LONG_MS : SHORT_MS;
  // Whatever the account's shell is, it knows how to become another program.
  return { file: 'ssh', args: [...SHARED, 'there', 'exec sh -s'], cwd: folder, input: scriptOf(lines), limitMs };
}

/** At most so many at once: resolves when it is one's turn, with what ends it. */
function turns(most: number): () => Promise<() => void> {
  let free = most;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async () => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    return leave;
  };
}
