import { decodeAttribute, escapeMarkup, type MarkupScanner } from '../model/markup.ts';

/** What a crawler is told: `name` is `robots` or one crawler's name. */
interface Directive {
  readonly name: string;
  readonly rules: readonly string[];
}

/** Rules of X-Robots-Tag that hold a colon themselves; any other word before a colon names a crawler. */
const RULES_WITH_VALUE = /^(?:unavailable_after|max-snippet|max-image-preview|max-video-preview)$/i;

/** Meta tags that say what `X-Robots-Tag` said (`robots`), and `noindex` where that is asked for, less what `present` holds already. */
export function robotsMarkup(robots: string | undefined, noindex: boolean, present: readonly Directive[]): string {
  const wanted = parseRobots(robots ?? '');
  if (noindex)
    wanted.set('robots', [
      'noindex',
      ...(wanted.get('robots') ?? []).filter((rule) => !/^(?:no)?index$|^all$/i.test(rule)),
    ]);
  const tags: string[] = [];
  for (const [name, rules] of wanted) {
    const said = new Set(present.filter((one) => one.name === name).flatMap((one) => one.rules));
    if (rules.every((rule) => said.has(rule.toLowerCase()))) continue;
    tags.push(`<meta name="${escapeMarkup(name)}" content="${escapeMarkup(rules.join(', '))}">`);
  }
  return tags.join('\n');
}

/** The directive that a `<meta>` tag gives; undefined for other tags. */
export function directiveOf(tag: MarkupScanner): Directive | undefined {
  const name = tag.name === 'meta' ? tag.raw('name') : undefined;
  const content = name === undefined ? undefined : tag.raw('content');
  if (name === undefined || content === undefined) return undefined;
  return {
    name: name.trim().toLowerCase(),
    rules: rulesOf(decodeAttribute(content)).map((rule) => rule.toLowerCase()),
  };
}

/** `noindex, googlebot: nofollow, noarchive` is one rule for all crawlers and two for one. */
function parseRobots(header: string): Map<string, string[]> {
  const rules = new Map<string, string[]>();
  let name = 'robots';
  for (const part of rulesOf(header)) {
    const [, crawler = '', rest = ''] = /^([\w-]+)\s*:\s*(.*)$/.exec(part) ?? [];
    const named = crawler !== '' && !RULES_WITH_VALUE.test(crawler);
    if (named) name = crawler.toLowerCase();
    const rule = named ? rest : part;
    if (rule !== '') rules.set(name, [...(rules.get(name) ?? []), rule]);
  }
  return rules;
}

function rulesOf(text: string): string[] {
  // A date may hold a comma: `unavailable_after: Wednesday, 25 Jun 2027 15:00:00 GMT`.
  return text
    .split(/,(?!\s*\d{1,2}[ -]\w{3})/)
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '');
}
