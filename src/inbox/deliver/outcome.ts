import { decodeEntities } from '../../model/markup.ts';
import type { Why } from '../spool.ts';
import type { Kept } from '../submission.ts';

/** How one delivery ended. */
export type Delivery =
  | { readonly kind: 'delivered'; readonly id: number | undefined }
  /** For good: sending it again would be refused again. */
  | { readonly kind: 'refused'; readonly why: Why }
  /** Not now. `sure`: it is not stored. `stop`: nothing else would be taken either. */
  | { readonly kind: 'later'; readonly why: string; readonly sure: boolean; readonly stop: boolean };

/** What a refusing page says, as plain text on one line. */
export function reasonIn(page: string): string {
  return plainText(page.replace(/^[\s\S]*?<body[^>]*>/i, '').replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ''));
}

/** Longest reason that is kept. */
const MAX_REASON = 200;

/** A reason without what the visitor sent, however the origin repeats it, and shortened only then: of words that were cut nothing would be found. */
export function impersonal(reason: string, { fields, address, agent }: Kept): string {
  const values = [...fields.map(([, value]) => value), address, agent];
  const said = values.flatMap((value) => [value.replace(UNSHOWN, ' ').trim(), plainText(value)]);
  const longestFirst = said.filter((value) => value.length > 2).sort((a, b) => b.length - a.length);
  return longestFirst.reduce((text, value) => text.replaceAll(value, '…'), reason).slice(0, MAX_REASON);
}

/** White space, and what would move the cursor of whoever reads it. */
const UNSHOWN = /[\s\u0000-\u001f\u007f-\u009f]+/g;

/** The text of markup on one line. */
export function plainText(markup: string): string {
  return decodeEntities(markup.replace(/<[^>]*>/g, ' '))
    .replace(UNSHOWN, ' ')
    .trim();
}
