import { type End, type Ended, start, toItsEnd } from './child.ts';
import { codeIn, failedThere, firstLine, type Machine, unreachable } from './failures.ts';
import { type Master, openMaster, SHARED } from './master.ts';
import { BEGUN } from './shell.ts';
import { createStarter, NO_CONNECTION, type Script } from './starter.ts';
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
  /** Copies what is in a folder here into a new one there, by one rsync. */
  send(load: Load, signal: AbortSignal): Promise<void>;
  /** Ends what is open, and waits until it has ended. */
  close(): Promise<void>;
}

/** What is to be copied. */
export interface Load {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

/**
 * More than this goes over a connection of its own, so that no renewal of a lease waits behind it. Less, half of it when it is compressed,
 * holds one up for a second or two even on a slow line, and a connection takes a dozen round trips to make.
 */
const LARGE_BYTES = 1_000_000;
/** rsync ends when nothing moved for this long. */
const SILENT_SECONDS = 60;

/** Modes are what that machine's umask makes of them, as for any file written there. All is new, so there is nothing to compare. */
const RSYNC = ['-s', '--recursive', '--links', '--whole-file', '--inplace', '--compress', '--chmod=ugo=rwX'];

/** Connects at the first call. */
export function createConnection(there: There): Connection {
  const starter = createStarter(there);
  let transfers = 0;
  const failed = (end: End, said: string): Error =>
    end.code === NO_CONNECTION || said !== '' ? unreachable(there, said) : failedThere(there, there.dir, end);
  const runToItsEnd = async (script: Script, signal: AbortSignal): Promise<Ended> => {
    const started = await starter.start(script, signal);
    const ended = await toItsEnd(started);
    const at = ended.stdout.indexOf(BEGUN);
    // An account that may not run anything says so, and that is all there is.
    if (at < 0) throw failed(ended, started.said() || ended.stdout);
    if (ended.code === NO_CONNECTION) throw failed(ended, started.said());
    return { ...ended, stdout: ended.stdout.slice(at + BEGUN.length) };
  };
  return {
    get calls() {
      return starter.scripts + transfers;
    },
    runToItsEnd,
    async run(script, signal) {
      const ended = await runToItsEnd(script, signal);
      if (ended.code !== 0) throw failedThere(there, there.dir, ended);
      return ended.stdout;
    },
    async stream(script, signal) {
      const stop = new AbortController();
      const { stdout, end, said } = await starter.start(script, AbortSignal.any([signal, stop.signal]));
      const checked = end.then((ended) => {
        if (ended.code !== 0) throw failed(ended, said());
      });
      const { line, bytes } = await lineAndBytes(stdout, checked);
      return { line, bytes: bytes.once('close', () => stop.abort()) };
    },
    async send(load, signal) {
      transfers += 1;
      if (load.bytes <= LARGE_BYTES)
        return starter.share((master) => rsync(there, { ...load, master }, signal), signal);
      const master = await openMaster(there, signal);
      try {
        await rsync(there, { ...load, master }, signal);
      } finally {
        await master.close();
      }
    },
    close: starter.close,
  };
}

async function rsync(
  there: There,
  { from, to, master }: Load & { readonly master: Master },
  signal: AbortSignal,
): Promise<void> {
  const shell = ['ssh', ...SHARED].join(' ');
  const args = [...RSYNC, `--timeout=${SILENT_SECONDS}`, '-e', shell, '--', `${from}/`, `there:${to}/`];
  const { code, stderr } = await toItsEnd(
    start({ file: 'rsync', args, cwd: master.folder, limitMs: undefined }, signal),
  );
  if (code === 0) return;
  if (!master.isOpen || master.said() !== '') throw unreachable(there, master.said());
  throw failedThere(there, to, { code, stderr: codeIn(stderr) === undefined ? firstLine(stderr) : stderr });
}
