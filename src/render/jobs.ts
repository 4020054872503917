import { hash } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import { type Address, addressOfFile, fileFor } from '../model/address.ts';
import type { BlobRef } from '../model/capture.ts';
import { HOLDING_FACTS_PATH, type HoldingFacts } from '../model/holding.ts';
import type { FileKind, ReleaseFile } from '../model/manifest.ts';
import { ORIGIN_STATE_PATH, originStateText } from '../model/origin-state.ts';
import type { Site } from '../model/site.ts';
import type { Captured, Snapshot } from '../model/snapshot.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Journal } from '../store/journal.ts';
import { type Analytics, analyticsFor, assertAnalytics } from './analytics/index.ts';
import { PIXEL_GIF, PIXEL_PATH } from './analytics/pixel.ts';
import { charsetOf } from './charset.ts';
import type { StoredPage } from './composed.ts';
import type { Effort } from './compress.ts';
import { assertContained } from './contained.ts';
import type { PageKind } from './edit.ts';
import { changesFor, type Graft, type PageChange } from './graft/changes.ts';
import type { Grafted } from './graft/graft.ts';
import { holdingFacts } from './holding.ts';
import { assertFits, LIMITS } from './limits.ts';
import { redirectPage } from './redirect.ts';
import { robotsFor } from './robots.ts';
import { typeByName } from './types.ts';
import type { Waiting } from './waiting.ts';

/** Raised whenever the same input would now render differently, so that nothing rendered by older code is taken for current. */
const RECIPE = 1;

/** What is remembered of a rendered file, by path: nothing is rendered again while its key is the same. */
export interface RenderedRecord extends BlobRef {
  readonly key: string;
  readonly variants: ReleaseFile['variants'];
  /** What could not be grafted into it. */
  readonly lacks?: 'thread' | 'counts';
}

/** What files are made with. */
export interface JobContext {
  readonly config: Config;
  readonly environment: string;
  readonly site: Site;
  readonly blobs: Blobs;
  /** Threads that go into captured pages, by their addresses. */
  readonly grafts?: ReadonlyMap<Address, Graft>;
  /** What goes into pages with a comment form. */
  readonly waiting?: Waiting;
}

export interface RenderContext extends JobContext {
  readonly rendered: Journal<RenderedRecord>;
}

/** One file to render: its bytes are asked for only when the key is new. */
export interface Job {
  readonly path: string;
  readonly kind: FileKind;
  readonly type: string;
  readonly key: string;
  readonly effort: Effort;
  readonly headers?: Readonly<Record<string, string>>;
  readonly render: () => Promise<Buffer>;
  /** After `render`: what could not be grafted into it. */
  readonly lacks?: () => Grafted['lacks'];
}

/** What every page is edited with, made once a run. */
interface Workbench {
  readonly context: JobContext;
  readonly snapshot: Snapshot;
  readonly analytics: readonly Analytics[];
  /** The same, and a pixel for browsers without scripts. */
  readonly holdingAnalytics: readonly Analytics[];
  readonly noindex: boolean;
  /** Hash of all that stands in the configuration and changes every page. */
  readonly recipe: string;
}

/** A holding page as it is published; it takes nothing of the state but what the snapshot says. */
export interface PublishedHolding extends HoldingFacts {
  readonly html: Buffer;
}

/** The holding pages among `composed`, as a release would have them. Throws `analytics-missing` and `template-broken`. */
export async function holdingPages(
  context: JobContext,
  snapshot: Snapshot,
  composed: readonly StoredPage[],
): Promise<readonly PublishedHolding[]> {
  const bench = openWorkbench(context, snapshot);
  const facts = new Map(holdingFacts(composed).map((one) => [one.path, one]));
  const pages = composed.map(async (page) => {
    const known = facts.get(page.path);
    return known === undefined ? [] : [{ ...known, html: await holdingJob(bench, page).render() }];
  });
  return (await Promise.all(pages)).flat();
}

/** What a release consists of, in the order in which names are given: what is written here before what was captured. */
export function* jobsOf(context: JobContext, snapshot: Snapshot, composed: readonly StoredPage[]): Generator<Job> {
  const bench = openWorkbench(context, snapshot);
  for (const page of composed) yield page.kind === 'holding' ? holdingJob(bench, page) : composedJob(bench, page);
  yield holdingFactsJob(bench, composed);
  const origin = snapshot.origin();
  if (origin !== undefined) yield factsJob(bench, ORIGIN_STATE_PATH, originStateText(origin));
  // Holding pages carry it for browsers without scripts, whatever else counts them.
  if (context.config.analytics.length > 0) yield pixelJob();
  yield* robotsJobs(bench);
  yield* pageJobs(bench);
  yield* redirectJobs(bench);
  for (const asset of snapshot.assets()) if (asset.address !== '/robots.txt') yield capturedJob(bench, asset);
}

