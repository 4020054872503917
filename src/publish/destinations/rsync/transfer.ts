import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BlobRef } from '../../../model/capture.ts';
import type { Manifest, ReleaseFile } from '../../../model/manifest.ts';
import type { Standing, Transfer } from '../../destination.ts';
import { bytesOf, createBuilding, keptAt, type Place, reliedOn, rootOf } from '../layout/building.ts';
import { writeVerified } from '../layout/disk.ts';
import { PASSING } from '../layout/paths.ts';
import { damaged } from '../layout/refusals.ts';
import { assertFits, needOf } from '../layout/room.ts';
import { type Folder, foldersOf, treeOf } from '../layout/tree.ts';
import { deliver, type Work } from './deliver.ts';
import { goLive } from './go-live.ts';
import { leftoversIn, makeFolders, remove } from './leftovers.ts';
import { assertUsable, look, type Sight } from './look.ts';
import type { Remote } from './remote.ts';
import type { Staging } from './staging.ts';
import type { Stored } from './stored.ts';
import { unsoundAmong } from './sums.ts';

/** Longest time to clear away what a failed transfer sent. */
const ABORT_MS = 20_000;

export interface Wish {
  readonly next: Manifest;
  readonly standing: Standing;
  readonly staging: Staging;
  readonly stored: Stored;
}

/** Looks at the place and the room, and clears away what killed transfers left, here and there. */
export async function beginTransfer(
  remote: Remote,
  { next, standing, staging, stored }: Wish,
  signal: AbortSignal,
): Promise<Transfer> {
  signal.throwIfAborted();
  const { name, layout } = remote;
  const root = rootOf(next, name);
  const live = reliedOn(standing);
  const sight = await look(remote, signal);
  assertUsable(remote, sight);
  const there = new Set(sight.trees);
  const missing = await missingFolders(remote, { root, there, isUncertain: live === undefined }, signal);
  await staging.clear();
  const { free } = await withoutLeftovers(remote, sight, signal);
  assertFits(name, `${remote.to}:${layout.dir}`, needOf(missing.values(), live), free);
  await makeFolders(remote, sight, signal);
  if (missing.size > 0) await staging.make();
  return transferOf({
    name,
    remote,
    next,
    root,
    live,
    source: standing.source === undefined ? undefined : treeOf(standing.source),
    missing,
    there,
    // Where nothing can be relied on it is written anew.
    hasManifest: live !== undefined && sight.releases.includes(`${next.id}.json`),
    stored,
    staging,
    at: staging.at,
    signal,
  });
}

/** A folder there was whole when it got its name; where the live release is uncertain each of its bytes is read. */
async function missingFolders(
  remote: Remote,
  { root, there, isUncertain }: { root: Folder; there: ReadonlySet<string>; isUncertain: boolean },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Folder>> {
  const folders = foldersOf(root);
  const present = [...folders.values()].filter(({ hash }) => there.has(hash));
  const unsound = isUncertain ? await unsoundAmong(remote, present, signal) : new Set<string>();
  for (const { hash } of present) if (!unsound.has(hash)) folders.delete(hash);
  return folders;
}

async function withoutLeftovers(remote: Remote, sight: Sight, signal: AbortSignal): Promise<Sight> {
  const removed = await remove(remote, leftoversIn(sight), signal);
  return removed === 0 ? sight : look(remote, signal);
}

function transferOf(work: Work): Transfer {
  const { name, remote, source, staging, signal } = work;
  const building = createBuilding(work);
  const put = new Map<string, BlobRef>();
  const restored = new Map<string, string>();
  let incoming: string | undefined;
  const each = (file: ReleaseFile, make: (place: Place) => Promise<void>): Promise<void> =>
    staging.guard(async () => {
      signal.throwIfAborted();
      await building.each(file, make);
    });
  return {
    put: (file, open) =>
      each(file, async ({ path, form }) => {
        await writeVerified(join(staging.at, path), form, { source: () => bytesOf(form, open), isDurable: false });
        put.set(path, form);
      }),
    restore: (file) => {
      const kept = keptAt(source, file);
      return each(file, async ({ path, form }) => {
        const from = kept(form);
        if (from === undefined) throw damaged(name, `the release to return to has not the content of ${path}`);
        restored.set(path, from);
      });
    },
    async commit(guard) {
      signal.throwIfAborted();
      if (incoming !== undefined) await remove(remote, { folders: [incoming], files: [] }, signal);
      const isNeeded = work.missing.size > 0 || !work.hasManifest;
      incoming = isNeeded ? `${PASSING}${randomBytes(6).toString('hex')}` : undefined;
      const sent = incoming === undefined ? undefined : await deliver(work, { incoming, building, put, restored });
      signal.throwIfAborted();
      const turn = { id: work.next.id, hash: work.root.hash, sent };
      await guard((version) => goLive(remote, { ...turn, version }, signal));
      incoming = undefined;
      work.stored.learn(work.next.id, work.root.hash);
      await staging.clear();
    },
    async abort() {
      await staging.clear();
      if (incoming === undefined) return;
      // It would take up room until the next transfer, which removes it where this cannot.
      const sent = { folders: [incoming], files: [] };
      await remove(remote, sent, AbortSignal.timeout(ABORT_MS)).catch(() => undefined);
    },
  };
}
