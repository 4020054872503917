import { decodeAttribute, MarkupScanner } from '../../model/markup.ts';

/** Elements that the text of a comment may hold. */
export const ALLOWED: ReadonlySet<string> = new Set(
  'p br a strong b em i code pre blockquote q cite del s ul ol li'.split(' '),
);
const ATTRIBUTES: ReadonlySet<string> = new Set(['href', 'rel']);
const SAFE_ADDRESS = /^(?:https?:\/\/|mailto:)[^\s\u0000-\u001f"'<>`]+$/i;
const LISTS: ReadonlySet<string> = new Set(['ul', 'ol']);
/** Beyond this a browser ceases to nest. */
const DEEPEST = 100;

/**
 * Why a piece of HTML is not inert, undefined where it is: every `<` of it begins a tag of an allowed element, each is closed where it was opened,
 * list items are in lists, and no attribute is there but a link's address, which leads to the web or to mail. Read by
 * another parser than the one that sanitised it.
 */
export function inertFault(html: string): string | undefined {
  const scanner = new MarkupScanner(html);
  const open: string[] = [];
  let tags = 0;
  while (scanner.next()) {
    tags += 1;
    const fault = scanner.closing ? closeFault(scanner, open) : openFault(scanner, open);
    if (fault !== undefined) return fault;
  }
  if (scanner.complete !== html.length) return 'something is not ended';
  if (open.length > 0) return `<${open.at(-1)}> is not closed`;
  if (html.includes('\0')) return 'it holds a NUL';
  return html.split('<').length - 1 === tags ? undefined : 'it holds a < that is no tag';
}

function closeFault({ name, attributes }: MarkupScanner, open: string[]): string | undefined {
  if (attributes > 0) return `</${name}> has attributes`;
  return open.pop() === name ? undefined : `</${name}> closes nothing`;
}

function openFault(scanner: MarkupScanner, open: string[]): string | undefined {
  const { name } = scanner;
  if (!ALLOWED.has(name)) return `<${name}> is not allowed`;
  if (name === 'li' && !LISTS.has(open.at(-1) ?? '')) return '<li> outside of a list';
  if (name !== 'br') open.push(name);
  if (open.length > DEEPEST) return 'it is nested too deep';
  return attributeFault(scanner);
}

function attributeFault(scanner: MarkupScanner): string | undefined {
  for (let index = 0; index < scanner.attributes; index++) {
    const from = scanner.nameStart(index);
    const name = /^[^\s=/>]*/.exec(scanner.text.slice(from, from + 20))?.[0].toLowerCase() ?? '';
    if (scanner.name === 'br' && name === '') continue;
    if (scanner.name !== 'a' || !ATTRIBUTES.has(name)) return `<${scanner.name}> has the attribute ${name}`;
    const value = decodeAttribute(scanner.text.slice(scanner.valueStart(index), scanner.valueEnd(index)));
    if (name === 'href' && !SAFE_ADDRESS.test(value)) return 'a link leads elsewhere than to the web or to mail';
  }
  return undefined;
}
