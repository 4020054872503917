import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Config, HeaderRule } from '../config/schema.ts';
import { asHoldfastError, type HoldfastError, isHoldfastError } from '../model/errors.ts';
import { shownInstant } from '../model/instant.ts';
import { lazily } from '../model/lazily.ts';
import type { ReleaseFile } from '../model/manifest.ts';
import { compileRules, withHeaders } from '../release/headers.ts';
import { analyticsFor } from '../render/analytics/index.ts';
import type { Front } from '../render/compose.ts';
import type { StoredPage } from '../render/composed.ts';
import { type Job, wholeOf } from '../render/jobs.ts';
import { LIMITS, responseSize } from '../render/limits.ts';

/** A page that was written here, with all that there is to know of how visitors get it. */
export interface WrittenPage {
  /** File in the release. */
  readonly path: string;
  readonly kind: 'page' | 'holding' | '404';
  readonly title: string;
  /** That visitors do not get it yet, or only for a while; undefined for most pages. */
  readonly embargo: string | undefined;
  readonly status: number;
  /** Headers as visitors get them, but for those that a web server adds by itself. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: { readonly plain: number; readonly gzip: number; readonly brotli: number };
  readonly fits: readonly Fit[];
  readonly beacons: readonly Beacon[];
  /** What keeps it from being published, where anything does. */
  readonly problem: HoldfastError | undefined;
}

/** A response held against what one balancer takes. */
export interface Fit {
  readonly name: string;
  readonly measure: 'compressed' | 'plain';
  /** With room for the headers. */
  readonly bytes: number;
  readonly limit: number;
  /** True where the page has to fit: it is a holding page, and the configuration names the balancer. */
  readonly matters: boolean;
}

/** One analytics on the page. It fires at visitors' and not in the preview. */
export interface Beacon {
  readonly name: string;
  /** Why a visitor without scripts is not counted; undefined where one is. */
  readonly uncounted: string | undefined;
}

/** Reads what is known off a page as it would be published; `config` says which balancers matter. */
export async function readWritten(page: StoredPage, job: Job, config: Config): Promise<WrittenPage> {
  const { path, front } = page;
  const kind = page.kind === 'asset' ? 'page' : page.kind === 'tiny' ? 'holding' : page.kind;
  const rendered = await job
    .render()
    .then(wholeOf)
    .catch((error: unknown) => asHoldfastError(error));
  const problem = isHoldfastError(rendered) ? rendered : undefined;
  const bytes = isHoldfastError(rendered) ? await page.html() : rendered;
  // Nobody waits for these but who looks at the desk: they take far longer than to make the page.
  const sizes = lazily(() => ({
    plain: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes).length,
  }));
  const fits = lazily(() => fitsOf(bytes, kind === 'holding', config));
  return {
    path,
    kind,
    title: front.title ?? path,
    get embargo() {
      return embargoText(front, Date.now());
    },
    status: kind === 'holding' ? (front.status ?? 503) : kind === '404' ? 404 : 200,
    headers: headersOf(job, page, config.headers),
    get bytes() {
      return sizes();
    },
    get fits() {
      return fits();
    },
    beacons: analyticsFor(config.analytics, kind).map(({ name, unscripted }) => ({
      name,
      uncounted: unscripted.counted ? undefined : unscripted.why,
    })),
    problem,
  };
}

/** What an editor is to know of when visitors get a page; undefined where there is nothing to know. */
export function embargoText({ publishAt, unpublishAt }: Front, now: number): string | undefined {
  const said = [
    ...(publishAt !== undefined && Date.parse(publishAt) > now
      ? [`under embargo until ${shownInstant(Date.parse(publishAt))}`]
      : []),
    ...(unpublishAt === undefined ? [] : [`taken down at ${shownInstant(Date.parse(unpublishAt))}`]),
  ];
  return said.length === 0 ? undefined : said.join(', ');
}

/** The file that a job would make, for what does not depend on its bytes. */
export function fileOf({ path, kind, type, headers = {} }: Job): ReleaseFile {
  return { path, kind, type, headers, sha256: '', size: 0, variants: {} };
}

function headersOf(job: Job, { front }: StoredPage, rules: readonly HeaderRule[]): WrittenPage['headers'] {
  const retry = front.retryAfter === undefined ? {} : { 'retry-after': String(front.retryAfter) };
  return { 'content-type': job.type, ...withHeaders(fileOf(job), compileRules(rules)).headers, ...retry };
}

function fitsOf(html: Buffer, isHolding: boolean, { edge }: Config): readonly Fit[] {
  return Object.entries(LIMITS).map(([key, { name, bytes, measure }]) => ({
    name,
    measure,
    bytes: responseSize(html, measure),
    limit: bytes,
    matters: isHolding && (key === 'any' || edge.for.some((one) => one === key)),
  }));
}
