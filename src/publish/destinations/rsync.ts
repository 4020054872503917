import { Readable } from 'node:stream';
import type { Destination } from '../destination.ts';
import { layoutOf } from './layout/paths.ts';
import { createConnection } from './rsync/connection.ts';
import { createControl } from './rsync/control.ts';
import type { Machine } from './rsync/failures.ts';
import { assertUsable, look, type Sight } from './rsync/look.ts';
import { createOpen } from './rsync/open.ts';
import { pruneRemote } from './rsync/prune.ts';
import { readBack } from './rsync/read-back.ts';
import type { Remote } from './rsync/remote.ts';
import { createStaging } from './rsync/staging.ts';
import { createStored } from './rsync/stored.ts';
import { beginTransfer } from './rsync/transfer.ts';

export interface RsyncOptions extends Machine {
  /** Absolute, on that machine; made where it is missing. It must be the mirror's alone: a web server's root is the link `current` in it. */
  readonly dir: string;
  /** A folder here that may be removed at any time no transfer is open; made where it is missing, for what is to be sent. */
  readonly staging: string;
}

/** A mirror on another machine, and what only a check asks of it. */
export interface RsyncDestination extends Destination {
  /** Where it is or is to be made, the room there, and what time it is there. Writes nothing. Throws what would stop a publish. */
  survey(signal: AbortSignal): Promise<Pick<Sight, 'place' | 'free' | 'clock'>>;
  /** Ends the connection at once and not when it is idle; another call opens one again. */
  close(): Promise<void>;
}

/** Files are written here first, where eight keep a disk's queue full. */
const PUTS_AT_ONCE = 8;

/**
 * A mirror on another machine, over ssh, by the system's own ssh and rsync. What is there is as the mirror driver would have written
 * it: folders named by what they hold, and one link that is switched. All that changed goes in one rsync, whatever that is costs one
 * script to complete it and one to switch. `requests` counts scripts and transfers.
 */
export function createRsync({ staging: at, ...there }: RsyncOptions): RsyncDestination {
  const layout = layoutOf(there.dir);
  const connection = createConnection(there);
  const remote: Remote = { ...there, layout, connection };
  const open = createOpen(remote);
  const stored = createStored(open);
  const staging = createStaging(at);
  return {
    name: there.name,
    atomic: true,
    holds: 'flag',
    putsAtOnce: PUTS_AT_ONCE,
    get requests() {
      return connection.calls;
    },
    control: createControl(remote, stored),
    async open(path, signal) {
      signal.throwIfAborted();
      const taken = stored.taken(path);
      return taken === undefined ? open(path, signal) : Readable.from([taken]);
    },
    begin: (next, standing, signal) => beginTransfer(remote, { next, standing, staging, stored }, signal),
    stage: async () => false,
    readBack: (release, { files }, signal) => readBack(remote, { release, files }, signal),
    prune: (pruning, signal) => pruneRemote(remote, { ...pruning, staging }, signal),
    async survey(signal) {
      const sight = await look(remote, signal);
      assertUsable(remote, sight);
      return sight;
    },
    close: connection.close,
  };
}
