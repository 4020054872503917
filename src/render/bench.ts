import { hash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Config } from '../config/schema.ts';
import type { Address } from '../model/address.ts';
import type { BlobRef } from '../model/capture.ts';
import type { FileKind, RedirectStatus, ReleaseFile } from '../model/manifest.ts';
import type { Site } from '../model/site.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Blobs } from '../store/blobs.ts';
import { type Analytics, analyticsFor, assertAnalytics } from './analytics/index.ts';
import type { Effort } from './compress.ts';
import type { EditContext, PageKind } from './edit.ts';
import type { Graft } from './graft/changes.ts';
import type { Grafted, Items } from './graft/graft.ts';
import type { PolicySource } from './policy.ts';
import type { Waiting } from './waiting.ts';

/** Raised whenever the same input would now render differently, so that nothing rendered by older code is taken for current. */
const RECIPE = 2;

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

/** What is remembered of rendered files, as far as rendering needs it. */
export interface RenderedJournal {
  /** The record of this key where there is one, else the last. */
  get(path: string, key?: string): RenderedRecord | undefined;
  set(path: string, record: RenderedRecord): void;
  readonly size: number;
  flush(): Promise<void>;
}

export interface RenderContext extends JobContext {
  readonly rendered: RenderedJournal;
}

/** The bytes of a file, whole or in parts that are never all there at once; parts are to be gone through once. */
export type Content = Buffer | AsyncIterable<Buffer>;

/** All of them at once. */
export async function wholeOf(content: Content): Promise<Buffer> {
  return Buffer.isBuffer(content) ? content : buffer(content);
}

/** One file to render: its bytes are asked for only when the key is new. */
export interface Job<Made extends Content = Content> {
  readonly path: string;
  readonly kind: FileKind;
  readonly type: string;
  readonly key: string;
  readonly effort: Effort;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: RedirectStatus;
  readonly render: () => Promise<Made>;
  /** After `render`: what could not be grafted into it. */
  readonly lacks?: () => Grafted['lacks'];
}

/** What every page is edited with, made once a run. */
export interface Workbench {
  readonly context: JobContext;
  readonly snapshot: Snapshot;
  readonly analytics: readonly Analytics[];
  /** The same, and a pixel for browsers without scripts. */
  readonly holdingAnalytics: readonly Analytics[];
  readonly noindex: boolean;
  /** Hash of all that stands in the configuration and changes every page. */
  readonly recipe: string;
}

export function openWorkbench(context: JobContext, snapshot: Snapshot): Workbench {
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
export function keyOf(bench: Workbench, sha256: string, ...rest: readonly string[]): string {
  return [sha256, bench.recipe.slice(0, 16), ...rest].join(' ');
}

export interface EditedPage {
  readonly path: string;
  readonly address: Address;
  readonly kind: PageKind;
  readonly name?: string;
  readonly robots?: string;
  readonly charset?: string;
  readonly policy?: PolicySource;
}

/** The one way any HTML gets its analytics, `noindex`, public addresses and policy; holds the result against the promise. */
export async function edited(bench: Workbench, bytes: Buffer, page: EditedPage): Promise<Buffer> {
  const { editPage } = await import('./edit.ts');
  const context = contextFor(bench, page);
  const html = editPage(bytes, context);
  assertAnalytics(html, context.analytics, page.path);
  return html;
}

/** The page with its comments in it, each part edited as it comes. */
export async function* withItems(
  bench: Workbench,
  { html, mark, parts }: Items & { readonly html: Buffer },
  page: EditedPage,
): AsyncGenerator<Buffer> {
  const { editPart } = await import('./edit.ts');
  const context = contextFor(bench, page);
  const at = html.indexOf(mark);
  if (at === -1) throw new Error(`${page.path}: the mark of its comments is gone`);
  yield html.subarray(0, at);
  for await (const part of parts) yield Buffer.from(editPart(part, context), 'latin1');
  yield html.subarray(at + mark.length);
}

function contextFor(bench: Workbench, { path: _file, ...facts }: EditedPage): EditContext {
  const { noindex, snapshot, context } = bench;
  return {
    ...facts,
    site: context.site,
    noindex: noindex || facts.kind !== 'page',
    analytics: facts.kind === 'holding' ? bench.holdingAnalytics : bench.analytics,
    ...(facts.kind === 'page' && context.waiting !== undefined ? { waiting: context.waiting } : {}),
    shortlink: (query) => snapshot.shortlink(query),
  };
}
