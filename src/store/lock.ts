import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { HoldfastError } from '../model/errors.ts';
import { asUnwritable, isAbsent, makeFolder, systemCode, writeNew } from './files.ts';
import { bootId, isRunning, pidNamespace, startedAt } from './processes.ts';

/** Held until released, or until its process is gone. */
export interface Lock {
  /** Removes the lock if it still is ours; may be repeated. */
  release(): Promise<void>;
}

/** What stands in a lock file. */
interface Holder {
  readonly nonce: string;
  readonly pid: number;
  /** The process's start, so that another process with a reused number is not taken for it. */
  readonly started: string;
  readonly boot: string;
  readonly host: string;
  readonly namespace: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A holder shows that it lives this often, for those who cannot look up its process. */
const BEAT_MS = 15_000;
/** Where a holder's process cannot be looked up (another machine or container): silent for this long means gone. */
const SILENT_MS = 120_000;
/** Locks that come and go between two looks at them: more than this many in a row is a lock in use. */
const ATTEMPTS = 50;

/**
 * Takes the lock at `path`, or throws `locked` at once, naming the holder. The lock of a process that is gone is
 * taken over by exactly one of those who try.
 */
export async function takeLock(path: string): Promise<Lock> {
  const holder = await describeSelf();
  const own = `${path}.${holder.nonce}`;
  try {
    await makeFolder(dirname(path));
    await acquireOnce(path, own, holder);
  } catch (error) {
    throw asUnwritable(path, error);
  } finally {
    await rm(own, { force: true }).catch(() => undefined);
  }
  // The lock is ours: what could not be removed is left to the next holder.
  await removeLeftovers(path, holder).catch(() => undefined);
  return hold(path, holder.nonce);
}

/** Who just got the lock may take our half-written file for a leftover and remove it: then all begins anew. */
async function acquireOnce(path: string, own: string, holder: Holder): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await writeNew(own, `${JSON.stringify(holder)}\n`);
    try {
      return await acquire(path, own, holder);
    } catch (error) {
      if (!isAbsent(error) || attempt === ATTEMPTS) throw error;
      await rm(own, { force: true });
    }
  }
}

async function describeSelf(): Promise<Holder> {
  return {
    nonce: randomBytes(12).toString('hex'),
    pid: process.pid,
    started: (await startedAt(process.pid)) ?? '',
    boot: await bootId(),
    host: hostname(),
    namespace: await pidNamespace(),
    since: new Date().toISOString(),
  };
}

/**
 * Makes `path` a link to our file. A stale lock S is replaced only by who holds the gate `<path>.after-<nonce of S>`,
 * itself a lock taken in the same way. Who gets the gate and finds S replaced meanwhile steps back. The last step
 * renames the gate over S, so that a kill leaves either the gate of a dead process or its lock: both can be taken over.
 */
async function acquire(path: string, own: string, self: Holder): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await linkNew(own, path)) return;
    const found = await readHolder(path);
    if (found === undefined) continue;
    if (await isAlive(path, found, own, self)) throw lockedBy(path, found);
    const gate = `${path}.after-${found.nonce}`;
    await acquire(gate, own, self);
    if ((await readHolder(path))?.nonce === found.nonce) {
      await rename(gate, path);
      return;
    }
    await rm(gate, { force: true });
  }
  throw new HoldfastError('locked', `${path} is taken and released again and again`, { hint: 'try again' });
}

async function linkNew(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Who holds `path`; undefined where nobody does. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder> | null;
    const named = typeof found?.nonce === 'string' && /^[0-9a-f]{24}$/.test(found.nonce);
    return named ? { ...UNREADABLE, ...found } : UNREADABLE;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    if (error instanceof SyntaxError) return UNREADABLE;
    throw error;
  }
}

/** Stands for what is in a lock that cannot be read: a lock appears whole, so only a power loss leaves such a one. */
const UNREADABLE: Holder = {
  nonce: 'unreadable',
  pid: 0,
  started: '',
  boot: '',
  host: '',
  namespace: '',
  since: 'an unknown time',
};

/** `own` is a file that we wrote just now. */
async function isAlive(path: string, found: Holder, own: string, self: Holder): Promise<boolean> {
  if (found === UNREADABLE) return false;
  const elsewhere = found.host !== self.host || (found.boot === self.boot && found.namespace !== self.namespace);
  if (elsewhere) return (await silence(path, own)) < SILENT_MS;
  return found.boot === self.boot && (await isRunning(found.pid, found.started));
}

/** Milliseconds since the last beat, by the clock of the file system that wrote both times. */
async function silence(path: string, own: string): Promise<number> {
  const now = (await stat(own)).mtimeMs;
  const last = await stat(path).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
  return last === undefined ? Number.POSITIVE_INFINITY : now - last.mtimeMs;
}

function lockedBy(path: string, holder: Holder): HoldfastError {
  const where = holder.host === hostname() ? '' : ` on ${holder.host}`;
  return new HoldfastError('locked', `${path} is held by process ${holder.pid}${where} since ${holder.since}`, {
    hint: 'wait until that run has ended',
  });
}

/** Removes what killed processes left beside a lock that now is ours. */
async function removeLeftovers(path: string, self: Holder): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    if (!isBeside(name, basename(path))) continue;
    const file = join(folder, name);
    const found = await readHolder(file);
    if (found === undefined) continue;
    if (!(await isAlive(file, found, path, self))) await rm(file, { force: true });
  }
}

function isBeside(name: string, lock: string): boolean {
  return name.startsWith(`${lock}.`) && /^\.(after-|[0-9a-f]{24}$)/.test(name.slice(lock.length));
}

function hold(path: string, nonce: string): Lock {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();
  return {
    async release() {
      clearInterval(beat);
      try {
        if ((await readHolder(path))?.nonce === nonce) await rm(path, { force: true });
      } catch (error) {
        throw asUnwritable(path, error);
      }
    },
  };
}
