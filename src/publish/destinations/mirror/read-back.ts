import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, ReleaseFile } from '../../../model/manifest.ts';
import type { ReadBack } from '../../destination.ts';
import { holds } from '../layout/disk.ts';
import type { Layout } from '../layout/paths.ts';
import { folderOf, formsOf, treeOf } from '../layout/tree.ts';

interface Wish {
  readonly release: Manifest;
  readonly files: readonly ReleaseFile[];
}

/** Reads every form of each file where the release has it, live or not. */
export async function* readBack(
  layout: Layout,
  { release, files }: Wish,
  signal: AbortSignal,
): AsyncGenerator<ReadBack> {
  const root = treeOf(release);
  for (const file of files) {
    signal.throwIfAborted();
    const folder = folderOf(root, file.path);
    const at = folder === undefined ? undefined : join(layout.trees, folder.hash);
    const forms = folder === undefined || file.kind === 'internal' ? [] : formsOf(folder, file);
    let state: ReadBack['state'] = 'whole';
    for (const [name, form] of forms) {
      if (at === undefined || (await holds(join(at, name), form))) continue;
      state = await stateOf(join(at, name));
      break;
    }
    yield { file, state };
  }
}

function stateOf(path: string): Promise<ReadBack['state']> {
  return lstat(path).then(
    () => 'damaged',
    () => 'absent',
  );
}
