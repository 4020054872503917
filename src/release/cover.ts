import { type Address, addressOfFile } from '../model/address.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';

/** What is put over which pages. */
export interface Cover {
  /** The holding page. */
  readonly page: ReleaseFile;
  readonly isHot: (address: Address) => boolean;
}

/** The files with a holding page's content under the names of the pages that are hot; each knows what it stands for. */
export function coverPages(files: readonly ReleaseFile[], { page, isHot }: Cover): readonly ReleaseFile[] {
  return files.map((file) => (file.kind === 'page' && isHot(addressOfFile(file.path)) ? covered(file, page) : file));
}

/** The files with the same pages covered, by the same content, as they are in `live`. */
export function coverAlike(files: readonly ReleaseFile[], live: Manifest | undefined): readonly ReleaseFile[] {
  const covers = new Map(coveredPages(live).map((file) => [file.path, file]));
  return files.map((file) => {
    const cover = covers.get(file.path);
    return cover === undefined ? file : covered(file, cover);
  });
}

/** The pages of a release that a holding page was put over. */
export function coveredPages(manifest: Manifest | undefined): readonly ReleaseFile[] {
  return (manifest?.files ?? []).filter(({ covers }) => covers !== undefined);
}

function covered({ path, sha256, size, kind, type, headers, variants }: ReleaseFile, page: ReleaseFile): ReleaseFile {
  const { sha256: shown, size: shownSize, type: shownType, headers: shownHeaders, variants: shownVariants } = page;
  return {
    path,
    kind: 'page',
    sha256: shown,
    size: shownSize,
    type: shownType,
    headers: shownHeaders,
    variants: shownVariants,
    covers: { sha256, size, kind, type, headers, variants },
  };
}
