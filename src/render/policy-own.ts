import { decodeAttribute, MarkupScanner } from '../model/markup.ts';
import { hashSource, type Policy } from '../model/policy.ts';
import type { Site } from '../model/site.ts';

/**
 * The policy of a page written here: nothing but what stands in it or is named in it. Its words are trusted, being the
 * project's own; what it names by a link, as a visitor's comment might, is loaded by nothing. Scripts and styles that go on to
 * further hosts name them by `<link rel="preconnect">`.
 */
export function ownPolicy(text: string, site: Site): Policy {
  const allowed: Allowed = new Map(BASE.map(([name, ...sources]) => [name, new Set(sources)]));
  const scanner = new MarkupScanner(text);
  while (scanner.next()) if (!scanner.closing) see(scanner, allowed, site);
  const styles = allowed.get('style-src');
  // Hashes say nothing of `style` attributes, and end the word that does.
  if (styles?.has(ANY_STYLE)) for (const one of styles) if (one.startsWith("'sha")) styles.delete(one);
  return new Map([...allowed].filter(([, sources]) => sources.size > 0).map(([name, sources]) => [name, [...sources]]));
}

type Allowed = Map<string, Set<string>>;
type Allow = (names: readonly string[], source: string | undefined) => void;

const ANY_STYLE = "'unsafe-inline'";

const BASE: readonly (readonly [string, ...string[]])[] = [
  ['default-src', "'none'"],
  ['script-src'],
  ['style-src'],
  ['img-src', "'self'", 'data:'],
  ['connect-src', "'self'"],
  ['font-src', "'self'", 'data:'],
  ['form-action', "'self'"],
  ['base-uri', "'none'"],
];

/** What an attribute loads, or leads to, by element. */
const LOADS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  img: { src: ['img-src'], srcset: ['img-src'] },
  input: { src: ['img-src'], formaction: ['form-action'] },
  image: { href: ['img-src'], 'xlink:href': ['img-src'] },
  source: { src: ['media-src'], srcset: ['img-src'] },
  video: { src: ['media-src'], poster: ['img-src'] },
  audio: { src: ['media-src'] },
  track: { src: ['media-src'] },
  script: { src: ['script-src', 'connect-src'] },
  iframe: { src: ['frame-src'] },
  embed: { src: ['object-src'] },
  object: { data: ['object-src'] },
  form: { action: ['form-action'] },
  button: { formaction: ['form-action'] },
  base: { href: ['base-uri'] },
};

const ANYTHING = ['script-src', 'style-src', 'img-src', 'connect-src', 'font-src', 'media-src', 'frame-src'];
const STYLE = ['style-src', 'img-src', 'font-src'];

/** What a `<link>` loads, by its relation. */
const LINKS: Readonly<Record<string, readonly string[]>> = {
  stylesheet: STYLE,
  icon: ['img-src'],
  'apple-touch-icon': ['img-src'],
  manifest: ['manifest-src'],
  modulepreload: ['script-src'],
  preload: ANYTHING,
  preconnect: ANYTHING,
  'dns-prefetch': ANYTHING,
};

function see(tag: MarkupScanner, allowed: Allowed, site: Site): void {
  const allow: Allow = (names, source) => {
    if (source !== undefined) for (const name of names) permit(allowed, name, source);
  };
  for (const [attribute, names] of Object.entries(LOADS[tag.name] ?? {}))
    for (const one of addressesIn(attribute, tag)) allow(names, sourceOf(one, site));
  if (tag.name === 'link')
    for (const rel of (tag.raw('rel') ?? '').toLowerCase().split(/\s+/))
      allow(LINKS[rel] ?? [], sourceOf(decodeAttribute(tag.raw('href') ?? ''), site));
  seeInline(tag, allow);
  const styles =
    tag.name === 'style' ? tag.text.slice(tag.end, tag.contentEnd) : decodeAttribute(tag.raw('style') ?? '');
  for (const [, one = ''] of styles.matchAll(/(?:@import\s+|url\()\s*(?:url\()?["']?([^"')\s;]+)/gi))
    if (!/^data:/i.test(one)) allow(STYLE, sourceOf(one, site));
}

function seeInline(tag: MarkupScanner, allow: Allow): void {
  const text = () => Buffer.from(tag.text.slice(tag.end, tag.contentEnd), 'latin1');
  if (tag.name === 'style') allow(['style-src'], hashSource(text()));
  if (tag.attribute('style') !== -1) allow(['style-src'], ANY_STYLE);
  if (tag.name === 'script' && tag.attribute('src') === -1 && !/json$/i.test(tag.raw('type')?.trim() ?? ''))
    allow(['script-src'], hashSource(text()));
  for (let index = 0; index < tag.attributes; index++) {
    const from = tag.nameStart(index);
    if (!/^on[a-z]/i.test(tag.text.slice(from, from + 3))) continue;
    const written = Buffer.from(tag.text.slice(tag.valueStart(index), tag.valueEnd(index)), 'latin1').toString();
    allow(['script-src'], "'unsafe-hashes'");
    allow(['script-src'], hashSource(decodeAttribute(written)));
  }
}

function permit(allowed: Allowed, name: string, source: string): void {
  const sources = allowed.get(name) ?? new Set();
  sources.delete("'none'");
  allowed.set(name, sources.add(source));
}

function addressesIn(attribute: string, tag: MarkupScanner): readonly string[] {
  const raw = tag.raw(attribute);
  if (raw === undefined) return [];
  const value = decodeAttribute(raw).trim();
  if (attribute !== 'srcset') return [value];
  return value.split(/,\s+/).map((one) => one.split(/\s/, 1)[0] ?? '');
}

/** Undefined for what loads nothing: `#part`, `about:blank`, an empty one. */
function sourceOf(address: string, { publicUrl }: Site): string | undefined {
  if (address === '' || address.startsWith('#') || !URL.canParse(address, publicUrl.href)) return undefined;
  const { protocol, origin } = new URL(address, publicUrl);
  if (protocol === 'data:' || protocol === 'blob:') return protocol;
  if (!/^https?:$/.test(protocol)) return undefined;
  return origin === publicUrl.origin ? "'self'" : origin;
}
