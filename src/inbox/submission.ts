import { createHmac } from 'node:crypto';
import type { Fields, Letters } from './fields.ts';
import type { Words } from './forms.ts';

/** What is kept of a form, sealed where a recipient is configured. Cookies and credentials are never among it. */
export interface Kept {
  readonly v: 1;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Where the form posted to; many a form says in its query what it is about. */
  readonly path: string;
  readonly fields: Fields;
  /** UTF-8 where it is not said. */
  readonly letters?: Letters;
  /** The visitor's address, for the origin's own checks. */
  readonly address: string;
  /** The browser, as it calls itself. */
  readonly agent: string;
}

/** What is kept, as bytes. */
export const packed = (kept: Kept): Buffer => Buffer.from(JSON.stringify(kept));

/** What was kept; undefined where the bytes are not of this kind. */
export function unpacked(bytes: Buffer): Kept | undefined {
  try {
    const kept = JSON.parse(bytes.toString('utf8')) as Kept;
    return kept.v === 1 && Array.isArray(kept.fields) ? kept : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What makes two submissions the same: who says what where, and no e-mail address, since what is hashed here becomes public with the comment
 * and the address does not. 32 hexadecimal digits.
 */
export function keyOf(path: string, words: Words, key: Uint8Array): string {
  const said = JSON.stringify([path, words.page, words.parent, words.author.trim(), words.text.trim()]);
  return createHmac('sha256', key).update(said).digest('hex').slice(0, 32);
}
