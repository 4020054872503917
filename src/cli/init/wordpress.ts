import { decodeEntities } from '../../model/markup.ts';
import { locate, type Site } from '../../model/site.ts';
import type { FrontFacts } from './front.ts';
import type { Scout } from './scout.ts';

/** What a WordPress tells about itself; addresses as it writes them. */
export interface WordPressFacts {
  readonly name?: string;
  /** Where visitors see it, and where WordPress itself lies. */
  readonly home?: string;
  readonly url?: string;
  /** Address of the newest post. */
  readonly newest?: string;
  readonly feed?: string;
  readonly notes: readonly string[];
}

const FEED = '/feed/';
const PLAIN_LINKS =
  'this WordPress has plain permalinks (/?p=1), and a page under a query is not looked at: choose another structure under Settings, Permalinks';

/** WordPress by its REST root or its generator tag; undefined for any other site. At most three requests. */
export async function lookAtWordPress(
  scout: Scout,
  site: Site,
  facts: FrontFacts,
): Promise<WordPressFacts | undefined> {
  const rest = locate(site, facts.restRoot ?? '/wp-json/', '/');
  const isPlain = rest?.query.startsWith('rest_route=') === true;
  const root = isPlain ? undefined : await askJson(scout, rest?.address ?? '/wp-json/');
  const namespaces = root?.['namespaces'];
  const hasRest = Array.isArray(namespaces) && namespaces.includes('wp/v2');
  if (!hasRest && !isPlain && !/^WordPress\b/i.test(facts.generator ?? '')) return undefined;
  const posts = hasRest ? await askJson(scout, `${rest?.address}wp/v2/posts`, 'per_page=1&_fields=link') : undefined;
  const fed = await scout.ask(FEED);
  const feed = fed.kind === 'body' && /xml/i.test(fed.type) ? fed.bytes.toString('utf8') : undefined;
  const newest = textOf(objectOf(Array.isArray(posts) ? posts[0] : undefined)['link']) ?? firstOf(feed);
  return {
    ...present({ name: textOf(root?.['name']), home: textOf(root?.['home']), url: textOf(root?.['url']), newest }),
    ...(feed === undefined ? {} : { feed: FEED }),
    notes: isPlain ? [PLAIN_LINKS] : [],
  };
}

function present(facts: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(facts).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

async function askJson(scout: Scout, address: string, query?: string): Promise<Record<string, unknown> | undefined> {
  const reply = await scout.ask(address, query === undefined ? {} : { query });
  if (reply.kind !== 'body') return undefined;
  try {
    return JSON.parse(reply.bytes.toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? decodeEntities(value).trim() : undefined;

/** The first entry of a feed. */
function firstOf(feed: string | undefined): string | undefined {
  return textOf(/<item[\s>][\s\S]*?<link>\s*([^<\s]+)/.exec(feed ?? '')?.[1]);
}
