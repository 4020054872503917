import { type ChildProcess, spawn } from 'node:child_process';

/** Who the children say they are: what follows a killed one on the same machine need not wait for its lease to run out. */
export const HOLDER = 'machine';

/** Where a child publishes to. */
export interface Target {
  readonly bucket: string;
  readonly endpoint: string;
  readonly prefix: string;
}

/** A publisher in a process of its own. */
export interface Publisher {
  readonly process: ChildProcess;
  /** The exit code, or null where it was killed. */
  readonly ended: Promise<number | null>;
}

/** Starts one; credentials come from this process's environment. */
export function startPublisher(bundle: string, { bucket, endpoint, prefix }: Target): Publisher {
  const options = JSON.stringify({ name: 'cdn', bucket, endpoint, prefix, identity: [] });
  const child = spawn(process.execPath, [bundle, options, HOLDER], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  return { process: child, ended };
}
