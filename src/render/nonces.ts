import { NONCE_HINT, NONCE_PATTERNS } from '../model/volatile.ts';
import { type Edit, splice } from './splice.ts';

/** Text with the value of each nonce and session token emptied: they were one visitor's, and die within a day. */
export function stripNonces(text: string): string {
  if (!NONCE_HINT.test(text)) return text;
  return NONCE_PATTERNS.reduce(stripOne, text);
}

function stripOne(text: string, pattern: RegExp): string {
  const edits: Edit[] = [];
  for (const match of text.matchAll(pattern)) {
    const [start, end] = match.indices?.groups?.['value'] ?? [0, 0];
    if (end > start) edits.push({ start, end, text: '' });
  }
  return splice(text, edits);
}
