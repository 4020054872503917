import { type Command, type End, type Ended, start, toItsEnd } from './child.ts';
import { failedThere, type Machine, unreachable } from './failures.ts';
import { type Master, openMaster, SHARED } from './master.ts';
import { BEGUN } from './shell.ts';
import { createStarter, type Script } from './starter.ts';
import { lineAndBytes, type Streamed } from './streamed.ts';

/** A folder of another machine. */
export interface There extends Machine {
  /** Absolute. */
  readonly dir: string;
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

/** rsync ends when nothing moved for this long. */
const SILENT_SECONDS = 60;
/** ssh's own exit code for a connection that failed. */
const NO_CONNECTION = 255;

/** Modes are what that machine's umask makes of them, as for any file written there. All is new, so there is nothing to compare. */
const RSYNC = ['-s', '--recursive', '--links', '--whole-file', '--inplace', '--compress', '--chmod=ugo=rwX'];

/** Connects at the first call. */
export function createConnection(there: There): Connection {
  const starter = createStarter(there);
  let transfers = 0;
  const failed = (end: End, said = ''): Error =>
    end.code === NO_CONNECTION || said !== ''
      ? unreachable(there, starter.said() || said)
      : failedThere(there, there.dir, end);
  const runToItsEnd = async (script: Script, signal: AbortSignal): Promise<Ended> => {
    const ended = await toItsEnd(await starter.start(script, signal));
    const at = ended.stdout.indexOf(BEGUN);
    if (at < 0) throw failed(ended, ended.stdout.trim());
    if (ended.code === NO_CONNECTION) throw failed(ended);
    return { ...ended, stdout: ended.stdout.slice(at + BEGUN.length) };
  };
  return {
    get calls() {
      return starter.scripts + transfers;
    },
    runToItsEnd,
    async run(script, signal) {
      const ended = await runToItsEnd(script, signal);
      if (ended.code !== 0) throw failed(ended);
      return ended.stdout;
    },
    async stream(script, signal) {
      const stop = new AbortController();
      const { stdout, end } = await starter.start(script, AbortSignal.any([signal, stop.signal]));
      const checked = end.then((ended) => {
        if (ended.code !== 0) throw failed(ended);
      });
      const { line, bytes } = await lineAndBytes(stdout, checked);
      return { line, bytes: bytes.once('close', () => stop.abort()) };
    },
    async send(from, to, signal) {
      transfers += 1;
      const master = await openMaster(there, signal);
      try {
        const ended = await toItsEnd(start(rsync(master, from, to), signal));
        if (ended.code !== 0) throw failedThere(there, to, ended);
      } finally {
        await master.close();
      }
    },
    close: starter.close,
  };
}

function rsync({ folder }: Master, from: string, to: string): Command {
  const shell = ['ssh', ...SHARED].join(' ');
  const args = [...RSYNC, `--timeout=${SILENT_SECONDS}`, '-e', shell, '--', `${from}/`, `there:${to}/`];
  return { file: 'rsync', args, cwd: folder, limitMs: undefined };
}
