import { MarkupScanner } from '../../model/markup.ts';

/**
 * What a part of a page is to the gate: `own`, what this page has to say; `quote`, what it shows as code or quotes;
 * `chrome`, what surrounds it (navigation, header, footer, sidebars, dialogs, what is hidden).
 */
export type Part = 'own' | 'quote' | 'chrome';

export interface Visitor {
  /** A start or end tag; the scanner stands on it. `part` is where the tag stands, not what it opens. */
  tag(scanner: MarkupScanner, part: Part): void;
  /** A run of text outside of tags, scripts, styles and the like, by offsets. */
  text(from: number, to: number, part: Part): void;
}

/** What an element is by its name, or by its class, id or role. */
type Role = 'main' | 'quote' | 'chrome' | 'edge' | 'hidden' | 'none';

/**
 * Elements that open a part. `edge` is chrome of the page, but belongs to the text within an article or the main element;
 * `named` ones are what their class, id or role makes of them.
 */
const ELEMENTS: ReadonlyMap<string, Role | 'named'> = new Map(
  Object.entries({
    main: 'main article',
    quote: 'pre code blockquote samp kbd q',
    chrome: 'nav aside noscript template svg select button label dialog menu',
    edge: 'header footer',
    named: 'div section ul ol dl table td form',
  } as const).flatMap(([role, names]) => names.split(' ').map((name) => [name, role as Role | 'named'] as const)),
);

const MAIN_NAME =
  /^(?:content|main|primary|(?:main|site|page|entry|post|article)[-_]?(?:content|body)|post|entry|hentry)$/;
const CHROME_NAME =
  /^(?!has-|with-|no-|content-)(?:[\w-]+[-_])?(?:nav|navbar|navigation|menu|sidebar|sidebars|widget|widgets|widget-area|breadcrumbs?|topbar|toolbar|adminbar|cookie-(?:bar|notice|banner)|modal|popup|offcanvas|drawer|dropdown|social|share|sharing|quick-login|headerspace)$/;
const EDGE_NAME =
  /^(?:(?:site|page|main|global|top|masthead)[-_]?)?(?:header|footer|masthead|banner|colophon|contentinfo)$/;
const HIDDEN_STYLE = /display\s*:\s*none/i;

/** Deeper than any real page; a page made to be slow ends here. */
const MAX_OPEN = 256;

/** An element that opened a part, while it is open. */
interface Region {
  readonly name: string;
  readonly part: Part;
  /** Elements of that name open within it, itself included. */
  depth: number;
}

/** Walks over a page's tags and text in one pass; true when a closing `</html>` was among the tags. */
export function walk(text: string, visitor: Visitor): boolean {
  const scanner = new MarkupScanner(text);
  const regions = new Regions(scanner);
  const runs = new Runs(text, visitor);
  let from = 0;
  let closed = false;
  while (scanner.next()) {
    if (scanner.start > from) runs.visit(from, scanner.start, regions.part);
    visitor.tag(scanner, regions.part);
    from = scanner.contentEnd;
    const element = ELEMENTS.get(scanner.name);
    if (element !== undefined) {
      if (scanner.closing) regions.leave();
      else regions.enter(element);
    } else if (scanner.closing && scanner.name === 'html') closed = true;
  }
  if (scanner.complete > from) runs.visit(from, scanner.complete, regions.part);
  return closed;
}

/** Runs of text, without the comments and declarations in them. */
class Runs {
  readonly #text: string;
  readonly #visitor: Visitor;
  /** Where the next comment or declaration begins. */
  #remark: number;

  constructor(text: string, visitor: Visitor) {
    this.#text = text;
    this.#visitor = visitor;
    this.#remark = this.#remarkFrom(0);
  }

  visit(start: number, end: number, part: Part): void {
    let from = start;
    // Those within tags and scripts are none.
    if (this.#remark < from) this.#remark = this.#remarkFrom(from);
    while (this.#remark < end) {
      if (this.#remark > from) this.#visitor.text(from, this.#remark, part);
      from = this.#pastRemark();
      this.#remark = this.#remarkFrom(from);
    }
    if (end > from) this.#visitor.text(from, end, part);
  }

  #remarkFrom(from: number): number {
    const at = this.#text.indexOf('<!', from);
    return at === -1 ? Number.POSITIVE_INFINITY : at;
  }

  #pastRemark(): number {
    const mark = this.#text.startsWith('<!--', this.#remark) ? '-->' : '>';
    const end = this.#text.indexOf(mark, this.#remark + 2);
    return end === -1 ? this.#text.length : end + mark.length;
  }
}

/** The parts that are open where the scanner stands. */
class Regions {
  part: Part = 'own';
  readonly #scanner: MarkupScanner;
  readonly #open: Region[] = [];
  /** By the text of the tag: pages say the same tags again and again. */
  readonly #roles = new Map<string, Role>();

  constructor(scanner: MarkupScanner) {
    this.#scanner = scanner;
  }

  enter(element: Role | 'named'): void {
    const { name } = this.#scanner;
    const role = element === 'named' ? this.#roleOfTag() : element;
    const mayOpen = this.part !== 'quote' && this.#open.length < MAX_OPEN;
    const part = mayOpen ? this.#partOpened(role) : undefined;
    const top = this.#open.at(-1);
    if (part !== undefined) {
      this.#open.push({ name, part, depth: 1 });
      this.part = part;
    } else if (top?.name === name) top.depth++;
  }

  leave(): void {
    const { name } = this.#scanner;
    const index = this.#open.findLastIndex((region) => region.name === name);
    const region = this.#open[index];
    if (region === undefined) return;
    region.depth--;
    // What was left open inside ends with it.
    this.#open.length = region.depth === 0 ? index : index + 1;
    this.part = this.#open.at(-1)?.part ?? 'own';
  }

  /** The part that an element of that role opens here, where it is another than the one that is open. */
  #partOpened(role: Role): Part | undefined {
    if (role === 'main') return 'own';
    if (this.part === 'chrome' || role === 'none') return undefined;
    if (role === 'quote') return 'quote';
    return role === 'edge' && this.#open.some(({ part }) => part === 'own') ? undefined : 'chrome';
  }

  #roleOfTag(): Role {
    const scanner = this.#scanner;
    if (scanner.attributes === 0) return 'none';
    const tag = scanner.text.slice(scanner.start, scanner.end);
    const known = this.#roles.get(tag);
    if (known !== undefined) return known;
    const role = roleOf(scanner);
    this.#roles.set(tag, role);
    return role;
  }
}

function roleOf(scanner: MarkupScanner): Role {
  if (scanner.attribute('hidden') !== -1 || HIDDEN_STYLE.test(scanner.raw('style') ?? '')) return 'hidden';
  const role = scanner.raw('role') ?? '';
  const names = `${scanner.raw('id') ?? ''} ${scanner.raw('class') ?? ''} ${role}`.toLowerCase().split(/\s+/);
  if (role === 'main' || names.some((name) => MAIN_NAME.test(name))) return 'main';
  if (names.some((name) => CHROME_NAME.test(name))) return 'chrome';
  return names.some((name) => EDGE_NAME.test(name)) ? 'edge' : 'none';
}
