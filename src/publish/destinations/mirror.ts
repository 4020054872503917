import { constants } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { isAbsent, systemCode } from '../../store/files.ts';
import type { Destination, Transfer } from '../destination.ts';
import { asUnwritable } from './layout/disk.ts';
import { CURRENT, INTERNAL, type Layout, layoutOf, OWN } from './layout/paths.ts';
import { isSafePath } from './layout/tree.ts';
import { createControl } from './mirror/control.ts';
import { pruneMirror } from './mirror/prune.ts';
import { readBack } from './mirror/read-back.ts';
import { beginTransfer } from './mirror/transfer.ts';

export interface MirrorOptions {
  /** Shown in every error and summary. */
  readonly name: string;
  /** Absolute; made where it is missing. It must be the mirror's alone: a web server's root is the link `current` in it. */
  readonly dir: string;
}

/** Enough to keep a disk's queue full, few enough to stay well below any limit on open files. */
const PUTS_AT_ONCE = 8;

/**
 * A directory that any web server which follows links can serve. A release is a tree of folders named by the hash of
 * what they hold, an unchanged folder is shared between releases, and going live is one rename of the link `current`.
 * It costs about one link per sub-folder of each changed folder, and one file and fsync per changed file.
 */
export function createMirror({ name, dir }: MirrorOptions): Destination {
  const layout = layoutOf(dir);
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw asUnwritable(name, dir, error);
    }
  };
  const control = createControl(layout, name);
  return {
    name,
    atomic: true,
    holds: 'flag',
    putsAtOnce: PUTS_AT_ONCE,
    requests: 0,
    control: {
      read: (signal) => guard(() => control.read(signal)),
      swap: (next, expected, signal) => guard(() => control.swap(next, expected, signal)),
      probe: control.probe,
    },
    open: (path, signal) => guard(() => openPublished(layout, path, signal)),
    begin: (next, standing, signal) =>
      guard(async () => {
        const transfer = await beginTransfer(
          { name, layout, next, standing, unlessMoved: control.unlessMoved },
          signal,
        );
        return guarded(transfer, guard);
      }),
    stage: async () => false,
    readBack: (release, { files }, signal) => readBack(layout, { release, files }, signal),
    prune: (pruning, signal) => guard(() => pruneMirror({ layout, unlessMoved: control.unlessMoved }, pruning, signal)),
  };
}

function guarded(transfer: Transfer, guard: <T>(work: () => Promise<T>) => Promise<T>): Transfer {
  return {
    put: (file, open) => guard(() => transfer.put(file, open)),
    restore: (file) => guard(() => transfer.restore(file)),
    commit: (held) => guard(() => transfer.commit(held)),
    abort: () => guard(() => transfer.abort()),
  };
}

async function openPublished(layout: Layout, path: string, signal: AbortSignal): Promise<Readable | undefined> {
  signal.throwIfAborted();
  if (!isSafePath(path)) return undefined;
  const file = INTERNAL.test(path) ? join(layout.own, path.slice(OWN.length)) : join(layout.dir, CURRENT, path);
  // NONBLOCK: whoever put a pipe there must not stop us.
  const handle = await openFile(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (isAbsent(error) || systemCode(error) === 'ENAMETOOLONG') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  if ((await handle.stat()).isFile()) return handle.createReadStream({ signal });
  await handle.close();
  return undefined;
}
