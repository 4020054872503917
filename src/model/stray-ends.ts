import { MarkupScanner } from './markup.ts';

/**
 * A page with the `</li>` blanked that end nothing, so that all offsets stay. A browser passes over one that has no item open in its own list; htmlparser2
 * ends the item around that list, and all in it. WordPress writes some for each answer that is deeper than its threads go.
 */
export function withoutStrayEnds(text: string): string {
  const scanner = new MarkupScanner(text);
  /** Lists that are open, and the item that is in each. */
  const open: string[] = [];
  const parts: string[] = [];
  let done = 0;
  while (scanner.next()) {
    const { name, closing, start, end } = scanner;
    if (LISTS.has(name)) follow(open, name, closing);
    if (name !== 'li') continue;
    const isOpen = open.at(-1) === 'li';
    if (isOpen) open.pop();
    if (!closing) open.push('li');
    // An item that stands in no list is ended as it was begun.
    if (!closing || isOpen || open.length === 0) continue;
    parts.push(text.slice(done, start), ' '.repeat(end - start));
    done = end;
  }
  return done === 0 ? text : parts.join('') + text.slice(done);
}

const LISTS: ReadonlySet<string> = new Set(['ol', 'ul']);

function follow(open: string[], name: string, closing: boolean): void {
  if (!closing) open.push(name);
  else if (open.includes(name)) open.length = open.lastIndexOf(name);
}
