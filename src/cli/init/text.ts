import { describeConfig } from '../../config/describe.ts';
import type { Sight } from './look.ts';

/** The text of `holdfast.config.ts`: what matters for this site, each field with the schema's own doc line. */
export function configText(sight: Sight): string {
  return [
    "import { defineConfig } from 'holdfast';",
    '',
    "// What is not said here has its default; Holdfast's docs/configuration.md lists every field. Try it with: npx holdfast check",
    'export default defineConfig({',
    ...section('site', '{', '}', [
      field('site.name', quote(sight.name)),
      field('site.url', quote(sight.publicUrl)),
      field('site.language', quote(sight.language)),
    ]),
    ...section('origin', '{', '}', originFields(sight)),
    ...section('lanes', '[', ']', [hotLane(sight), ...archiveLane(sight)]),
    ...section(
      'analytics',
      '[',
      ']',
      [["// { use: 'plausible', domain: 'example.org' },", "{ use: 'pixel' },"]],
      'analytics',
    ),
    ...section('destinations', '[', ']', [[comment('destinations[mirror].dir'), "{ use: 'mirror', dir: 'mirror' },"]]),
    '});',
    '',
  ].join('\n');
}

const DOCS = new Map(describeConfig().map(({ field, doc }) => [field, doc]));

const comment = (name: string): string => `// ${DOCS.get(name)?.replaceAll('`', '')}.`;

function field(name: string, value: string): string[] {
  return [comment(name), `${name.split('.').at(-1)}: ${value},`];
}

function section(
  name: string,
  open: string,
  close: string,
  groups: readonly (readonly string[])[],
  about?: string,
): string[] {
  const head = about === undefined ? [] : [`  ${comment(about)}`];
  return [...head, `  ${name}: ${open}`, ...groups.flat().map((line) => `    ${line}`), `  ${close},`];
}

function originFields({ origin, aliases }: Sight): string[][] {
  const headers = Object.entries(origin.headers ?? {}).map(([name, value]) => `${quote(name)}: ${quote(value)}`);
  return [
    field('origin.url', quote(origin.url)),
    ...(origin.host === undefined ? [] : [field('origin.host', quote(origin.host))]),
    ...(aliases.length === 0 ? [] : [field('origin.aliases', list(aliases))]),
    ...(headers.length === 0 ? [] : [field('origin.headers', `{ ${headers.join(', ')} }`)]),
    ...(origin.allowPrivate === true ? [field('origin.allowPrivate', 'true')] : []),
    field('origin.requestsPerSecond', '5'),
  ];
}

function hotLane({ hot }: Sight): string[] {
  return [
    '// What everybody comes for. Add the pages that will be in the news.',
    `{ name: 'hot', every: '1m', paths: ${list(hot)} },`,
  ];
}

function archiveLane({ sitemap, crawl }: Sight): string[][] {
  const found = [
    ...(sitemap === undefined ? [] : [`sitemap: ${quote(sitemap)}`]),
    ...(crawl ? ["crawl: { from: ['/'] }"] : []),
  ];
  const why =
    crawl && sitemap !== undefined ? 'All else: what the sitemap lists, and what links lead to.' : 'All else.';
  return [[`// ${why}`, `{ name: 'archive', every: '1h', ${found.join(', ')}, limit: 5000 },`]];
}

const list = (values: readonly string[]): string => `[${values.map(quote).join(', ')}]`;

/** A string literal; whatever the origin said stays inside of it. */
function quote(text: string): string {
  const json = JSON.stringify(text);
  return /['\\]/.test(json) ? json : `'${json.slice(1, -1)}'`;
}
