import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { HoldfastError, isHoldfastError } from '../../../model/errors.ts';
import { MANIFEST_FORMAT, type Manifest } from '../../../model/manifest.ts';
import { isAbsent, readJson, writeAtomic } from '../../../store/files.ts';
import { type Lock, takeLock } from '../../../store/lock.ts';
import { type ControlRecord, controlText, parseControl } from '../../control.ts';
import type { Control, ControlState } from '../../destination.ts';
import { targetOf } from './disk.ts';
import { isReleaseId, type Layout, linkTarget } from './layout.ts';
import { assertOurs, assertWritable } from './place.ts';
import { treeOf } from './tree.ts';

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
    await assertWritable(layout, name);
    const lock = await lockRecord(layout, name, signal);
    try {
      const found = await readRecord(layout, name);
      if (found?.version !== version) throw moved(name, 'the control record is not the one that was read');
      return await work();
    } finally {
      await lock.release();
    }
  };
  return {
    async read(signal) {
      signal.throwIfAborted();
      const found = await readRecord(layout, name);
      return found === undefined ? undefined : { ...found, settled: await isSettled(layout, found.record) };
    },
    async swap(next, expected, signal) {
      // The first record makes the folder ours, so nothing of others may be in it.
      if (expected === undefined) await assertOurs(layout, name);
      const text = controlText(next);
      await unlessMoved(expected, () => writeAtomic(layout.control, text), signal);
      return versionOf(text);
    },
    unlessMoved,
    probe: async () => 'exact',
  };
}

/** The record without a look at what is live; undefined where there is none. */
export async function readRecord(layout: Layout, name: string): Promise<Omit<ControlState, 'settled'> | undefined> {
  const text = await readFile(layout.control, 'utf8').catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const record = parseControl(text);
  if (record !== undefined) return { record, version: versionOf(text) };
  throw new HoldfastError('destination-damaged', `${name}: ${layout.control} is not a control record of this version`, {
    hint: 'use the version that wrote it; where it is damaged, remove it and run publish --force',
  });
}

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** True where `current` shows the release that the record names. */
async function isSettled(layout: Layout, record: ControlRecord): Promise<boolean> {
  const target = await targetOf(layout.current);
  if (record.live === null) return target === undefined;
  const manifest = await storedManifest(layout, record.live);
  return manifest !== undefined && target === linkTarget(treeOf(manifest).hash);
}

/** A manifest stored here, undefined where it is absent or cannot be read. */
export async function storedManifest(layout: Layout, id: string): Promise<Manifest | undefined> {
  if (!isReleaseId(id)) return undefined;
  const manifest = await readJson<Manifest>(join(layout.releases, `${id}.json`)).catch((error: unknown) => {
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

function moved(name: string, why: string): HoldfastError {
  return new HoldfastError('destination-moved', `${name}: another publisher was here: ${why}`, {
    hint: 'run again; let one machine alone publish to a destination',
  });
}
