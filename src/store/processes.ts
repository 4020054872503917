import { readFile, readlink } from 'node:fs/promises';

/** Names the time since the machine was started; '' where the system does not tell. */
export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

/** Names the space in which our process numbers count (a container has its own); '' where there are none. */
export async function pidNamespace(): Promise<string> {
  return readlink('/proc/self/ns/pid').catch(() => '');
}

/** When a process of this machine started, in the kernel's own unit; undefined where it is gone or the system does not tell. */
export async function startedAt(pid: number): Promise<string | undefined> {
  return (await readStat(pid))?.started;
}

/** True while process `pid`, started at `started` ('' for unknown), runs. */
export async function isRunning(pid: number, started: string): Promise<boolean> {
  if (started === '') return answersSignals(pid);
  const found = await readStat(pid);
  return found !== undefined && found.started === started && !found.dead;
}

/** Position of the start time among the fields after the name, proc_pid_stat(5): the 22nd of all. */
const STARTED = 19;

async function readStat(pid: number): Promise<{ started: string; dead: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name may hold spaces and brackets itself; what follows its last bracket does not.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const started = fields[STARTED];
  if (started === undefined) return undefined;
  // Killed, but not yet fetched by its parent: it holds nothing any more.
  return { started, dead: fields[0] === 'Z' || fields[0] === 'X' };
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
