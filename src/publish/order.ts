import type { ReleaseFile } from '../model/manifest.ts';

/**
 * Files in the groups in which they may become visible, one group after the other, so that nothing that is visible refers to what
 * is not there yet: assets; pages, and what stands alone; pages that list others; feeds and sitemaps. `release` is all that the
 * release holds: which page lists others shows there. Pure.
 */
export function inOrder(
  files: readonly ReleaseFile[],
  release: readonly ReleaseFile[],
): readonly (readonly ReleaseFile[])[] {
  const lists = listFolders(release);
  const groups: [ReleaseFile[], ReleaseFile[], ReleaseFile[], ReleaseFile[]] = [[], [], [], []];
  for (const file of files) groups[rankOf(file, lists)].push(file);
  return groups.filter((group) => group.length > 0);
}

function rankOf({ kind, path }: ReleaseFile, lists: ReadonlySet<string>): 0 | 1 | 2 | 3 {
  if (kind === 'asset' || kind === 'internal') return 0;
  if (kind === 'feed') return 3;
  return kind === 'page' && lists.has(folderOf(path)) ? 2 : 1;
}

/** Folders below which there are further pages: the front page, a category, an archive. */
function listFolders(files: readonly ReleaseFile[]): ReadonlySet<string> {
  const lists = new Set<string>();
  for (const { kind, path } of files) {
    if (kind !== 'page') continue;
    for (let at = parentOf(folderOf(path)); at !== undefined && !lists.has(at); at = parentOf(at)) lists.add(at);
  }
  return lists;
}

/** `a/b` of `a/b/index.html`, the empty text of `index.html`. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function parentOf(folder: string): string | undefined {
  return folder === '' ? undefined : folderOf(folder);
}
