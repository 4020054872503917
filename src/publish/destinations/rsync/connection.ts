import { type Command, type End, type Ended, type Running, start, toItsEnd } from './child.ts';
import { failedThere, type Machine, unreachable } from './failures.ts';
import { type Master, openMaster, SHARED } from './master.ts';
import { shareConnection } from './shared.ts';
import { BEGUN, scriptOf } from './shell.ts';
import { lineAndBytes, type Streamed } from './streamed.ts';

/** A folder of another machine. */
export interface There extends Machine {
  /** Absolute. */
  readonly dir: string;
}

/** A script to be run there. */
export interface Script {
  readonly lines: Iterable<string>;
  /** True where it takes as long as what it reads or writes is large. */
  readonly isLong?: boolean;
  /** True where it is run at once, however many others run: the lease hangs on it. */
  readonly isUrgent?: boolean;
}

/** Programs run on another machine. Nothing of it keeps a process from ending, and nothing of it outlives its process. */
export interface Connection {
  /** Scripts and transfers so far. */
  readonly calls: number;
  /** Runs a script and gives what it printed. Throws `destination-unwritable` where it failed. */
  run(script: Script, signal: AbortSignal): Promise<string>;
  /** As `run`, but gives how it ended, well or not; throws only where the connection failed. */
  runToItsEnd(script: Script, signal: AbortSignal): Promise<Ended>;
  /** Runs a script that prints one line and then bytes, and gives both as they come; the bytes fail where the script does. */
  stream(script: Script, signal: AbortSignal): Promise<Streamed>;
  /** Copies what is in a folder here into a new one there, by rsync over a connection of its own, so that it holds up no script. */
  send(from: string, to: string, signal: AbortSignal): Promise<void>;
  /** Ends what is open, and waits until it has ended. */
  close(): Promise<void>;
}

/** Longest time for a script that moves only names. */
const SHORT_MS = 20_000;
/** Longest time for one that reads all of a release: 300 GB at 100 MB a second. */
const LONG_MS = 3_600_000;
/** rsync ends when nothing moved for this long. */
const SILENT_SECONDS = 60;
/** sshd allows ten at once on one connection; those that are urgent take the rest. */
const SCRIPTS_AT_ONCE = 6;
/** ssh's own exit code for a connection that failed. */
const NO_CONNECTION = 255;

/** Modes are what that machine's umask makes of them, as for any file written there. All is new, so there is nothing to compare. */
const RSYNC = ['-s', '--recursive', '--links', '--whole-file', '--inplace', '--compress', '--chmod=ugo=rwX'];

/** Connects at the first call. */
export function createConnection(there: There): Connection {
  const shared = shareConnection(there);
  const turn = turns(SCRIPTS_AT_ONCE);
  let calls = 0;
  const begin = async (script: Script, signal: AbortSignal): Promise<Running> => {
    signal.throwIfAborted();
    calls += 1;
    const leave = script.isUrgent === true ? () => undefined : await turn();
    try {
      const master = await shared.enter(signal);
      const { stdout, end } = start(commandFor(master, script), signal);
      return { stdout, end: end.finally(shared.leave).finally(leave) };
    } catch (error) {
      leave();
      throw error;
    }
  };
  const broken = (end: End): Error =>
    end.code === undefined ? failedThere(there, there.dir, end) : unreachable(there, shared.said() || BROKEN_OFF);
  const runToItsEnd = async (script: Script, signal: AbortSignal): Promise<Ended> => {
    const ended = await toItsEnd(await begin(script, signal));
    const at = ended.stdout.indexOf(BEGUN);
    if (at < 0 || ended.code === NO_CONNECTION) throw broken(ended);
    return { ...ended, stdout: ended.stdout.slice(at + BEGUN.length) };
  };
  return {
    get calls() {
      return calls;
    },
    runToItsEnd,
    async run(script, signal) {
      const ended = await runToItsEnd(script, signal);
      if (ended.code !== 0) throw failedThere(there, there.dir, ended);
      return ended.stdout;
    },
    async stream(script, signal) {
      const stop = new AbortController();
      const running = await begin(script, AbortSignal.any([signal, stop.signal]));
      const checked = running.end.then((end) => {
        if (end.code !== 0) throw end.code === NO_CONNECTION ? broken(end) : failedThere(there, there.dir, end);
      });
      const { line, bytes } = await lineAndBytes(running.stdout, checked);
      return { line, bytes: bytes.once('close', () => stop.abort()) };
    },
    async send(from, to, signal) {
      calls += 1;
      const master = await openMaster(there, signal);
      try {
        const ended = await toItsEnd(start(rsync(master, from, to), signal));
        if (ended.code !== 0) throw failedThere(there, to, ended);
      } finally {
        await master.close();
      }
    },
    close: shared.close,
  };
}

const BROKEN_OFF = 'the connection broke off';

function commandFor({ folder }: Master, { lines, isLong = false }: Script): Command {
  const limitMs = isLong ? LONG_MS : SHORT_MS;
  // Whatever the account's shell is, it knows how to become another program.
  return { file: 'ssh', args: [...SHARED, 'there', 'exec sh -s'], cwd: folder, input: scriptOf(lines), limitMs };
}

function rsync({ folder }: Master, from: string, to: string): Command {
  const shell = ['ssh', ...SHARED].join(' ');
  const args = [...RSYNC, `--timeout=${SILENT_SECONDS}`, '-e', shell, '--', `${from}/`, `there:${to}/`];
  return { file: 'rsync', args, cwd: folder, limitMs: undefined };
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