function openWorkbench(context: JobContext, snapshot: Snapshot): Workbench {
  const { config, environment, site } = context;
  const recipe = hash(
    'sha256',
    JSON.stringify([
      RECIPE,
      config.analytics,
      environment === 'production',
      site.publicUrl.href,
      site.originUrl.href,
      [...site.hosts],
      ...(context.waiting === undefined ? [] : [context.waiting]),
    ]),
  );
  return {
    context,
    snapshot,
    analytics: analyticsFor(config.analytics, 'page'),
    holdingAnalytics: analyticsFor(config.analytics, 'holding'),
    noindex: environment !== 'production',
    recipe,
  };
}

/** Keys begin with the hash of the bytes they are made of: `lost` is read off them. */
function keyOf(bench: Workbench, sha256: string, ...rest: readonly string[]): string {
  return [sha256, bench.recipe.slice(0, 16), ...rest].join(' ');
}

const EFFORT: Readonly<Record<Captured['tempo'], Effort>> = { hot: 'fast', tail: 'good', asset: 'best' };

/** Pages of threads come first: what was captured at the address of one is older. */
function* pageJobs(bench: Workbench): Generator<Job> {
  const { grafts = new Map<Address, Graft>() } = bench.context;
  const grafted = new Set<Address>();
  for (const page of bench.snapshot.pages()) {
    const graft = grafts.get(page.address);
    if (graft === undefined || !isHtml(page)) continue;
    for (const change of changesFor(page, graft)) {
      grafted.add(change.address);
      yield capturedJob(bench, page, change);
    }
  }
  for (const page of bench.snapshot.pages()) if (!grafted.has(page.address)) yield capturedJob(bench, page);
}

const isHtml = ({ type }: Captured): boolean => /html/i.test(type);

function capturedJob(bench: Workbench, page: Captured, change?: PageChange): Job {
  const { body, type, robots, tempo } = page;
  const address = change?.address ?? page.address;
  let lacks: Grafted['lacks'] = 'nothing';
  const { blobs, site } = bench.context;
  const path = fileFor(address, type);
  const links = page.shortlinks.map((query) => `${query}=${bench.snapshot.shortlink(query) ?? ''}`);
  return {
    path,
    kind: isHtml(page) ? 'page' : tempo === 'asset' ? 'asset' : 'feed',
    type,
    key: keyOf(bench, body.sha256, tempo, type, robots ?? '', ...links, ...(change === undefined ? [] : [change.key])),
    effort: EFFORT[tempo],
    lacks: () => lacks,
    render: async () => {
      const bytes = await blobs.read(body.sha256);
      if (!isHtml(page)) return (await import('./gzipped.ts')).editFile(bytes, type, site);
      const charset = charsetOf(type);
      const said = { ...(robots === undefined ? {} : { robots }), ...(charset === undefined ? {} : { charset }) };
      const changed = await change?.apply(bytes);
      lacks = changed?.lacks ?? 'nothing';
      return edited(bench, changed?.html ?? bytes, { path, address, kind: 'page', ...said });
    },
  };
}

interface EditedPage {
  readonly path: string;
  readonly address: Address;
  readonly kind: PageKind;
  readonly name?: string;
  readonly robots?: string;
  readonly charset?: string;
}

/** The one way any HTML gets its analytics, `noindex` and public addresses; holds the result against the promise. */
async function edited(bench: Workbench, bytes: Buffer, page: EditedPage): Promise<Buffer> {
  const { editPage } = await import('./edit.ts');
  const { path, ...facts } = page;
  const { noindex, snapshot, context } = bench;
  const analytics = page.kind === 'holding' ? bench.holdingAnalytics : bench.analytics;
  const html = editPage(bytes, {
    ...facts,
    site: context.site,
    noindex: noindex || page.kind !== 'page',
    analytics,
    ...(page.kind === 'page' && context.waiting !== undefined ? { waiting: context.waiting } : {}),
    shortlink: (query) => snapshot.shortlink(query),
  });
  assertAnalytics(html, analytics, path);
  return html;
}

