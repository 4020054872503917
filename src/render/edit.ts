import type { Address } from '../model/address.ts';
import { MarkupScanner } from '../model/markup.ts';
import type { Site } from '../model/site.ts';
import { createAddressRewriter } from './addresses.ts';
import type { Analytics, PageFacts, PageKind } from './analytics/port.ts';
import { createPresence, ownersIn, type Presence } from './analytics/presence.ts';
import { charsetEdit } from './charset.ts';
import { directiveOf, robotsMarkup } from './directives.ts';
import { stripNonces } from './nonces.ts';
import { PlaceFinder, type Places } from './places.ts';
import { type PolicySource, withPolicy } from './policy.ts';
import { type Edit, splice } from './splice.ts';
import { createFormFinder, textOf, type Waiting } from './waiting.ts';
import { neutralise } from './wordpress.ts';

export type { PageKind } from './analytics/port.ts';

/** All that a page is edited by. */
export interface EditContext {
  readonly site: Site;
  readonly address: Address;
  readonly kind: PageKind;
  /** A holding page's name, for the analytics; its file's name where none is given. */
  readonly name?: string;
  /** True asks search engines to leave the page out. */
  readonly noindex: boolean;
  /** The X-Robots-Tag that the origin sent. */
  readonly robots?: string;
  /** The charset that the origin's Content-Type named. */
  readonly charset?: string;
  readonly analytics: readonly Analytics[];
  /** Undefined where the page gets no Content-Security-Policy: one that stands in it is widened for the analytics all the same. */
  readonly policy?: PolicySource;
  /** What goes into pages with a comment form; nothing where there is no inbox. */
  readonly waiting?: Waiting;
  /** The page that calls itself by a query such as `p=12`. */
  shortlink(query: string): Address | undefined;
}

/**
 * A page made fit to be published: the site's other addresses made public, and in captured pages what only a live WordPress
 * answers neutralised and nonces emptied; analytics, robots directives and a policy put in where they are not there yet. Works on the
 * bytes of any charset that keeps ASCII; each byte that no edit names stays. Editing an edited page changes nothing.
 */
export function editPage(bytes: Buffer, context: EditContext): Buffer {
  const original = bytes.toString('latin1');
  const rewrite = rewriterFor(context);
  const text = rewrite(original);
  const { site, analytics, policy } = context;
  const facts = factsOf(context);
  const scripts = context.waiting === undefined ? [] : [textOf(context.waiting)];
  const whole = splice(text, collectEdits(text, context));
  const edited = withPolicy(whole, { site, analytics, scripts, facts, policy, before: original, rewrite });
  return edited === original ? bytes : Buffer.from(edited, 'latin1');
}

/**
 * A part of a captured page's body that goes in once the page around it was edited, as latin1: the same as `editPage` would make of it there. It
 * holds no script and no form, and nothing by which the page is counted: that stands around it.
 */
export function editPart(written: string, context: EditContext): string {
  const text = rewriterFor(context)(written);
  const scanner = new MarkupScanner(text);
  const owners = ownersIn(scanner, context.analytics);
  const edits: Edit[] = [];
  while (scanner.next()) {
    if (scanner.closing) continue;
    const edit = owners().length > 0 ? removal(scanner) : neutralise(scanner, context);
    if (edit !== undefined) edits.push(edit);
  }
  return splice(text, edits);
}

function rewriterFor({ site, kind }: EditContext): (text: string) => string {
  const makePublic = createAddressRewriter(site);
  return kind === 'page' ? (text) => stripNonces(makePublic(text)) : makePublic;
}

function collectEdits(text: string, context: EditContext): Edit[] {
  const scanner = new MarkupScanner(text);
  const finder = new PlaceFinder(scanner);
  const presence = createPresence(scanner, context.analytics);
  const form = createFormFinder(scanner, context.waiting, context);
  const directives: NonNullable<ReturnType<typeof directiveOf>>[] = [];
  const edits: Edit[] = [];
  while (scanner.next()) {
    finder.see();
    if (scanner.closing) continue;
    if (!finder.inTemplate) form.see();
    const isRepeated = !finder.inTemplate && presence.see();
    const edit = isRepeated ? removal(scanner) : context.kind === 'page' ? neutralise(scanner, context) : undefined;
    if (edit !== undefined) edits.push(edit);
    const directive = directiveOf(scanner);
    if (directive !== undefined) directives.push(directive);
  }
  const robots = robotsMarkup(context.robots, context.noindex, directives);
  const charset = charsetEdit(text, context.charset);
  if (charset !== undefined) edits.push(charset);
  const markup = [...missingMarkup(context, presence), { head: '', body: form.markup() }];
  return [...insertions(finder.places(), robots, markup), ...edits];
}

/** The whole element where it is a script, else the tag. */
function removal({ text, start, end, holdsText, contentEnd }: MarkupScanner): Edit {
  return { start, end: holdsText ? text.indexOf('>', contentEnd) + 1 : end, text: '' };
}

function missingMarkup(context: EditContext, presence: Presence): { head: string; body: string }[] {
  const facts = factsOf(context);
  return context.analytics.filter((one) => presence.count(one) === 0).map((one) => one.snippet(facts));
}

function factsOf({ kind, address, name }: EditContext): PageFacts {
  if (kind !== 'holding') return { kind, address };
  return { kind, address, name: name ?? address.replace(/^.*\//, '').replace(/\.html$/, '') };
}

function insertions(places: Places, robots: string, markup: readonly { head: string; body: string }[]): Edit[] {
  const head = [robots, ...markup.map((one) => one.head)].filter((part) => part !== '');
  const body = markup.map((one) => one.body).filter((part) => part !== '');
  return [insertion(places.head, head), insertion(places.body, body)].filter((edit) => edit.text !== '');
}

function insertion(at: number, parts: readonly string[]): Edit {
  return { start: at, end: at, text: parts.map((part) => `${part}\n`).join('') };
}
