import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { HoldfastError } from '../../../model/errors.ts';
import { systemCode } from '../../../store/files.ts';

/** A program to be run to its end. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Given on standard input, which is closed then. */
  readonly input?: string;
  /** Longest time, in milliseconds; undefined for a program that watches the time itself. */
  readonly limitMs: number | undefined;
}

export interface End {
  /** Undefined where it was ended because it took longer than it may. */
  readonly code: number | undefined;
  /** The end of what it said on standard error. */
  readonly stderr: string;
}

export interface Ended extends End {
  readonly stdout: string;
}

/** A program that was started. `stdout` is to be read, or destroyed. */
export interface Running {
  readonly stdout: Readable;
  /** Resolves when it has ended. Rejects with the signal's reason when aborted, and where it cannot be run at all. */
  readonly end: Promise<End>;
}

/** A hundred releases of a large site have some 10 MB of names. */
const STDOUT_BYTES = 256 * 1024 * 1024;
const STDERR_CHARACTERS = 64 * 1024;

/** What ssh needs to find its configuration and keys. Credentials of the origin or of other destinations are not among them. */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'SSH_AUTH_SOCK', 'KRB5CCNAME'];

/** The environment of ssh and rsync; what they say is English. */
export function environment(): NodeJS.ProcessEnv {
  const passed = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(passed), LC_ALL: 'C' };
}

/** Starts a program in a process group of its own, so that an interrupt at the terminal reaches us and not it. */
export function start({ file, args, cwd, input, limitMs }: Command, signal: AbortSignal): Running {
  signal.throwIfAborted();
  const child = spawn(file, args, { cwd, env: environment(), detached: true, stdio: 'pipe' });
  let isLate = false;
  const kill = (): void => killGroup(child.pid);
  const late = (): void => {
    isLate = true;
    kill();
  };
  const timer = limitMs === undefined ? undefined : setTimeout(late, limitMs);
  signal.addEventListener('abort', kill, { once: true });
  const said = tailOf(child.stderr);
  // Who ends early does not read to the end; that it ended says more than that.
  child.stdin.on('error', () => undefined).end(input ?? '');
  const end = new Promise<End>((resolve, reject) => {
    child.once('error', (error) => reject(notStarted(file, error)));
    child.once('close', (code) => {
      if (signal.aborted) reject(signal.reason);
      else resolve({ code: isLate ? undefined : (code ?? -1), stderr: said() });
    });
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  });
  return { stdout: child.stdout, end };
}

/** Reads all that a program says until it has ended. */
export async function toItsEnd({ stdout, end }: Running): Promise<Ended> {
  const chunks: Buffer[] = [];
  let size = 0;
  stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= STDOUT_BYTES) chunks.push(chunk);
  });
  const ended = await end;
  if (size > STDOUT_BYTES) throw new HoldfastError('unexpected', `a program said more than ${STDOUT_BYTES} bytes`);
  return { ...ended, stdout: Buffer.concat(chunks).toString('utf8') };
}

/** Keeps the end of what a stream says. */
export function tailOf(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = `${text}${chunk}`.slice(-STDERR_CHARACTERS);
  });
  return () => text;
}

/** Ends a process group that was started here; nothing where it is gone. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

function notStarted(file: string, cause: unknown): HoldfastError {
  return new HoldfastError('destination-unwritable', `${file} cannot be run here: ${systemCode(cause)}`, {
    cause,
    hint: 'install the packages openssh-client and rsync on this machine',
  });
}
