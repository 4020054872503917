import type { Machine } from './failures.ts';
import { type Master, openMaster } from './master.ts';

/** One connection for all who need it at a time. */
export interface Shared {
  /** The connection, made where there is none; it stays until `leave` was called as often. */
  enter(signal: AbortSignal): Promise<Master>;
  leave(): void;
  /** What ssh complained of last. */
  said(): string;
  close(): Promise<void>;
}

/** Longer than the pause between two renewals of a lease, shorter than that between two runs. */
const IDLE_MS = 15_000;

interface Opening {
  readonly master: Promise<Master>;
  readonly stop: AbortController;
}

/** Opens a connection when it is first needed and when the last one broke, and ends it when nobody used it for a while. */
export function shareConnection(machine: Machine): Shared {
  let opening: Opening | undefined;
  let master: Master | undefined;
  let users = 0;
  let idle: NodeJS.Timeout | undefined;
  const open = (): Opening => {
    const stop = new AbortController();
    const made = { stop, master: openMaster(machine, stop.signal) };
    const ended = (opened?: Master): void => {
      if (opening === made) opening = undefined;
      master = opened ?? master;
    };
    made.master.then(ended, () => ended());
    return made;
  };
  const giveUp = async (): Promise<void> => {
    const given = opening;
    opening = undefined;
    given?.stop.abort();
    await given?.master.catch(() => undefined);
  };
  const close = async (): Promise<void> => {
    clearTimeout(idle);
    await giveUp();
    await master?.close();
  };
  const leave = (): void => {
    users -= 1;
    if (users > 0) return;
    void giveUp();
    idle = setTimeout(() => void close(), IDLE_MS).unref();
  };
  return {
    async enter(signal) {
      signal.throwIfAborted();
      clearTimeout(idle);
      users += 1;
      try {
        if (master?.isOpen === true) return master;
        opening ??= open();
        return await orAborted(opening.master, signal);
      } catch (error) {
        leave();
        throw error;
      }
    },
    leave,
    said: () => master?.said() ?? '',
    close,
  };
}

/** The promise's result, or the signal's reason as soon as it is aborted. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
