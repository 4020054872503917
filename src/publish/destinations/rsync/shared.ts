import type { Machine } from './failures.ts';
import { type Master, openMaster } from './master.ts';

/** One connection for all who need one. */
export interface Shared {
  /** The connection, made where there is none. It stays until who got it lets go of it. */
  enter(signal: AbortSignal): Promise<Held>;
  /** Ends every connection, whoever uses it. */
  close(): Promise<void>;
}

/** The use of a connection by one of those who share it. */
export interface Held {
  readonly master: Master;
  /** To be called once. Where it broke, as far as its user can tell, nobody else gets it. */
  leave(isBroken: boolean): void;
}

/** Longer than the pause between two renewals of a lease, shorter than that between two runs. */
const IDLE_MS = 15_000;

interface Line {
  readonly opened: Promise<Master>;
  readonly stop: AbortController;
  master: Master | undefined;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

/** Opens a connection when it is first needed and when the last one broke, and ends it when nobody used it for a while. */
export function shareConnection(machine: Machine): Shared {
  let current: Line | undefined;
  const lines = new Set<Line>();
  const end = async (line: Line): Promise<void> => {
    clearTimeout(line.idle);
    if (current === line) current = undefined;
    line.stop.abort();
    const master = await line.opened.catch(() => undefined);
    await master?.close();
    lines.delete(line);
  };
  const leave = (line: Line, isBroken: boolean): void => {
    line.users -= 1;
    if (isBroken && current === line) current = undefined;
    if (line.users > 0) return;
    // One that nobody waits for any more need not be opened.
    if (current !== line || line.master === undefined) void end(line);
    else line.idle = setTimeout(() => void end(line), IDLE_MS).unref();
  };
  const usable = (): Line => {
    if (current !== undefined && current.master?.isOpen !== false) return current;
    current = openLine(machine);
    lines.add(current);
    return current;
  };
  return {
    async enter(signal) {
      signal.throwIfAborted();
      const line = usable();
      clearTimeout(line.idle);
      line.users += 1;
      try {
        const master = await orAborted(line.opened, signal);
        return { master, leave: (isBroken) => leave(line, isBroken) };
      } catch (error) {
        leave(line, !signal.aborted);
        throw error;
      }
    },
    close: async () => void (await Promise.all([...lines].map(end))),
  };
}

function openLine(machine: Machine): Line {
  const stop = new AbortController();
  const opened = openMaster(machine, stop.signal);
  const line: Line = { opened, stop, master: undefined, users: 0, idle: undefined };
  opened.then(
    (master) => {
      line.master = master;
    },
    () => undefined,
  );
  return line;
}

/** The promise's result, or the signal's reason as soon as it is aborted. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
