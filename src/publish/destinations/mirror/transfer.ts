import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../../model/errors.ts';
import type { Manifest, ReleaseFile } from '../../../model/manifest.ts';
import { isAbsent, makeFolder, syncFolder, systemCode, writeAtomic } from '../../../store/files.ts';
import type { OpenFile, Standing, Transfer } from '../../destination.ts';
import type { MirrorControl } from './control.ts';
import { holds, linkOrCopy, namesIn, onEach, targetOf, writeVerified } from './disk.ts';
import { isReleaseId, type Layout, linkTarget, NEXT_LINK, PASSING } from './layout.ts';
import { assertOurs, assertRoom, assertWritable, needOf } from './place.ts';
import { type Folder, type Form, folderOf, foldersOf, formsOf, nameOf, treeOf } from './tree.ts';

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
  readonly building: string;
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

/** A name in a folder that is not there yet: a file that was not put, or a link to a sub-folder. `key` as in `Work.live`. */
interface Rest {
  readonly kind: 'file' | 'link';
  readonly at: string;
  readonly key: string;
}

/** Checks the place and the room, clears away what killed transfers left, and makes ready to build the missing folders. */
export async function beginTransfer(
  { name, layout, next, standing, unlessMoved }: Wish,
  signal: AbortSignal,
): Promise<Transfer> {
  signal.throwIfAborted();
  if (!isReleaseId(next.id))
    throw new HoldfastError('address-hostile', `${name}: ${JSON.stringify(next.id)} is not a release's id`);
  const root = treeOf(next);
  const live = reliedOn(standing);
  const liveRoot = live === undefined ? undefined : treeOf(live);
  await assertOurs(layout, name);
  await assertWritable(layout, name);
  const missing = await missingFolders(layout, root, live === undefined, signal);
  await removePassing(layout);
  await assertRoom(layout, name, needOf(missing.values(), liveRoot));
  const building = join(layout.trees, `${PASSING}${randomBytes(6).toString('hex')}`);
  await makeFolder(layout.releases);
  if (missing.size > 0) await makeFolder(building);
  return transferOf({
    name,
    layout,
    next,
    root,
    missing,
    live: lazily(() => contentsOf(layout, liveRoot)),
    source: lazily(() => (standing.source === undefined ? undefined : treeOf(standing.source))),
    building,
    unlessMoved,
    signal,
  });
}

/** Folders are trusted together: where one path is unsure, each is looked at again. */
function reliedOn({ live, unsure }: Standing): Manifest | undefined {
  return unsure !== 'all' && unsure.size === 0 ? live : undefined;
}

function transferOf(work: Work): Transfer {
  const { signal, missing, building } = work;
  const written = new Set<string>();
  const made = new Map<string, Promise<unknown>>();
  const makeOnce = (hash: string): Promise<unknown> => {
    const making = made.get(hash) ?? mkdir(join(building, hash));
    made.set(hash, making);
    return making;
  };
  /** Makes each form of a file, in a folder that is not there yet. */
  const make = async (file: ReleaseFile, one: (at: string, form: Form) => Promise<void>): Promise<void> => {
    signal.throwIfAborted();
    const folder = planned(work, file);
    if (folder === undefined || !missing.has(folder.hash)) return;
    await makeOnce(folder.hash);
    for (const [name, form] of formsOf(folder, file)) await one(join(building, folder.hash, name), form);
  };
  return {
    put: (file, open) => make(file, (at, form) => write(at, form, open, written)),
    restore: (file) => {
      const kept = keptForms(work, file);
      return make(file, (at, form) => restore(work, { kept, at, form }, written));
    },
    async commit(guard) {
      await onEach(missing.keys(), signal, async (hash) => void (await makeOnce(hash)));
      await onEach(restOf(work, written), signal, (rest) => fill(work, rest));
      await onEach(missing.keys(), signal, (hash) => syncFolder(join(building, hash)));
      await onEach(missing.keys(), signal, (hash) => install(work, hash));
      await syncFolder(work.layout.trees);
      signal.throwIfAborted();
      await writeChanged(join(work.layout.releases, `${work.next.id}.json`), JSON.stringify(work.next));
      await guard((version) => work.unlessMoved(version, () => goLive(work), signal));
      await rm(work.building, { recursive: true, force: true });
    },
    abort: () => rm(building, { recursive: true, force: true }),
  };
}

/** The folder that is to hold the file; undefined for what visitors never get. */
function planned({ name, next, root }: Work, file: ReleaseFile): Folder | undefined {
  if (file.kind === 'internal') return undefined;
  const folder = folderOf(root, file.path);
  if (folder?.files.get(nameOf(file.path))?.sha256 === file.sha256) return folder;
  throw new HoldfastError('unexpected', `${name}: ${file.path} is not in release ${next.id} as it was put`);
}

/** Writes one form once: equal folders at two places of a release are one folder on the disk. */
async function write(at: string, form: Form, open: OpenFile, written: Set<string>): Promise<void> {
  if (written.has(at)) return;
  written.add(at);
  try {
    await writeVerified(at, form, () => open(form.encoding));
  } catch (error) {
    written.delete(at);
    throw error;
  }
}

/** Where the source has the forms of a file, by encoding. */
function keptForms({ layout, source }: Work, file: ReleaseFile): ReadonlyMap<string, string> {
  const root = source();
  const folder = root === undefined ? undefined : folderOf(root, file.path);
  if (folder === undefined) return new Map();
  const at = join(layout.trees, folder.hash);
  return new Map(formsOf(folder, file).map(([name, form]) => [`${form.encoding} ${form.sha256}`, join(at, name)]));
}

interface Restoring {
  readonly kept: ReadonlyMap<string, string>;
  readonly at: string;
  readonly form: Form;
}

async function restore(work: Work, { kept, at, form }: Restoring, written: Set<string>): Promise<void> {
  if (written.has(at)) return;
  const from = kept.get(`${form.encoding} ${form.sha256}`);
  if (from === undefined) throw damaged(work, `the release to return to has not the content of ${at}`);
  written.add(at);
  await linkOrCopy(from, at);
}

function* restOf({ missing, building }: Work, written: ReadonlySet<string>): Generator<Rest> {
  for (const { hash, files, folders } of missing.values()) {
    for (const [name, form] of files) {
      const at = join(building, hash, name);
      if (!written.has(at)) yield { kind: 'file', at, key: form.sha256 };
    }
    for (const [name, child] of folders)
      yield { kind: 'link', at: join(building, hash, name), key: `../${child.hash}` };
  }
}

async function fill(work: Work, { kind, at, key }: Rest): Promise<void> {
  const from = work.live().get(key);
  if (kind === 'link') return relink(from, at, key);
  if (from === undefined) throw damaged(work, `nothing that is live has the content of ${at}, and it was not put`);
  try {
    await linkOrCopy(from, at);
  } catch (error) {
    throw systemCode(error) === 'ENOENT' ? damaged(work, `${from} is not there any more`) : error;
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

function damaged(work: Work, why: string): HoldfastError {
  return new HoldfastError('destination-damaged', `${work.name}: ${why}`, {
    hint: 'run publish --force, which sends every file again',
  });
}

/** Moves a finished folder to its name. Where one is there that lacks something, each name in it is put right in one step. */
async function install({ layout, building }: Work, hash: string): Promise<void> {
  const [from, to] = [join(building, hash), join(layout.trees, hash)];
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
