import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { HoldfastError } from '../../../model/errors.ts';
import type { Manifest, ReleaseFile } from '../../../model/manifest.ts';
import type { OpenFile, Standing } from '../../destination.ts';
import { isReleaseId } from './paths.ts';
import { type Folder, type Form, folderOf, formsOf, nameOf, treeOf } from './tree.ts';

/** The folders of a release that a destination has not yet, made side by side in one folder, each named by its hash. */
export interface Building {
  /** Has `make` make each form of a file, once, in a folder that is there by then; nothing where no missing folder holds the file. */
  each(file: ReleaseFile, make: (place: Place) => Promise<void>): Promise<void>;
  /** Makes the missing folder of this hash, where that was not done yet. */
  folder(hash: string): Promise<void>;
  /** The names in missing folders that nothing was made at. */
  rest(): Generator<Rest>;
}

/** Where one form of a file belongs. */
export interface Place {
  /** `<hash of the folder>/<name>`. */
  readonly path: string;
  readonly form: Form;
}

/** A name in a missing folder. */
export interface Rest {
  readonly kind: 'file' | 'link';
  /** Hash of the folder. */
  readonly folder: string;
  readonly name: string;
  /** The SHA-256 of a file, where a link points. */
  readonly key: string;
}

export interface Plan {
  /** The destination's. */
  readonly name: string;
  readonly next: Manifest;
  readonly root: Folder;
  /** Folders of `next` that are not there yet, by hash. */
  readonly missing: ReadonlyMap<string, Folder>;
  /** Where they are made. */
  readonly at: string;
}

/** Makes nothing yet. */
export function createBuilding(plan: Plan): Building {
  const { missing, at } = plan;
  const taken = new Set<string>();
  const made = new Map<string, Promise<void>>();
  const folder = (hash: string): Promise<void> => {
    const making = made.get(hash) ?? mkdir(join(at, hash));
    made.set(hash, making);
    return making;
  };
  /** Equal folders at two places of a release are one folder on the disk. */
  const once = async (place: Place, make: (place: Place) => Promise<void>): Promise<void> => {
    if (taken.has(place.path)) return;
    taken.add(place.path);
    try {
      await make(place);
    } catch (error) {
      taken.delete(place.path);
      throw error;
    }
  };
  return {
    folder,
    async each(file, make) {
      const holder = holderOf(plan, file);
      if (holder === undefined || !missing.has(holder.hash)) return;
      await folder(holder.hash);
      for (const [name, form] of formsOf(holder, file)) await once({ path: `${holder.hash}/${name}`, form }, make);
    },
    *rest() {
      for (const { hash, files, folders } of missing.values()) {
        for (const [name, { sha256 }] of files)
          if (!taken.has(`${hash}/${name}`)) yield { kind: 'file', folder: hash, name, key: sha256 };
        for (const [name, child] of folders) yield { kind: 'link', folder: hash, name, key: `../${child.hash}` };
      }
    },
  };
}

/** The folder that is to hold the file; undefined for what visitors never get. */
function holderOf({ name, next, root }: Plan, file: ReleaseFile): Folder | undefined {
  if (file.kind === 'internal') return undefined;
  const folder = folderOf(root, file.path);
  if (folder?.files.get(nameOf(file.path))?.sha256 === file.sha256) return folder;
  throw new HoldfastError('unexpected', `${name}: ${file.path} is not in release ${next.id} as it was put`);
}

/** The bytes of a form; a marker has none. */
export function bytesOf({ encoding }: Form, open: OpenFile): Readable {
  return encoding === 'marker' ? Readable.from([]) : open(encoding);
}

/** The folders of a release that is to be transferred. Throws `address-hostile` or `name-collision`. */
export function rootOf(next: Manifest, name: string): Folder {
  if (!isReleaseId(next.id))
    throw new HoldfastError('address-hostile', `${name}: ${JSON.stringify(next.id)} is not a release's id`);
  return treeOf(next);
}

/** The live release where all of it can be relied on. Folders are trusted together: where one path is unsure, each is looked at again. */
export function reliedOn({ live, unsure }: Standing): Folder | undefined {
  return live !== undefined && unsure !== 'all' && unsure.size === 0 ? treeOf(live) : undefined;
}

/** Where a kept release has a form of this file: `<hash of the folder>/<name>`; undefined where it has it not. */
export function keptAt(source: Folder | undefined, file: ReleaseFile): (form: Form) => string | undefined {
  const folder = source === undefined ? undefined : folderOf(source, file.path);
  const kept = new Map(
    (folder === undefined ? [] : formsOf(folder, file)).map(([name, { encoding, sha256 }]) => [
      `${encoding} ${sha256}`,
      `${folder?.hash}/${name}`,
    ]),
  );
  return ({ encoding, sha256 }) => kept.get(`${encoding} ${sha256}`);
}
