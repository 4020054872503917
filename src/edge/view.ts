import type { HoldingFacts } from '../model/holding.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';

/** A release as a web server sees it. */
export interface ReleaseView {
  /** The file that answers a decoded path, with or without the slash at its end. */
  find(path: string): ReleaseFile | undefined;
  /** The holding page of that name. */
  holding(name: string): HoldingFacts | undefined;
}

/** Files that stand for their folder, in the order in which they are tried. */
export const INDEX_FILES = ['index.html', 'index.xml', 'index.json', 'index.txt'] as const;

/** The view of a release and of the facts that lie in its `_holdfast/holding.json`. */
export function viewRelease({ files }: Pick<Manifest, 'files'>, pages: readonly HoldingFacts[]): ReleaseView {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const facts = new Map(pages.map((page) => [page.name, page]));
  return {
    find(path) {
      const name = path.replace(/^\//, '').replace(/\/$/, '');
      const asked = path.endsWith('/') ? undefined : byPath.get(name);
      if (asked !== undefined) return asked;
      for (const index of INDEX_FILES) {
        const file = byPath.get(name === '' ? index : `${name}/${index}`);
        if (file !== undefined) return file;
      }
      return undefined;
    },
    holding: (name) => facts.get(name),
  };
}
