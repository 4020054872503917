import { collisionKey } from '../model/address.ts';
import type { FileKind } from '../model/manifest.ts';

/** Which names of a release are taken. */
export interface Claims {
  /** True when the name was free; else the collision is noted, unless it is a redirect, which gives way silently. */
  claim(path: string, kind: FileKind): boolean;
  has(path: string): boolean;
  readonly collisions: readonly { readonly path: string; readonly text: string }[];
}

/** Names are held against each other as the least careful disk would: by case, by Unicode form, as file and as folder. */
export function openClaims(): Claims {
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  const collisions: { path: string; text: string }[] = [];
  const takenBy = (key: string): string | undefined => {
    const other = files.get(key) ?? folders.get(key);
    if (other !== undefined) return other;
    return parentsOf(key)
      .map((parent) => files.get(parent))
      .find((name) => name !== undefined);
  };
  return {
    collisions,
    has: (path) => files.has(collisionKey(path)),
    claim: (path, kind) => {
      const key = collisionKey(path);
      const other = takenBy(key);
      if (other === undefined) {
        files.set(key, path);
        for (const parent of parentsOf(key)) folders.set(parent, path);
        return true;
      }
      if (other !== path && kind !== 'redirect')
        collisions.push({ path, text: `would be the same file as ${other} on some disks, and is left out` });
      return false;
    },
  };
}

function parentsOf(key: string): readonly string[] {
  const parents: string[] = [];
  for (let slash = key.indexOf('/'); slash !== -1; slash = key.indexOf('/', slash + 1))
    parents.push(key.slice(0, slash));
  return parents;
}
