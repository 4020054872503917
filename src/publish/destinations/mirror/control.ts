import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isHoldfastError } from '../../../model/errors.ts';
import { MANIFEST_FORMAT, type Manifest } from '../../../model/manifest.ts';
import { isAbsent, readJson, writeAtomic } from '../../../store/files.ts';
import { type Lock, takeLock } from '../../../store/lock.ts';
import { type ControlRecord, controlText } from '../../control.ts';
import type { Control } from '../../destination.ts';
import { targetOf } from '../layout/disk.ts';
import { isReleaseId, type Layout, linkTarget } from '../layout/paths.ts';
import { recordIn, type StoredRecord, versionOf } from '../layout/record.ts';
import { moved } from '../layout/refusals.ts';
import { treeOf } from '../layout/tree.ts';
import { showHold } from './hold.ts';
import { assertUsable } from './place.ts';

/** Another publisher holds the record for the time of one small write. */
const LOCK_ATTEMPTS = 40;
const LOCK_PAUSE_MS = 50;

/** The control record of a mirror: a file, moved under a lock of its own. */
export interface MirrorControl extends Control {
  /** Does `work` under the record's lock, if the record is of this version: else `destination-moved`. */
  unlessMoved<T>(version: string | undefined, work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** The record in the mirror's own folder. */
export function createControl(layout: Layout, name: string): MirrorControl {
  const unlessMoved: MirrorControl['unlessMoved'] = async (version, work, signal) => {
    // The first record makes the folder ours, so nothing of others may be in it.
    await assertUsable(layout, name);
    const lock = await lockRecord(layout, name, signal);
    try {
      const found = await readRecord(layout, name);
      if (found?.version !== version) throw moved(name, 'the control record is not the one that was read');
      return await work();
    } finally {
      await lock.release();
    }
  };
  const roots = rememberedRoots(layout);
  return {
    async read(signal) {
      signal.throwIfAborted();
      const found = await readRecord(layout, name);
      return found === undefined ? undefined : { ...found, settled: await isSettled(layout, found.record, roots) };
    },
    async swap(next, expected, signal) {
      const text = controlText(next);
      const write = async (): Promise<void> => {
        await writeAtomic(layout.control, text);
        await showHold(layout, next.hold);
      };
      await unlessMoved(expected, write, signal);
      return versionOf(text);
    },
    unlessMoved,
    probe: async () => 'exact',
  };
}

async function readRecord(layout: Layout, name: string): Promise<StoredRecord | undefined> {
  const text = await readFile(layout.control, 'utf8').catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  return text === undefined ? undefined : recordIn(text, layout.control, name);
}

/** True where `current` shows the release that the record names. */
async function isSettled(layout: Layout, record: ControlRecord, rootOf: RootOf): Promise<boolean> {
  const target = await targetOf(layout.current);
  if (record.live === null) return target === undefined;
  const root = await rootOf(record.live);
  return root !== undefined && target === linkTarget(root);
}

/** The folder that a release goes live as, by its stored manifest; undefined where that is absent or cannot be read. */
type RootOf = (id: string) => Promise<string | undefined>;

/** Whoever watches the record asks each few seconds: a manifest of 10,000 files takes 0.2 s to read and reckon, so that is done once for each file as it lies there. */
function rememberedRoots(layout: Layout): RootOf {
  let last: { readonly mark: string; readonly root: string | undefined } | undefined;
  return async (id) => {
    if (!isReleaseId(id)) return undefined;
    const mark = await stat(manifestFile(layout, id), { bigint: true }).then(
      ({ ino, size, mtimeNs }) => `${id} ${ino} ${size} ${mtimeNs}`,
      () => undefined,
    );
    if (last !== undefined && last.mark === mark) return last.root;
    const manifest = await storedManifest(layout, id);
    const root = manifest === undefined ? undefined : treeOf(manifest).hash;
    last = mark === undefined ? undefined : { mark, root };
    return root;
  };
}

function manifestFile(layout: Layout, id: string): string {
  return join(layout.releases, `${id}.json`);
}

/** A manifest stored here, undefined where it is absent or cannot be read. */
async function storedManifest(layout: Layout, id: string): Promise<Manifest | undefined> {
  const manifest = await readJson<Manifest>(manifestFile(layout, id)).catch((error: unknown) => {
    if (isHoldfastError(error, 'state-damaged')) return undefined;
    throw error;
  });
  return manifest?.format === MANIFEST_FORMAT ? manifest : undefined;
}

async function lockRecord(layout: Layout, name: string, signal: AbortSignal): Promise<Lock> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await takeLock(layout.controlLock);
    } catch (error) {
      if (!isHoldfastError(error, 'locked')) throw error;
      if (attempt === LOCK_ATTEMPTS) throw moved(name, error.message);
      await wait(LOCK_PAUSE_MS, undefined, { signal });
    }
  }
}
