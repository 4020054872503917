import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, ReleaseFile } from '../../../model/manifest.ts';
import { isAbsent, makeFolder, syncFolder, systemCode, writeAtomic } from '../../../store/files.ts';
import type { Standing, Transfer } from '../../destination.ts';
import { bytesOf, createBuilding, keptAt, type Place, type Rest, reliedOn, rootOf } from '../layout/building.ts';
import { holds, linkOrCopy, namesIn, onEach, targetOf, writeVerified } from '../layout/disk.ts';
import { type Layout, linkTarget, NEXT_LINK, PASSING } from '../layout/paths.ts';
import { damaged } from '../layout/refusals.ts';
import { needOf } from '../layout/room.ts';
import { type Folder, foldersOf, treeOf } from '../layout/tree.ts';
import type { MirrorControl } from './control.ts';
import { assertRoom, assertUsable } from './place.ts';

interface Work {
  readonly name: string;
  readonly layout: Layout;
  readonly next: Manifest;
  readonly root: Folder;
  /** Folders of `next` that are not in `trees` yet, by hash. */
  readonly missing: ReadonlyMap<string, Folder>;
  /** Where the live release has what the next one needs too: files by their SHA-256, links by where they point. */
  readonly live: () => ReadonlyMap<string, string>;
  /** The folders of the release that files may be restored from. */
  readonly source: () => Folder | undefined;
  /** Where the missing folders are built: one folder each, named by its hash. */
  readonly at: string;
  readonly unlessMoved: MirrorControl['unlessMoved'];
  readonly signal: AbortSignal;
}

export interface Wish {
  readonly name: string;
  readonly layout: Layout;
  readonly next: Manifest;
  readonly standing: Standing;
  readonly unlessMoved: MirrorControl['unlessMoved'];
}

/** Checks the place and the room, clears away what killed transfers left, and makes ready to build the missing folders. */
export async function beginTransfer(
  { name, layout, next, standing, unlessMoved }: Wish,
  signal: AbortSignal,
): Promise<Transfer> {
  signal.throwIfAborted();
  const root = rootOf(next, name);
  const live = reliedOn(standing);
  await assertUsable(layout, name);
  const missing = await missingFolders(layout, root, live === undefined, signal);
  await removePassing(layout);
  await assertRoom(layout, name, needOf(missing.values(), live));
  const at = join(layout.trees, `${PASSING}${randomBytes(6).toString('hex')}`);
  await makeFolder(layout.releases);
  if (missing.size > 0) await makeFolder(at);
  return transferOf({
    name,
    layout,
    next,
    root,
    missing,
    live: lazily(() => contentsOf(layout, live)),
    source: lazily(() => (standing.source === undefined ? undefined : treeOf(standing.source))),
    at,
    unlessMoved,
    signal,
  });
}

function transferOf(work: Work): Transfer {
  const { signal, missing, at } = work;
  const building = createBuilding(work);
  const each = (file: ReleaseFile, make: (place: Place) => Promise<void>): Promise<void> => {
    signal.throwIfAborted();
    return building.each(file, make);
  };
  return {
    put: async (file, open) =>
      each(file, ({ path, form }) =>
        writeVerified(join(at, path), form, { source: () => bytesOf(form, open), isDurable: true }),
      ),
    restore: async (file) => {
      const kept = keptAt(work.source(), file);
      return each(file, (place) => restore(work, place, kept(place.form)));
    },
    async commit(guard) {
      await onEach(missing.keys(), signal, building.folder);
      await onEach(building.rest(), signal, (rest) => fill(work, rest));
      await onEach(missing.keys(), signal, (hash) => syncFolder(join(at, hash)));
      await onEach(missing.keys(), signal, (hash) => install(work, hash));
      await syncFolder(work.layout.trees);
      signal.throwIfAborted();
      await writeChanged(join(work.layout.releases, `${work.next.id}.json`), JSON.stringify(work.next));
      await guard((version) => work.unlessMoved(version, () => goLive(work), signal));
      await rm(at, { recursive: true, force: true });
    },
    abort: () => rm(at, { recursive: true, force: true }),
  };
}

