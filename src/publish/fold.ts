import { addressOfFile } from '../model/address.ts';
import type { PurgeLimit, PurgePaths } from './purger.ts';

/** What one ask may hold, and what both kinds together may cost. */
export interface Room extends PurgeLimit {
  readonly total: number;
}

/** What to ask now, and the files that are left for later. */
export interface Folded {
  readonly ask: PurgePaths;
  readonly rest: readonly string[];
}

/**
 * Paths that visitors ask a file by: `a/index.html` is `/a/` and `/a`, `index.html` is `/`; `byFile` also by its own name.
 */
export function spellings(file: string, byFile: boolean): readonly string[] {
  const address = addressOfFile(file);
  if (!address.endsWith('/')) return [address];
  const bare = address.slice(0, -1);
  const own = `${address}${file.slice(file.lastIndexOf('/') + 1)}`;
  return [address, ...(bare === '' ? [] : [bare]), ...(byFile ? [own] : [])];
}

/**
 * Pure. Changed files as one ask within `room`: every path by itself where there is room; else with as few and as deep folders as
 * make it fit, each for two files or more; what then does not fit waits in `rest`, in the order given. Never the root: that is everything.
 */
export function fold(files: readonly string[], room: Room): Folded {
  const units = [...new Set(files)].map((file) => unitOf(file, room.byFile));
  const depths = units.reduce((most, { folders }) => Math.max(most, folders.length), 0);
  let folded = fill(units, [], room);
  for (let depth = depths; depth > 0 && folded.rest.length > 0; depth--) {
    const folders = foldersAt(units, depth).slice(0, Math.min(room.prefixes, room.total));
    folded = fill(units, folders, room);
    if (folded.rest.length === 0) return withFewest(units, folders, room);
  }
  return folded;
}

/** What all of the folders make fit, with as few of them as do: each more makes the ask shorter, so that halving finds them. */
function withFewest(units: readonly Unit[], folders: readonly string[], room: Room): Folded {
  let [low, high] = [1, folders.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (fill(units, folders.slice(0, middle), room).rest.length === 0) high = middle;
    else low = middle + 1;
  }
  return fill(units, folders.slice(0, high), room);
}

interface Unit {
  readonly file: string;
  readonly paths: readonly string[];
  /** Folders that all of its paths are below, outermost first: `/a/b` is below `/a/`. */
  readonly folders: readonly string[];
}

function unitOf(file: string, byFile: boolean): Unit {
  const paths = spellings(file, byFile);
  const parts = (paths[0] ?? '').replace(/\/$/, '').split('/').slice(1, -1);
  return { file, paths, folders: parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}/`) };
}

/** Fills the room: first the folders, then single files. */
function fill(units: readonly Unit[], folders: readonly string[], room: Room): Folded {
  const prefixes = new Set(folders);
  const paths = new Set<string>();
  const rest: string[] = [];
  const most = Math.min(room.paths, room.total - prefixes.size);
  for (const unit of units) {
    if (unit.folders.some((folder) => prefixes.has(folder))) continue;
    const asked = unit.paths.filter((path) => !prefixes.has(`${path.slice(0, path.lastIndexOf('/'))}/`));
    if (paths.size + asked.length > most) rest.push(unit.file);
    else for (const path of asked) paths.add(path);
  }
  return { ask: { paths: [...paths].sort(), prefixes: [...prefixes].sort() }, rest };
}

/** Folders of that depth that hold two changed files or more, those that spare most paths first. */
function foldersAt(units: readonly Unit[], depth: number): readonly string[] {
  const held = new Map<string, { files: number; paths: number }>();
  for (const { folders, paths } of units) {
    const folder = folders[depth - 1];
    if (folder === undefined) continue;
    const before = held.get(folder);
    held.set(folder, { files: (before?.files ?? 0) + 1, paths: (before?.paths ?? 0) + paths.length });
  }
  return [...held]
    .filter(([, { files }]) => files > 1)
    .sort(([a, one], [b, other]) => other.paths - one.paths || (a < b ? -1 : 1))
    .map(([folder]) => folder);
}
