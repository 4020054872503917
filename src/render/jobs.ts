import { hash } from 'node:crypto';
import { type Address, addressOfFile, fileFor } from '../model/address.ts';
import { REDIRECT_STATUSES, type RedirectStatus } from '../model/manifest.ts';
import { ORIGIN_STATE_PATH, originStateText } from '../model/origin-state.ts';
import type { Captured, CapturedRedirect, Snapshot } from '../model/snapshot.ts';
import { PIXEL_GIF, PIXEL_PATH } from './analytics/pixel.ts';
import { edited, type Job, type JobContext, keyOf, openWorkbench, type Workbench, withItems } from './bench.ts';
import { charsetOf } from './charset.ts';
import type { StoredPage } from './composed.ts';
import type { Effort } from './compress.ts';
import { changesFor, type Graft, type PageChange } from './graft/changes.ts';
import type { Grafted } from './graft/graft.ts';
import { factsJob, holdingFactsJob, holdingJob, tinyJob } from './holding-jobs.ts';
import { steady } from './policy-sent.ts';
import { redirectPage } from './redirect.ts';
import { robotsFor } from './robots.ts';
import { typeByName } from './types.ts';

export type { Job, JobContext, RenderContext, RenderedJournal, RenderedRecord } from './bench.ts';
export { wholeOf } from './bench.ts';

/** What a release consists of, in the order in which names are given: what is written here before what was captured. */
export function* jobsOf(context: JobContext, snapshot: Snapshot, composed: readonly StoredPage[]): Generator<Job> {
  const bench = openWorkbench(context, snapshot);
  for (const page of composed) yield jobOf(bench, page);
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
  const csp = page.csp === undefined ? '' : steady(page.csp);
  const address = change?.address ?? page.address;
  let lacks: Grafted['lacks'] = 'nothing';
  const { blobs, site } = bench.context;
  const path = fileFor(address, type);
  const links = page.shortlinks.map((query) => `${query}=${bench.snapshot.shortlink(query) ?? ''}`);
  return {
    path,
    kind: isHtml(page) ? 'page' : tempo === 'asset' ? 'asset' : 'feed',
    type,
    key: keyOf(
      bench,
      body.sha256,
      tempo,
      type,
      robots ?? '',
      csp,
      ...links,
      ...(change === undefined ? [] : [change.key]),
    ),
    effort: EFFORT[tempo],
    lacks: () => lacks,
    render: async () => {
      const bytes = await blobs.read(body.sha256);
      if (!isHtml(page)) return (await import('./gzipped.ts')).editFile(bytes, type, site);
      const charset = charsetOf(type);
      const said = { ...(robots === undefined ? {} : { robots }), ...(charset === undefined ? {} : { charset }) };
      const policy = csp === '' ? {} : { policy: { sent: csp } };
      const changed = await change?.apply(bytes);
      lacks = changed?.lacks ?? 'nothing';
      const facts = { path, address, kind: 'page', ...said, ...policy } as const;
      const html = await edited(bench, changed?.html ?? bytes, facts);
      return changed?.items === undefined ? html : withItems(bench, { ...changed.items, html }, facts);
    },
  };
}

function jobOf(bench: Workbench, page: StoredPage): Job {
  if (page.kind === 'tiny') return tinyJob(bench, page);
  return page.kind === 'holding' ? holdingJob(bench, page) : composedJob(bench, page);
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
    render: async () =>
      edited(bench, await html(), { path, address, kind: kind === '404' ? kind : 'page', policy: 'own' }),
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
  const redirects = new Map([...bench.snapshot.redirects()].map((one) => [one.address, one]));
  for (const [address, first] of redirects) {
    const { to, status } = endOf(redirects, first) ?? {};
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
      ...(status === undefined ? {} : { status }),
      render: async () => edited(bench, page, { path, address, kind: 'redirect', policy: 'own' }),
    };
  }
}

/** Redirects followed before a chain counts as a circle. */
const MAX_HOPS = 5;

interface Leads {
  readonly to: string;
  /** The first that is not for ever, of all on the way: the whole way is no more lasting than that. */
  readonly status: RedirectStatus | undefined;
}

function endOf(redirects: ReadonlyMap<Address, CapturedRedirect>, first: CapturedRedirect): Leads | undefined {
  const way = [first];
  for (let { to } = first; way.length < MAX_HOPS; ) {
    const next = redirects.get(to.replace(/#.*$/, ''));
    if (next === undefined) {
      const { status } = way.find((hop) => !isForEver(hop)) ?? first;
      return { to, status: REDIRECT_STATUSES.find((known) => known === status) };
    }
    way.push(next);
    to = next.to;
  }
  return undefined;
}

const isForEver = ({ status }: CapturedRedirect): boolean => status === 301 || status === 308;
