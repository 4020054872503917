import type { Rest } from '../layout/building.ts';
import { damaged } from '../layout/refusals.ts';
import { type Folder, foldersOf } from '../layout/tree.ts';

/** What new folders take from folders that are there, and what they do not. */
export interface Taken {
  /** Names that a folder takes as they are from another: `<from> <to>`, both hashes, and the names. */
  readonly same: ReadonlyMap<string, readonly string[]>;
  /** Files that are there under another name: paths below `trees`. */
  readonly renamed: readonly (readonly [from: string, to: string])[];
  /** Links that are nowhere yet. */
  readonly links: readonly Rest[];
}

export interface Wanted {
  /** The destination's name. */
  readonly name: string;
  readonly root: Folder;
  /** The live release, where it can be relied on. */
  readonly live: Folder | undefined;
  readonly rest: Iterable<Rest>;
  /** Paths to be taken from a kept release, and where it has them, both below `trees`. */
  readonly restored: ReadonlyMap<string, string>;
}

/**
 * Where each name that was not put comes from. Pure. Folders are many and names in a folder may be thousands, so names are
 * taken together, from the live folder at the same place first. Throws `destination-damaged` for a file that is nowhere.
 */
export function takenFor({ name, root, live, rest, restored }: Wanted): Taken {
  const before = counterparts(root, live);
  const anywhere = filesIn(live);
  const same = new Map<string, string[]>();
  const renamed: [string, string][] = [];
  const links: Rest[] = [];
  const take = (from: string, folder: string, each: string): void => {
    const [hash = '', was = ''] = split(from);
    if (was !== each) return void renamed.push([from, `${folder}/${each}`]);
    const names = same.get(`${hash} ${folder}`) ?? [];
    names.push(each);
    same.set(`${hash} ${folder}`, names);
  };
  for (const [path, from] of restored) take(from, ...split(path));
  for (const each of rest) {
    const counterpart = before.get(each.folder);
    const from = has(counterpart, each) ? `${counterpart?.hash}/${each.name}` : undefined;
    if (from !== undefined) take(from, each.folder, each.name);
    else if (each.kind === 'link') links.push(each);
    else {
      const other = anywhere.get(each.key);
      if (other === undefined)
        throw damaged(name, `nothing that is live has the content of ${each.folder}/${each.name}, and it was not put`);
      take(other, each.folder, each.name);
    }
  }
  return { same, renamed, links };
}

function split(path: string): [folder: string, name: string] {
  const at = path.indexOf('/');
  return [path.slice(0, at), path.slice(at + 1)];
}

/** True where a folder holds the same at the same name. */
function has(folder: Folder | undefined, { kind, name, key }: Rest): boolean {
  if (folder === undefined) return false;
  return kind === 'file' ? folder.files.get(name)?.sha256 === key : `../${folder.folders.get(name)?.hash}` === key;
}

/** The live folder at the place of each folder of a release, by the hash of the latter; of several places the first. */
function counterparts(root: Folder, live: Folder | undefined): ReadonlyMap<string, Folder> {
  const found = new Map<string, Folder>();
  const visit = (folder: Folder, before: Folder | undefined): void => {
    if (before === undefined || found.has(folder.hash)) return;
    found.set(folder.hash, before);
    for (const [name, child] of folder.folders) visit(child, before.folders.get(name));
  };
  visit(root, live);
  return found;
}

/** Where the live release has which content. */
function filesIn(live: Folder | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const folder of live === undefined ? [] : foldersOf(live).values())
    for (const [name, form] of folder.files) found.set(form.sha256, `${folder.hash}/${name}`);
  return found;
}
