import { selectAll, selectOne } from 'css-select';
import type { AnyNode, Document, Element } from 'domhandler';
import { parseDocument } from 'htmlparser2';
import { bySelector } from '../../config/selector.ts';
import { withoutStrayEnds } from '../../model/stray-ends.ts';

/** An element of a feed or a page. */
export type Branch = Document | Element;

/** The tree of a feed; names are in lower case. */
export function parseXml(text: string): Document {
  return parseDocument(text, { xmlMode: true, lowerCaseTags: true, decodeEntities: true });
}

/** The tree of a page; `innerOf` gives the markup of its parts as it was written. */
export function parseHtml(text: string): Document {
  return parseDocument(withoutStrayEnds(text), { decodeEntities: true, withStartIndices: true, withEndIndices: true });
}

/** What an element of `parseHtml(text)` holds, as written. */
export function innerOf({ children }: Branch, text: string): string {
  const [from, to] = [children[0]?.startIndex, children.at(-1)?.endIndex];
  if (from === undefined || from === null || to === undefined || to === null) return '';
  return copied(text.slice(from, to + 1));
}

/** A part of a string holds all of it in memory: a comment that is kept would keep the page that it was read from. */
const copied = (part: string): string => Buffer.from(part, 'utf8').toString('utf8');

/** Every element of one of these names, in order, however deep. */
export function branches(top: Branch, names: readonly string[]): readonly Element[] {
  const found: Element[] = [];
  const waiting: AnyNode[] = [...top.children].reverse();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (!('children' in node)) continue;
    if ('name' in node && names.includes(node.name)) found.push(node);
    waiting.push(...[...node.children].reverse());
  }
  return found;
}

/** Every element below that matches. Throws `config-invalid` for what is no selector. */
export function allBy(top: Branch, selector: string): readonly Element[] {
  return bySelector(selector, () => selectAll<AnyNode, Element>(selector, top.children));
}

/** The first element below that matches. Throws `config-invalid` for what is no selector. */
export function firstBy(top: Branch, selector: string): Element | undefined {
  return bySelector(selector, () => selectOne<AnyNode, Element>(selector, top.children)) ?? undefined;
}

/** All text of an element, references resolved; '' for none. */
export function textOf(top: Branch | undefined): string {
  const parts: string[] = [];
  const waiting: AnyNode[] = top === undefined ? [] : [top];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === 'text') parts.push(node.data);
    else if ('children' in node) waiting.push(...[...node.children].reverse());
  }
  return parts.join('').trim();
}
