import type { GateConfig } from '../config/schema.ts';
import type { Address } from '../model/address.ts';
import type { References } from '../model/capture.ts';
import type { Site } from '../model/site.ts';
import { judge, type Verdict } from './gate/judge.ts';
import { judgeFile } from './gate/xml.ts';
import type { Normalize } from './normalize.ts';
import { referencesInHtml } from './references.ts';
import { titleOf } from './title.ts';

/** An answer as it came, and what is known of the page from before. */
export interface Raw {
  readonly address: Address;
  /** The Content-Type. */
  readonly type: string;
  readonly bytes: Buffer;
  readonly setCookies: readonly string[];
  readonly last?: { readonly textSize: number; readonly same: string; readonly type: string };
  /** True where the page's title is of use. */
  readonly wantsTitle: boolean;
}

/** What a page says: whether it may be published, whether it is new, and what it refers to. */
export interface Digest {
  readonly verdict: Verdict;
  /** Hash of the body without its volatile text; '' where the gate refused the page. */
  readonly same: string;
  /** Empty where the page is refused, unchanged or not HTML. */
  readonly refs: References;
  readonly title?: string;
}

/** What a digest is made with; the same for every page of a run. */
export interface DigestTools {
  readonly site: Site;
  readonly gate: GateConfig;
  readonly normalize: Normalize;
}

const NO_REFERENCES: References = { assets: [], links: [], shortlinks: [] };

/** Reads a page once it is whole; pure. Of a file that is no HTML only a feed or sitemap is asked to be whole. */
export function digest(raw: Raw, { site, gate, normalize }: DigestTools): Digest {
  const { address, type, bytes, setCookies, last, wantsTitle } = raw;
  const isHtml = /html/i.test(type);
  // Made once for all that read it: of a page it is as large as all that they make of it.
  const source = bytes.toString('latin1');
  const verdict: Verdict = isHtml
    ? judge({ address, type, bytes, source, setCookies, ...(last === undefined ? {} : { last }) }, gate)
    : judgeFile(type, source);
  if (!verdict.pass) return { verdict, same: '', refs: NO_REFERENCES };
  const same = normalize(bytes, source);
  const isNew = last === undefined || last.same !== same || last.type !== type;
  if (!isHtml || !isNew) return { verdict, same, refs: NO_REFERENCES };
  const title = wantsTitle ? titleOf(bytes, type) : undefined;
  return { verdict, same, refs: referencesInHtml(source, address, site), ...(title === undefined ? {} : { title }) };
}
