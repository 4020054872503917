import { stat } from 'node:fs/promises';
import type { LoadedConfig } from '../config/load.ts';
import { graftsOf } from '../cycle/comments.ts';
import { composeOptions } from '../cycle/rendering.ts';
import { saidBeside, threadsOf } from '../cycle/said.ts';
import { siteOf, stateFiles } from '../cycle/workplace.ts';
import { type ReleaseView, viewRelease } from '../edge/view.ts';
import type { Address } from '../model/address.ts';
import { systemClock } from '../model/clock.ts';
import { isHoldfastError } from '../model/errors.ts';
import type { HoldingFacts } from '../model/holding.ts';
import { createSite } from '../model/site.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { compileRules, withHeaders } from '../release/headers.ts';
import { openClaims } from '../render/claims.ts';
import { type ComposedPage, type ComposeOptions, compose } from '../render/compose.ts';
import { type Build, openBuilder } from '../render/compose-child.ts';
import { type StoredPage, storedPage } from '../render/composed.ts';
import type { Graft } from '../render/graft/changes.ts';
import { holdingFacts } from '../render/holding.ts';
import { type Job, type JobContext, jobsOf, wholeOf } from '../render/jobs.ts';
import { openRecords, type SnapshotRecord } from '../snapshot/records.ts';
import { viewSnapshot } from '../snapshot/snapshot.ts';
import { openBlobs } from '../store/blobs.ts';
import { openJournal } from '../store/journal.ts';
import { embargoText, fileOf, readWritten, type WrittenPage } from './written.ts';

/** What would be released now: the templates and words as they are saved, and what was captured so far. */
export interface Draft {
  /** As the edge sees it. */
  readonly release: ReleaseView;
  readonly holding: readonly HoldingFacts[];
  /** What is said above a page that is under embargo, or will be taken down, by its file; read off the clock at each call. */
  embargo(path: string): string | undefined;
  /** Pages written here: the pages, the missing page, the holding pages, each kind by path. */
  readonly written: readonly WrittenPage[];
  /** Hash of the source of each file written here, and of each page with a thread, by path: what differs is to be shown again. */
  readonly hashes: ReadonlyMap<string, string>;
  /** The bytes of a file, with every address of the site leading to the preview and no analytics; undefined where there is none. */
  body(path: string): Promise<Buffer | undefined>;
}

/** Makes drafts, one after the other; reads the project and its state, and writes neither. */
export interface Drafts {
  /** Throws `template-broken`. */
  make(signal: AbortSignal): Promise<Draft>;
  close(): Promise<void>;
}

/** What was captured, as of one reading of the state. */
interface Taken {
  readonly version: string;
  readonly snapshot: Snapshot;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly release: ReleaseView;
}

/** `shownAt` is where the preview shows the site, as `http://127.0.0.1:4600`. */
export function openDrafts(loaded: LoadedConfig, shownAt: string): Drafts {
  const contexts = contextsOf(loaded, shownAt);
  const builder = openBuilder();
  const known = new Map<string, { readonly hash: string; readonly page: WrittenPage }>();
  let taken: Taken | undefined;
  const readPage = async (page: StoredPage, job: Job): Promise<WrittenPage> => {
    const hash = JSON.stringify([page.body.sha256, page.front]);
    const last = known.get(page.path);
    if (last?.hash === hash) return last.page;
    const read = await readWritten(page, job, loaded.config);
    known.set(page.path, { hash, page: read });
    return read;
  };
  return {
    async make(signal) {
      taken = await take(loaded, contexts.shown, taken);
      const { snapshot } = taken;
      const threads = await threadsOf(loaded);
      const said = await saidBeside(loaded, threads, signal);
      const options = composeOptions(loaded, { snapshot, said, at: systemClock.now() }, signal);
      const pages = (await composeForEditors(options, builder.build)).map(storedPage);
      const real = jobsOf(contexts.real, snapshot, pages);
      const written: WrittenPage[] = [];
      for (const page of pages) {
        const job = real.next().value as Job;
        if (page.kind !== 'asset') written.push(await readPage(page, job));
      }
      const shown = jobsOf(contexts.shown, snapshot, pages);
      const jobs = new Map<string, Job>();
      // Files written here come first, then how holding pages are to be served.
      for (let index = 0; index <= pages.length; index++) {
        const job = shown.next().value as Job;
        jobs.set(job.path, job);
      }
      const grafted = graftedJobs(contexts.shown, snapshot, await graftsOf({ ...loaded, threads }));
      for (const job of grafted) if (!jobs.has(job.path)) jobs.set(job.path, job);
      return draftOf({ pages, written, grafted, jobs, taken, loaded });
    },
    close: () => builder.close(),
  };
}

