import { randomBytes } from 'node:crypto';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, ReleaseFile } from '../../../model/manifest.ts';
import { systemCode } from '../../../store/files.ts';
import type { Standing, Transfer } from '../../destination.ts';
import { type Building, createBuilding, keptAt, type Place, type Rest, reliedOn, rootOf } from '../layout/building.ts';
import { onEach, writeVerified } from '../layout/disk.ts';
import { PASSING } from '../layout/paths.ts';
import { damaged } from '../layout/refusals.ts';
import { assertFits, needOf } from '../layout/room.ts';
import { type Folder, foldersOf, treeOf } from '../layout/tree.ts';
import { finish } from './finish.ts';
import { goLive, MANIFEST } from './go-live.ts';
import { leftoversIn, makeFolders, remove } from './leftovers.ts';
import { assertUsable, look, type Sight } from './look.ts';
import type { Remote } from './remote.ts';
import type { Staging } from './staging.ts';
import type { Stored } from './stored.ts';
import { unsoundAmong } from './sums.ts';
import { takenFor } from './unchanged.ts';

/** Longest time to clear away what a failed transfer sent. */
const ABORT_MS = 20_000;

export interface Wish {
  readonly next: Manifest;
  readonly standing: Standing;
  readonly staging: Staging;
  readonly stored: Stored;
}

interface Work {
  readonly name: string;
  readonly remote: Remote;
  readonly next: Manifest;
  readonly root: Folder;
  readonly live: Folder | undefined;
  /** The folders of the release that files may be restored from. */
  readonly source: Folder | undefined;
  /** Folders of `next` that are to be made, by hash; those that are there lack something. */
  readonly missing: ReadonlyMap<string, Folder>;
  /** Names in `trees` when the transfer began. */
  readonly there: ReadonlySet<string>;
  /** True where the manifest need not be sent. */
  readonly hasManifest: boolean;
  readonly stored: Stored;
  readonly staging: Staging;
  /** Where the missing folders are made here. */
  readonly at: string;
  readonly signal: AbortSignal;
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
  const sent = new Map<string, string>();
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
        await writeVerified(join(staging.at, path), form, { source: () => open(form.encoding), isDurable: false });
        sent.set(path, form.sha256);
      }),
    restore: (file) => {
      const kept = keptAt(source, file);
      return each(file, async ({ path, form }) => {
        const from = kept(form);
        if (from === undefined) throw damaged(name, `the release to return to has not the content of ${path}`);
        restored.set(path, from);
      });
    },
    async commit() {
      signal.throwIfAborted();
      const taken = takenFor({ ...work, rest: building.rest(), restored });
      const isChanged = await stage(work, { links: taken.links, building });
      if (incoming !== undefined) await remove(remote, { passing: [incoming] }, signal);
      incoming = `${PASSING}${randomBytes(6).toString('hex')}`;
      if (isChanged) await remote.connection.send(staging.at, join(remote.layout.trees, incoming), signal);
      if (work.missing.size > 0) await finish(remote, { ...work, incoming, taken, sent }, signal);
      signal.throwIfAborted();
      await goLive(remote, { id: work.next.id, hash: work.root.hash, incoming }, signal);
      incoming = undefined;
      work.stored.learn(work.next.id, work.root.hash);
      await staging.clear();
    },
    async abort() {
      await staging.clear();
      // What was sent would only take up room until the next transfer.
      if (incoming !== undefined) await remove(remote, { passing: [incoming] }, AbortSignal.timeout(ABORT_MS));
    },
  };
}

/** Puts what is to be sent beside the files that were put: the other folders, new links, the manifest. False where that is nothing. */
function stage(
  { staging, missing, hasManifest, next, signal }: Work,
  { links, building }: { readonly links: readonly Rest[]; readonly building: Building },
): Promise<boolean> {
  if (missing.size === 0 && hasManifest) return Promise.resolve(false);
  return staging.guard(async () => {
    await staging.make();
    await onEach(missing.keys(), signal, building.folder);
    await onEach(links, signal, ({ folder, name, key }) => relink(key, join(staging.at, folder, name)));
    await writeFile(join(staging.at, MANIFEST), JSON.stringify(next));
    return true;
  });
}

/** Makes a link, or leaves the one that an earlier attempt to commit made. */
async function relink(target: string, at: string): Promise<void> {
  await symlink(target, at).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
  });
}
