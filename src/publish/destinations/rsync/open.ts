import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { CURRENT, INTERNAL, OWN } from '../layout/paths.ts';
import { isSafePath } from '../layout/tree.ts';
import type { Remote } from './remote.ts';
import { quoted } from './shell.ts';

/** Reads one published or internal file; undefined where there is none. */
export type Open = (path: string, signal: AbortSignal) => Promise<Readable | undefined>;

/** Reads files there, as a visitor gets them. A pipe or a folder is none. */
export function createOpen({ layout, connection }: Pick<Remote, 'layout' | 'connection'>): Open {
  return async (path, signal) => {
    signal.throwIfAborted();
    if (!isSafePath(path)) return undefined;
    const at = INTERNAL.test(path) ? join(layout.own, path.slice(OWN.length)) : join(layout.dir, CURRENT, path);
    const lines = [`[ -f ${quoted(at)} ] || { echo none; exit 0; }`, 'echo file', `exec cat -- ${quoted(at)}`];
    const { line, bytes } = await connection.stream({ lines, isLong: true }, signal);
    if (line === 'file') return bytes;
    bytes.destroy();
    return undefined;
  };
}
