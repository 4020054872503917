import type { Manifest, ReleaseFile } from '../model/manifest.ts';
import { isSameFile } from './build.ts';

export type WhyPut =
  | 'not there'
  | 'bytes differ'
  | 'headers differ'
  | 'variants differ'
  | 'kind differs'
  | 'uncertain'
  | 'forced';

/** What has to be done so that a destination that shows one release shows another, file by file, with the reason. */
export interface Difference {
  readonly put: readonly { readonly file: ReleaseFile; readonly why: WhyPut }[];
  readonly remove: readonly { readonly path: string; readonly why: string }[];
  readonly same: number;
}

/** Why files are put that seem to be there. */
export interface Doubt {
  /** Every file is put, whatever is live. */
  readonly force?: boolean;
  /** Paths that may hold something else than `live` says. */
  readonly unsure?: ReadonlySet<string>;
}

/** Pure. */
export function difference(
  next: Manifest,
  live: Manifest | undefined,
  { force = false, unsure = new Set() }: Doubt = {},
): Difference {
  if (next === live && !force && unsure.size === 0) return { put: [], remove: [], same: next.files.length };
  const before = new Map((live?.files ?? []).map((file) => [file.path, file]));
  const put = next.files.flatMap((file) => {
    const doubt = unsure.has(file.path) ? 'uncertain' : undefined;
    const why = force ? 'forced' : (whyPut(file, before.get(file.path)) ?? doubt);
    return why === undefined ? [] : [{ file, why }];
  });
  const there = new Set(next.files.map((file) => file.path));
  const remove = [...before.values()]
    .filter(({ path }) => !there.has(path))
    .map((file) => ({ path: file.path, why: whyRemove(file) }));
  return { put, remove, same: next.files.length - put.length };
}

function whyPut(file: ReleaseFile, other: ReleaseFile | undefined): WhyPut | undefined {
  if (other === undefined) return 'not there';
  if (other.sha256 !== file.sha256) return 'bytes differ';
  if (isSameFile(other, file)) return undefined;
  if (other.kind !== file.kind) return 'kind differs';
  const isSame = (encoding: 'gzip' | 'br') => other.variants[encoding]?.sha256 === file.variants[encoding]?.sha256;
  return isSame('gzip') && isSame('br') ? 'headers differ' : 'variants differ';
}

function whyRemove(file: ReleaseFile): string {
  return file.carried === undefined ? 'not in the release' : 'no page has needed it for a while';
}
