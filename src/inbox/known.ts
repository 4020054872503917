import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readJson } from '../store/files.ts';
import { replacePrivate } from './private.ts';
import type { Spool } from './spool.ts';

/** For so long the same form is the same submission. */
const SAME_MS = 24 * 3_600_000;
/** Where a submission still stands for what was sent: not among the dead letters, where sending it again may help. */
const STANDING = ['new', 'cur', 'done'] as const;

/** Which submissions were kept lately, so that a form sent twice is one. */
export interface Known {
  /** For hashes of what was said. */
  readonly key: Uint8Array;
  /** The receipt of the same form, kept within a day and not dropped or refused since. */
  find(key: string, now: number): Promise<string | undefined>;
  add(key: string, receipt: string, now: number): void;
}

interface StoredKey {
  readonly key: string;
}

/** Reads what the spool holds; the key is made at the first time. */
export async function openKnown(spool: Spool): Promise<Known> {
  const file = join(spool.dir, 'key.json');
  const stored = await readJson<StoredKey>(file);
  const key = stored?.key ?? randomBytes(32).toString('hex');
  if (stored === undefined) await replacePrivate(file, Buffer.from(JSON.stringify({ key } satisfies StoredKey)));
  const known = new Map<string, { readonly receipt: string; readonly at: number }>();
  for (const folder of STANDING)
    for (const entry of await spool.list(folder)) known.set(entry.key, { receipt: entry.receipt, at: entry.at });

  const forget = (now: number) => {
    for (const [name, { at }] of known) {
      if (now - at < SAME_MS) return;
      known.delete(name);
    }
  };
  return {
    key: Buffer.from(key, 'hex'),
    async find(name, now) {
      const found = known.get(name);
      if (found === undefined || now - found.at >= SAME_MS) return undefined;
      // In the order in which it moves, and once more where it may have been put back: it is never between two folders, but may pass one that is not read yet.
      for (const folder of [...STANDING, ...STANDING])
        if ((await spool.list(folder)).some(({ receipt }) => receipt === found.receipt)) return found.receipt;
      return undefined;
    },
    add(name, receipt, at) {
      forget(at);
      known.delete(name);
      known.set(name, { receipt, at });
    },
  };
}
