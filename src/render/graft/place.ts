import { selectAll, selectOne } from 'css-select';
import type { Document, Element } from 'domhandler';
import { parseDocument } from 'htmlparser2';
import { bySelector } from '../../config/selector.ts';
import { withoutStrayEnds } from '../../model/stray-ends.ts';

/** An element of a page, by offsets into its text. */
export interface Place {
  readonly name: string;
  /** Class names as they are written. */
  readonly classes: string;
  /** Of its first `<`. */
  readonly start: number;
  /** Past its start tag. */
  readonly inner: number;
  /** Of the `<` of its end tag. */
  readonly innerEnd: number;
  /** Past its end tag. */
  readonly end: number;
}

/** A page in which elements can be looked up; `text` is latin1, so that offsets are those of bytes. */
export interface Places {
  /** The first element that matches; undefined where there is none, or where it is never closed. */
  first(selector: string): Place | undefined;
  all(selector: string): readonly Place[];
}

/** Parses a page once. To look up what is no selector throws `config-invalid`. */
export function placesIn(text: string): Places {
  const document: Document = parseDocument(withoutStrayEnds(text), {
    withStartIndices: true,
    withEndIndices: true,
    decodeEntities: false,
  });
  return {
    first: (selector) => {
      const found = bySelector(selector, () =>
        selectOne<Document['children'][number], Element>(selector, document.children),
      );
      return found === null ? undefined : placeOf(text, found);
    },
    all: (selector) =>
      bySelector(selector, () => selectAll<Document['children'][number], Element>(selector, document.children)).flatMap(
        (element) => placeOf(text, element) ?? [],
      ),
  };
}

function placeOf(text: string, { name, attribs, startIndex, endIndex, children }: Element): Place | undefined {
  if (startIndex === null || endIndex === null) return undefined;
  const end = endIndex + 1;
  const innerEnd = text.lastIndexOf('</', endIndex);
  const closing = text.slice(innerEnd, end);
  const inner = children[0]?.startIndex ?? innerEnd;
  // One that another element's end, or the page's, has closed has no end of its own to put anything before.
  const isClosed = innerEnd >= inner && closing.toLowerCase().startsWith(`</${name}`) && closing.endsWith('>');
  return isClosed ? { name, classes: attribs['class'] ?? '', start: startIndex, inner, innerEnd, end } : undefined;
}
