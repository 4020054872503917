import { MarkupScanner } from '../model/markup.ts';
import { hashSource, type Needs, type Policy, widen, writePolicy } from '../model/policy.ts';
import { policyOf, policyTag } from '../model/policy-tags.ts';
import type { Site } from '../model/site.ts';
import type { Analytics, PageFacts } from './analytics/port.ts';
import { PlaceFinder } from './places.ts';
import { ownPolicy } from './policy-own.ts';
import { sentPolicies } from './policy-sent.ts';
import { type Edit, splice } from './splice.ts';

/** Whose policy a page gets: made of what the page holds where it is written here, else what the origin's header said. */
export type PolicySource = 'own' | { readonly sent: string } | undefined;

export interface PolicyContext {
  readonly site: Site;
  readonly analytics: readonly Analytics[];
  /** Of ours, that may stand in the page beside those of the analytics. */
  readonly scripts: readonly string[];
  readonly facts: PageFacts;
  readonly policy: PolicySource;
  /** The page before it was edited, and what became of a script's text in it. */
  readonly before: string;
  rewrite(text: string): string;
}

/**
 * A finished page (as latin1) with its policy as a `<meta>` tag: files have no headers, and hashes differ by page. Policies that stand
 * in it already are widened for the analytics, and one written here that has its own gets no other. To be the last edit, since it
 * holds hashes of what stands in the page.
 */
export function withPolicy(text: string, context: PolicyContext): string {
  const { policy } = context;
  if (policy === undefined && !/content-security-policy/i.test(text)) return text;
  const needs = needsOf(context);
  const { place, edits, present } = lookAt(text, needs);
  const wanted = policiesFor(text, context, present.length > 0).map((one) => widen(one, needs));
  const missing = wanted.filter((one) => one.size > 0 && !present.includes(writePolicy(one)));
  return splice(text, [{ start: place, end: place, text: missing.map(policyTag).join('') }, ...edits]);
}

function policiesFor(text: string, context: PolicyContext, hasPolicy: boolean): readonly Policy[] {
  const { policy, site } = context;
  if (policy === undefined) return [];
  if (policy === 'own') return hasPolicy ? [] : [ownPolicy(text, site)];
  return sentPolicies(policy.sent, { ...context, text });
}

/** What all the analytics load, and the scripts that they put into the page itself. */
function needsOf({ analytics, scripts, facts }: PolicyContext): Needs {
  const sources = analytics.map((one) => one.sources);
  const markup = analytics.map((one) => one.snippet(facts)).map(({ head, body }) => head + body);
  return {
    script: sources.flatMap(({ script }) => script),
    img: sources.flatMap(({ img }) => img),
    connect: sources.flatMap(({ connect }) => connect),
    inline: [...scripts, ...markup.flatMap((one) => [...inlineScripts(one)])].map((script) => hashSource(script)),
  };
}

function* inlineScripts(markup: string): Generator<string> {
  const scanner = new MarkupScanner(markup);
  while (scanner.next())
    if (scanner.name === 'script' && !scanner.closing && scanner.attribute('src') === -1)
      yield markup.slice(scanner.end, scanner.contentEnd);
}

interface Look {
  /** Where a policy goes in: right after the charset, which has to be among a page's first 1,024 bytes, else before all that loads or runs. */
  readonly place: number;
  readonly edits: readonly Edit[];
  /** The policies that stand in the head, as they will. */
  readonly present: readonly string[];
}

function lookAt(text: string, needs: Needs): Look {
  const scanner = new MarkupScanner(text);
  const finder = new PlaceFinder(scanner);
  const edits: Edit[] = [];
  const present: string[] = [];
  let first: number | undefined;
  let charset: number | undefined;
  while (scanner.next() && scanner.name !== 'body') {
    finder.see();
    if (isCharset(scanner)) charset ??= scanner.end;
    if (!MERE.has(scanner.name)) first ??= scanner.start;
    const policy = finder.inTemplate ? undefined : policyOf(scanner);
    if (policy === undefined) continue;
    const widened = widen(policy, needs);
    present.push(writePolicy(widened));
    if (widened !== policy) edits.push({ start: scanner.start, end: scanner.end, text: policyTag(widened) });
  }
  const { head } = finder.places();
  return { place: Math.min(head, charset ?? first ?? head), edits, present };
}

/** Tags that neither load nor run anything. */
const MERE = new Set(['html', 'head', 'meta', 'title']);

function isCharset(tag: MarkupScanner): boolean {
  if (tag.name !== 'meta') return false;
  return tag.attribute('charset') !== -1 || /^\s*content-type\s*$/i.test(tag.raw('http-equiv') ?? '');
}
