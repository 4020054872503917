import type { Manifest, ReleaseFile } from '../../../model/manifest.ts';
import type { ReadBack } from '../../destination.ts';
import { folderOf, formsOf, treeOf } from '../layout/tree.ts';
import type { Remote } from './remote.ts';
import { wrongAmong } from './sums.ts';

interface Wish {
  readonly release: Manifest;
  readonly files: readonly ReleaseFile[];
}

/** Files read in one script: few enough that an abort is soon, many enough that the connection does not count. */
const BATCH = 2000;

/** Reads every form of each file where the release has it, live or not. */
export async function* readBack(
  remote: Remote,
  { release, files }: Wish,
  signal: AbortSignal,
): AsyncGenerator<ReadBack> {
  const root = treeOf(release);
  for (let from = 0; from < files.length; from += BATCH) {
    const batch = files.slice(from, from + BATCH).map((file) => {
      const folder = file.kind === 'internal' ? undefined : folderOf(root, file.path);
      const forms = folder === undefined ? [] : formsOf(folder, file);
      return { file, sums: forms.map(([name, { sha256 }]) => [`${folder?.hash}/${name}`, sha256] as const) };
    });
    const wrong = await wrongAmong(remote, new Map(batch.flatMap(({ sums }) => sums)), signal);
    for (const { file, sums } of batch) {
      const state = sums.map(([path]) => wrong.get(path)).find((each) => each !== undefined);
      yield { file, state: state ?? 'whole' };
    }
  }
}