function composedJob(bench: Workbench, { path, kind, html, body }: StoredPage): Job {
  const address = addressOfFile(path);
  if (kind === 'asset') {
    return {
      path,
      kind: 'asset',
      type: typeByName(path),
      key: keyOf(bench, body.sha256, 'asset'),
      effort: 'best',
      render: html,
    };
  }
  return {
    path,
    kind: 'page',
    type: 'text/html; charset=utf-8',
    key: keyOf(bench, body.sha256, kind),
    effort: 'best',
    render: async () => edited(bench, await html(), { path, address, kind }),
  };
}

/** One file that asks for nothing but its analytics, and fits wherever it is to be served from. */
function holdingJob(bench: Workbench, { path, html, front, body }: StoredPage): Job {
  const limits = [LIMITS.any];
  const { name = path } = front;
  return {
    path,
    kind: 'holding',
    type: 'text/html; charset=utf-8',
    key: keyOf(bench, body.sha256, 'holding', name, ...limits.map(({ bytes }) => String(bytes))),
    effort: 'best',
    render: async () => {
      const written = await html();
      assertContained(written, path);
      const page = await edited(bench, written, { path, address: addressOfFile(path), kind: 'holding', name });
      assertFits(page, path, limits);
      return page;
    },
  };
}

/** For what serves the release without the configuration at hand; `internal` files are put nowhere, so it is an asset. */
function holdingFactsJob(bench: Workbench, composed: readonly StoredPage[]): Job {
  const text = `${JSON.stringify({ format: 1, pages: holdingFacts(composed) }, null, 2)}\n`;
  return factsJob(bench, HOLDING_FACTS_PATH, text);
}

/** What is to be read afresh each time, by scripts or servers. */
function factsJob(bench: Workbench, path: string, text: string): Job {
  return {
    path,
    kind: 'asset',
    type: 'application/json',
    key: keyOf(bench, hash('sha256', text), 'facts'),
    effort: 'fast',
    headers: { 'cache-control': 'no-store' },
    render: async () => Buffer.from(text),
  };
}

function pixelJob(): Job {
  return {
    path: PIXEL_PATH,
    kind: 'asset',
    type: 'image/gif',
    key: 'pixel',
    effort: 'fast',
    headers: { 'cache-control': 'no-store' },
    render: async () => PIXEL_GIF,
  };
}

/** `robots.txt` is always there: the origin's own, an open one where it has none, a closed one outside production. */
function* robotsJobs(bench: Workbench): Generator<Job> {
  const captured = [...bench.snapshot.assets()].find(({ address }) => address === '/robots.txt');
  if (captured !== undefined && !bench.noindex) yield capturedJob(bench, captured);
  else {
    const text = Buffer.from(robotsFor(bench.context.config, bench.noindex));
    yield {
      path: 'robots.txt',
      kind: 'asset',
      type: 'text/plain; charset=utf-8',
      key: keyOf(bench, hash('sha256', text.toString()), 'robots'),
      effort: 'best',
      render: async () => text,
    };
  }
}

/** A redirect to another spelling of its own file needs no page; a chain leads straight to its end, and a circle nowhere. */
function* redirectJobs(bench: Workbench): Generator<Job> {
  const targets = new Map([...bench.snapshot.redirects()].map(({ address, to }) => [address, to]));
  for (const [address] of targets) {
    const to = endOf(targets, address);
    const path = fileFor(address, 'text/html');
    if (to === undefined || (to.startsWith('/') && fileFor(to.replace(/#.*$/, ''), 'text/html') === path)) continue;
    const { publicUrl } = bench.context.site;
    const location = to.startsWith('/') ? publicUrl.origin + to : to;
    const page = redirectPage(location, bench.context.site);
    yield {
      path,
      kind: 'redirect',
      type: 'text/html; charset=utf-8',
      key: keyOf(bench, hash('sha256', page.toString('latin1')), 'redirect'),
      effort: 'good',
      headers: { location },
      render: async () => edited(bench, page, { path, address, kind: 'redirect' }),
    };
  }
}

/** Redirects followed before a chain counts as a circle. */
const MAX_HOPS = 5;

function endOf(targets: ReadonlyMap<Address, string>, start: Address): string | undefined {
  let to = targets.get(start);
  for (let hop = 1; to !== undefined && hop < MAX_HOPS; hop++) {
    const next = targets.get(to.replace(/#.*$/, ''));
    if (next === undefined) return to;
    to = next;
  }
  return undefined;
}