async function restore({ name, layout, at }: Work, { path }: Place, kept: string | undefined): Promise<void> {
  if (kept === undefined) throw damaged(name, `the release to return to has not the content of ${path}`);
  await linkOrCopy(join(layout.trees, kept), join(at, path));
}

async function fill(work: Work, { kind, folder, name, key }: Rest): Promise<void> {
  const from = work.live().get(key);
  const to = join(work.at, folder, name);
  if (kind === 'link') return relink(from, to, key);
  if (from === undefined) throw damaged(work.name, `nothing that is live has the content of ${to}, and it was not put`);
  try {
    await linkOrCopy(from, to);
  } catch (error) {
    throw systemCode(error) === 'ENOENT' ? damaged(work.name, `${from} is not there any more`) : error;
  }
}

/** One more name for a link that is there is cheaper than a new one, and takes no inode; not every system has that. */
async function relink(from: string | undefined, at: string, target: string): Promise<void> {
  const isLinked =
    from !== undefined &&
    (await link(from, at).then(
      () => true,
      () => false,
    ));
  if (!isLinked) await symlink(target, at);
}

/** Moves a finished folder to its name. Where one is there that lacks something, each name in it is put right in one step. */
async function install({ layout, at }: Work, hash: string): Promise<void> {
  const [from, to] = [join(at, hash), join(layout.trees, hash)];
  try {
    await rename(from, to);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error))) throw error;
    for (const name of await namesIn(from)) await rename(join(from, name), join(to, name));
    await syncFolder(to);
  }
}

async function writeChanged(path: string, content: string): Promise<void> {
  const before = await readFile(path, 'utf8').catch(ignoreAbsence);
  if (before !== content) await writeAtomic(path, content);
}

/** The switch: visitors get all of the old release before it and all of the new one after it. */
async function goLive({ layout, root }: Work): Promise<void> {
  if ((await targetOf(layout.current)) !== linkTarget(root.hash)) {
    const link = join(layout.dir, `${NEXT_LINK}${randomBytes(6).toString('hex')}`);
    await symlink(linkTarget(root.hash), link);
    await rename(link, layout.current);
  }
  await syncFolder(layout.dir);
}

/** A folder in `trees` was whole when it got its name; where the live release is uncertain that is looked at again. */
async function missingFolders(
  layout: Layout,
  root: Folder,
  isUncertain: boolean,
  signal: AbortSignal,
): Promise<Map<string, Folder>> {
  const there = new Set(await namesIn(layout.trees));
  const missing = foldersOf(root);
  await onEach([...missing.values()], signal, async (folder) => {
    if (!there.has(folder.hash)) return;
    if (!isUncertain || (await isWhole(join(layout.trees, folder.hash), folder))) missing.delete(folder.hash);
  });
  return missing;
}

/** True where each name is there and each file holds what it should; every byte is read, since somebody or some disk may have changed one. */
async function isWhole(path: string, folder: Folder): Promise<boolean> {
  for (const [name, form] of folder.files) {
    if (!(await holds(join(path, name), form))) return false;
  }
  for (const [name, child] of folder.folders) {
    if ((await targetOf(join(path, name))) !== `../${child.hash}`) return false;
  }
  return true;
}

function ignoreAbsence(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}

/** What a killed transfer left: it would take up room, and the caller holds the lock. */
async function removePassing(layout: Layout): Promise<void> {
  for (const [folder, prefix] of [
    [layout.trees, PASSING],
    [layout.dir, NEXT_LINK],
  ] as const) {
    for (const name of await namesIn(folder)) {
      if (name.startsWith(prefix)) await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Paths of the live release's files and links, by what they hold. */
function contentsOf(layout: Layout, root: Folder | undefined): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of root === undefined ? [] : foldersOf(root).values()) {
    const at = join(layout.trees, folder.hash);
    for (const [name, form] of folder.files) found.set(form.sha256, join(at, name));
    for (const [name, child] of folder.folders) found.set(`../${child.hash}`, join(at, name));
  }
  return found;
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
