import type { Address } from './address.ts';

/** Bytes in the blob store, named by what they are. */
export interface BlobRef {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** What the origin lets us ask with next time, so that it may answer "unchanged". */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

/** How one look at one page ended. All are expected; the five counts of a summary are disjoint and add up to the pages looked at. */
export type Outcome = 'captured' | 'unchanged' | 'kept' | 'failed' | 'gone';

/** Why a capture may not replace the last good one. Permanent names: they stand in summaries and in `--json`. */
export const PROBLEMS = {
  unreachable: 'no answer, a cut answer or a broken one',
  timeout: 'slower than its deadline',
  status: 'a status other than 200',
  type: 'not HTML, or a stylesheet or script that turned into HTML',
  unclosed: 'the closing tag or another required text is missing',
  small: 'smaller than the minimum size',
  forbidden: 'an error, maintenance or gateway page, or another forbidden text',
  shrunk: 'much smaller than the last good capture',
  repeated: 'one same body on many addresses',
  private: 'asks for a login or a password',
  personal: 'holds what belongs to one visitor',
  moved: 'redirects elsewhere, where a page was before',
  'redirect-loop': 'redirects to itself',
  hostile: 'its address cannot be a file of the site',
  place: 'no longer has the place that its comments go to',
  asset: 'refers to an asset that could not be fetched yet',
} as const;

export type Problem = keyof typeof PROBLEMS;

/** What a captured page or stylesheet refers to on its own site. */
export interface References {
  /** Stylesheets, scripts, images, fonts, media, icons: to be captured with the page. */
  readonly assets: readonly AssetReference[];
  /** Pages it links to, without queries; each once. */
  readonly links: readonly Address[];
  /** The numeric query by which the page calls itself (`<link rel=shortlink href="/?p=211">` gives `p=211`). */
  readonly shortlink?: string;
  /** Numeric queries by which it links to others, e.g. `p=12`. */
  readonly shortlinks: readonly string[];
}

export interface AssetReference {
  readonly address: Address;
  /** The query it was written with (`ver=6.1`), '' for none: a new one means new bytes. */
  readonly version: string;
}