const ORDER: readonly WrittenPage['kind'][] = ['page', '404', 'holding'];

interface Made {
  readonly pages: readonly StoredPage[];
  readonly written: readonly WrittenPage[];
  readonly grafted: readonly Job[];
  readonly jobs: ReadonlyMap<string, Job>;
  readonly taken: Taken;
  readonly loaded: LoadedConfig;
}

function draftOf({ pages, written, grafted, jobs, taken, loaded }: Made): Draft {
  const holding = holdingFacts(pages);
  const own = viewOf(jobs.values(), loaded, holding);
  const source = new Map(pages.map((page) => [page.path, page]));
  return {
    embargo(path) {
      const front = source.get(path)?.front;
      return front && embargoText(front, systemClock.now());
    },
    release: { find: (path) => own.find(path) ?? taken.release.find(path), holding: own.holding },
    holding,
    written: written.toSorted((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind)),
    hashes: new Map([
      ...grafted.map(({ path, key }) => [path, key] as const),
      ...pages.map(({ path, body, front }) => [path, `${body.sha256} ${front.status} ${front.retryAfter}`] as const),
    ]),
    async body(path) {
      // A page that may not be published is shown all the same, beneath what is wrong with it.
      return (jobs.get(path) ?? taken.jobs.get(path))
        ?.render()
        .then(wholeOf)
        .catch(() => source.get(path)?.html());
    },
  };
}

function viewOf(jobs: Iterable<Job>, { config }: LoadedConfig, holding: readonly HoldingFacts[]): ReleaseView {
  const rules = compileRules(config.headers);
  return viewRelease({ files: [...jobs].map((job) => withHeaders(fileOf(job), rules)) }, holding);
}

/**
 * With what is under embargo. Where a page is to take another's place at its instant the two cannot be shown at once: then all is shown
 * as it will be when the last embargo has ended.
 */
async function composeForEditors(options: ComposeOptions, build: Build): Promise<readonly ComposedPage[]> {
  const all = { ...options, withEmbargoed: true };
  try {
    return (await compose(all, build)).pages;
  } catch (error) {
    if (!isHoldfastError(error, 'template-broken')) throw error;
    const { hidden } = await compose(options, build);
    const instants = hidden.flatMap(({ publishAt }) =>
      publishAt !== undefined && publishAt > options.at ? publishAt : [],
    );
    if (instants.length === 0) throw error;
    return (await compose({ ...all, at: Math.max(...instants) }, build)).pages;
  }
}

/** Captured pages that have a thread, and the further pages of these. */
function graftedJobs(context: JobContext, snapshot: Snapshot, grafts: ReadonlyMap<Address, Graft>): readonly Job[] {
  if (grafts.size === 0) return [];
  const nothing = () => [];
  const threaded = [...snapshot.pages()].filter(({ address }) => grafts.has(address));
  const only = { ...snapshot, pages: () => threaded, assets: nothing, redirects: nothing };
  return [...jobsOf({ ...context, grafts }, only, [])].filter(({ kind }) => kind === 'page');
}

/** Two ways to render: as visitors get it, and as the preview shows it, where no analytics is and links stay here. */
function contextsOf(loaded: LoadedConfig, shownAt: string): { readonly real: JobContext; readonly shown: JobContext } {
  const { config, environment, stateDir } = loaded;
  const { site, origin } = config;
  const real: JobContext = {
    config,
    environment,
    site: siteOf(loaded),
    blobs: openBlobs(stateFiles(stateDir).blobs),
  };
  const aliases = [...origin.aliases, new URL(site.url).host, ...(origin.host === undefined ? [] : [origin.host])];
  const here = createSite({ name: site.name, url: shownAt, origin: origin.url, aliases });
  return { real, shown: { ...real, config: { ...config, analytics: [] }, site: here } };
}

/** What was captured, read again only where a run has written since. */
async function take(loaded: LoadedConfig, context: JobContext, last: Taken | undefined): Promise<Taken> {
  const { snapshot: file } = stateFiles(loaded.stateDir);
  const found = await stat(file).catch(() => undefined);
  const version = found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs}`;
  if (last?.version === version) return last;
  const snapshot = viewSnapshot(openRecords(await openJournal<SnapshotRecord>(file)), loaded.config);
  const claims = openClaims();
  const jobs = new Map<string, Job>();
  for (const job of jobsOf(context, snapshot, [])) if (claims.claim(job.path, job.kind)) jobs.set(job.path, job);
  return { version, snapshot, jobs, release: viewOf(jobs.values(), loaded, []) };
}
