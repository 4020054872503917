import { spawn } from 'node:child_process';

/** A program to run without a shell. */
export interface Program {
  /** Its name and its arguments. */
  readonly run: readonly string[];
  /** Milliseconds. */
  readonly deadline: number;
  /** Bytes. */
  readonly maxOutput: number;
  readonly cwd: string;
}

const PASSED_ON = ['PATH', 'HOME', 'TZ', 'LANG', 'LC_ALL', 'TMPDIR'];
/** What is told of a program's complaint. */
const MOST_COMPLAINT = 300;

/** What of the environment a program of the configuration sees: no credential is among it. */
export function environmentOfPrograms(): NodeJS.ProcessEnv {
  return Object.fromEntries(PASSED_ON.map((key) => [key, process.env[key]]));
}

/**
 * Runs a program for its output. It has its own process group, which is gone when this is over. Throws an error that says
 * which program and why where it does not start, fails, says too much or takes too long; throws the signal's reason when aborted.
 */
export async function runProgram({ run, deadline, maxOutput, cwd }: Program, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  const [name = '', ...args] = run;
  const child = spawn(name, args, {
    cwd,
    env: environmentOfPrograms(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const parts: Buffer[] = [];
  let size = 0;
  let complaint = '';
  let end = () => {};
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${name}: ${why}`));
      const timer = setTimeout(() => fail(`it took longer than ${deadline / 1000} s`), deadline);
      const abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort);
      end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      };
      child.stdout.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxOutput) fail(`its output is larger than ${maxOutput} bytes`);
        else parts.push(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        complaint = (complaint + chunk.toString('utf8')).slice(0, MOST_COMPLAINT);
      });
      child.once('error', (error) => fail(`it does not start: ${error.message}`));
      child.once('close', (code, killed) => {
        if (code === 0) resolve(Buffer.concat(parts));
        else fail(`it ended with ${killed ?? `exit code ${code}`}${saying(complaint)}`);
      });
    });
  } finally {
    end();
    endGroup(child.pid);
  }
}

function saying(complaint: string): string {
  const first = complaint.split('\n').find((line) => line.trim() !== '');
  return first === undefined ? '' : `: ${first.trim()}`;
}

/** What it started ends with it. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it is gone already.
  }
}
