import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asUnwritable, isAbsent, makeFolder, syncFolder } from '../store/files.ts';
import { type Entry, entryOf, nameOf } from './entry.ts';
import { unwrap, wrap } from './envelope.ts';
import { OWNER_ONLY, replacePrivate, writePrivate } from './private.ts';

/**
 * `tmp`: being written, nobody was told of it. `new`: kept. `cur`: being delivered. `done`: delivered. `refused`: dead letters.
 * `quarantine`: torn, never delivered and never deleted.
 */
export const FOLDERS = ['tmp', 'new', 'cur', 'done', 'refused', 'quarantine'] as const;
export type Folder = (typeof FOLDERS)[number];

/** What the spool takes of the disk. */
export interface Usage {
  /** Submissions that wait. */
  readonly entries: number;
  /** Bytes of all files. */
  readonly bytes: number;
}

/** Submissions on disk, each a file of its own, readable by their owner only. */
export interface Spool {
  readonly dir: string;
  /** Durable, under its name in `new`, once this resolves; else nothing of it is left. Throws `state-unwritable`. */
  keep(entry: Entry, bytes: Uint8Array): Promise<void>;
  /** Oldest first. */
  list(folder: Folder): Promise<readonly Entry[]>;
  /** What was kept; undefined where the file is torn. Throws where it is gone. */
  read(folder: Folder, entry: Entry): Promise<Buffer | undefined>;
  /** Renames, durably; `false` where the file is gone, since somebody else was faster. */
  move(entry: Entry, from: Folder, to: Folder, as?: Entry): Promise<boolean>;
  remove(folder: Folder, entry: Entry): Promise<void>;
  /** Why the origin refused it, as a word and what the origin said. */
  explain(entry: Entry, why: Why): Promise<void>;
  why(entry: Entry): Promise<Why | undefined>;
  usage(): Promise<Usage>;
}

/** Why a submission is a dead letter. */
export interface Why {
  readonly code: string;
  readonly status: number | null;
  /** The origin's own words, shortened, and none of the visitor's. */
  readonly text: string;
}

/** The spool in `dir`, whose folders are made where they are not there. Throws `state-unwritable`. */
export async function openSpool(dir: string): Promise<Spool> {
  await makeFolders(dir);
  const pathOf = (folder: Folder, entry: Entry) => join(dir, folder, nameOf(entry));
  const whyOf = (entry: Entry) => join(dir, 'refused', `${entry.receipt}.why`);
  const syncNew = together(() => syncFolder(join(dir, 'new')));
  return {
    dir,
    async keep(entry, bytes) {
      const temporary = pathOf('tmp', entry);
      const kept = pathOf('new', entry);
      try {
        await writePrivate(temporary, wrap(bytes));
        await rename(temporary, kept);
        await syncNew();
      } catch (error) {
        await Promise.all([temporary, kept].map((path) => rm(path, { force: true }).catch(() => undefined)));
        throw asUnwritable(kept, error);
      }
    },
    list: async (folder) => (await readdir(join(dir, folder))).sort().flatMap((name) => entryOf(name) ?? []),
    read: async (folder, entry) => unwrap(await readFile(pathOf(folder, entry))),
    async move(entry, from, to, as = entry) {
      try {
        await rename(pathOf(from, entry), pathOf(to, as));
      } catch (error) {
        if (isAbsent(error)) return false;
        throw asUnwritable(pathOf(to, as), error);
      }
      await syncFolder(join(dir, to));
      return true;
    },
    remove: async (folder, entry) => {
      await rm(pathOf(folder, entry), { force: true });
      if (folder === 'refused') await rm(whyOf(entry), { force: true });
    },
    explain: (entry, why) => replacePrivate(whyOf(entry), Buffer.from(JSON.stringify(why))),
    why: async (entry) => {
      const text = await readFile(whyOf(entry), 'utf8').catch(() => undefined);
      return text === undefined ? undefined : (JSON.parse(text) as Why);
    },
    usage: () => usageOf(dir),
  };
}

async function makeFolders(dir: string): Promise<void> {
  try {
    await makeFolder(dirname(dir));
    for (const path of [dir, ...FOLDERS.map((folder) => join(dir, folder))]) {
      const made = await mkdir(path, { recursive: true, mode: OWNER_ONLY.folder });
      if (made !== undefined) await syncFolder(dirname(path));
    }
  } catch (error) {
    throw asUnwritable(dir, error);
  }
}

/** Callers that come while one run is under way share the next: forcing a folder to the disk makes all names in it durable. */
function together(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        running = next ?? running;
        next = undefined;
        return work();
      });
    return next;
  };
}

async function usageOf(dir: string): Promise<Usage> {
  let entries = 0;
  let bytes = 0;
  for (const folder of FOLDERS) {
    const names = await readdir(join(dir, folder));
    if (folder === 'new' || folder === 'cur') entries += names.length;
    for (const name of names) bytes += (await stat(join(dir, folder, name)).catch(() => undefined))?.size ?? 0;
  }
  return { entries, bytes };
}
