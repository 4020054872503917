import { decodeEntities } from '../../model/markup.ts';
import type { Why } from '../spool.ts';

/** How one delivery ended. */
export type Delivery =
  | { readonly kind: 'delivered'; readonly id: number | undefined }
  /** For good: sending it again would be refused again. */
  | { readonly kind: 'refused'; readonly why: Why }
  /** Not now. `sure`: it is not stored. `stop`: nothing else would be taken either. */
  | { readonly kind: 'later'; readonly why: string; readonly sure: boolean; readonly stop: boolean };

/** Longest reason that is kept. */
const MAX_REASON = 200;

/** What a refusing page says, as plain text on one line. */
export function reasonIn(page: string): string {
  const body = page.replace(/^[\s\S]*?<body[^>]*>/i, '').replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, '');
  return plainText(body).slice(0, MAX_REASON);
}

/** The text of markup on one line. */
export function plainText(markup: string): string {
  return decodeEntities(markup.replace(/<[^>]*>/g, ' '))
    .replace(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .trim();
}
