import { type ChildProcess, spawn } from 'node:child_process';
import { builtPath } from './built.ts';

/** One line of a log in JSON. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** `holdfast run` in a process of its own. */
export interface Resident {
  readonly process: ChildProcess;
  /** Every line so far. */
  readonly lines: readonly LogLine[];
  /** All that it printed, by either way. */
  readonly output: string;
  /** Where it listens; waits until it does. */
  url(): Promise<string>;
  /** Waits for a line that is not older than the last one waited for. Rejects with the output after a minute, or when the process ended. */
  until(what: string | ((line: LogLine) => boolean)): Promise<LogLine>;
  /** Sends a signal and waits for the end; the exit code, null where it was killed. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const LIMIT_MS = 60_000;
/** Enough of the output to see what went wrong. */
const SHOWN = 3000;

/** Starts it in a project's folder; the program must have been built. */
export function startResident(cwd: string, env: NodeJS.ProcessEnv = {}, flags: readonly string[] = []): Resident {
  const child = spawn(process.execPath, [builtPath('cli/main'), 'run', ...flags], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  let output = '';
  let rest = '';
  let seen = 0;
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const take = (chunk: Buffer): void => {
    output += chunk;
    rest += chunk;
    const whole = rest.split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) if (line.startsWith('{')) lines.push(JSON.parse(line) as LogLine);
    for (const look of waiting) look();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const until: Resident['until'] = (what) => {
    const fits = typeof what === 'string' ? ({ msg }: LogLine) => msg.includes(what) : what;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        waiting.delete(look);
        clearTimeout(timer);
      };
      const fail = (why: string): void => {
        end();
        reject(new Error(`${why} without the line ${what}:\n${output.slice(-SHOWN)}`));
      };
      const look = (): void => {
        const at = lines.findIndex((line, index) => index >= seen && fits(line));
        if (at < 0) return;
        seen = at + 1;
        end();
        resolve(lines[at] as LogLine);
      };
      const timer = setTimeout(() => fail('a minute went by'), LIMIT_MS);
      waiting.add(look);
      void ended.then(() => fail('it ended'));
      look();
    });
  };
  return {
    process: child,
    lines,
    get output() {
      return output;
    },
    until,
    url: async () => String((await until('listens on'))['url']),
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}
