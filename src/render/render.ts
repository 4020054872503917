import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BlobRef } from '../model/capture.ts';
import { isHoldfastError } from '../model/errors.ts';
import type { ReleaseFile } from '../model/manifest.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { noWay, type Way } from '../model/way.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Journal } from '../store/journal.ts';
import { type Claims, openClaims } from './claims.ts';
import type { StoredPage } from './composed.ts';
import { compress, compressors, isCompressible, pays } from './compress.ts';
import { type Job, jobsOf, type RenderContext, type RenderedJournal, type RenderedRecord } from './jobs.ts';

export type { RenderContext, RenderedRecord } from './jobs.ts';

export interface Rendered {
  readonly files: readonly ReleaseFile[];
  /** Hashes of captured bytes that the disk has lost: to be looked at again. */
  readonly lost: readonly string[];
  /** Addresses left out because their file would be another's. */
  readonly collisions: readonly { readonly path: string; readonly text: string }[];
  /** Files into which a thread, or its count, could not be grafted. */
  readonly lacking: readonly { readonly path: string; readonly lacks: 'thread' | 'counts' }[];
}

/** Renders at once: enough to keep the compressor's threads busy. */
const RENDERS_AT_ONCE = 6;

/** Every file of the release but what is carried over; composed pages come before captured ones of the same address. Throws `analytics-missing`. */
export async function render(
  context: RenderContext,
  snapshot: Snapshot,
  composed: readonly StoredPage[],
  way: Way = noWay(),
): Promise<Rendered> {
  const jobs = jobsOf(context, snapshot, composed);
  const files: ReleaseFile[] = [];
  const lost: string[] = [];
  const claims = openClaims();
  const source = jobs[Symbol.iterator]();
  Object.assign(way, { done: 0, total: context.rendered.size || filesIn(snapshot, composed) });
  const worker = async () => {
    for (let next = source.next(); !next.done; next = source.next()) {
      const job = next.value;
      if (!claims.claim(job.path, job.kind)) continue;
      const file = await renderOne(context, job, lost);
      way.done += 1;
      if (file !== undefined) files.push(file);
    }
  };
  await Promise.all(Array.from({ length: RENDERS_AT_ONCE }, worker));
  await context.rendered.flush();
  const lacking = files.flatMap(({ path }) => {
    const lacks = context.rendered.get(path)?.lacks;
    return lacks === undefined ? [] : [{ path, lacks }];
  });
  return { files: withoutTakenVariants(files, claims), lost, collisions: claims.collisions, lacking };
}

/** About how many files there will be, where none was rendered before. */
function filesIn(snapshot: Snapshot, composed: readonly StoredPage[]): number {
  return composed.length + [...snapshot.pages()].length + [...snapshot.assets()].length;
}

/** `a.js.gz` may be a file of the site: then the compressed form of `a.js` gives way to it. */
function withoutTakenVariants(files: readonly ReleaseFile[], claims: Claims): readonly ReleaseFile[] {
  return files.map((file) => {
    const { gzip, br } = file.variants;
    if (!claims.has(`${file.path}.gz`) && !claims.has(`${file.path}.br`)) return file;
    const variants = {
      ...(gzip !== undefined && !claims.has(`${file.path}.gz`) ? { gzip } : {}),
      ...(br !== undefined && !claims.has(`${file.path}.br`) ? { br } : {}),
    };
    return { ...file, variants };
  });
}

async function renderOne(context: RenderContext, job: Job, lost: string[]): Promise<ReleaseFile | undefined> {
  const { path, kind, type, key, headers = {}, status } = job;
  const named = { path, kind, type, headers, ...(status === undefined ? {} : { status }) };
  const known = context.rendered.get(path, key);
  if (known?.key === key) return { ...named, sha256: known.sha256, size: known.size, variants: known.variants };
  try {
    const content = await job.render();
    const lacks = job.lacks?.() ?? 'nothing';
    const { blobs } = context;
    const stored = Buffer.isBuffer(content)
      ? await storeWhole(blobs, content, job)
      : await storeParts(blobs, content, job);
    context.rendered.set(path, { key, ...stored, ...(lacks === 'nothing' ? {} : { lacks }) });
    return { ...named, ...stored };
  } catch (error) {
    if (!isHoldfastError(error, 'blob-damaged', 'blob-missing')) throw error;
    lost.push(key.slice(0, 64));
    return undefined;
  }
}

type Stored = BlobRef & Pick<ReleaseFile, 'variants'>;

async function storeWhole(blobs: Blobs, bytes: Buffer, { type, effort }: Job): Promise<Stored> {
  const ref = await blobs.put(bytes);
  if (!isCompressible(type)) return { ...ref, variants: {} };
  const { gzip, br } = await compress(bytes, effort);
  const variants = {
    ...(gzip === undefined ? {} : { gzip: await blobs.put(gzip) }),
    ...(br === undefined ? {} : { br: await blobs.put(br) }),
  };
  return { ...ref, variants };
}

/** The same for what is never held: it is stored first, and read back for each of its compressed forms. */
async function storeParts(blobs: Blobs, parts: AsyncIterable<Buffer>, { effort }: Job): Promise<Stored> {
  const ref = await blobs.putStream(parts);
  const by = compressors(ref.size, effort);
  const storeBy = (engine: Transform) => pipeline(blobs.open(ref), engine, (stream) => blobs.putStream(stream));
  const [gzip, br] = await Promise.all([storeBy(by.gzip), storeBy(by.br)]);
  const variants = { ...(pays(ref.size, gzip.size) ? { gzip } : {}), ...(pays(ref.size, br.size) ? { br } : {}) };
  return { ...ref, variants };
}

/** What is rendered ahead of its time lies beside what is rendered for now, so that neither takes the other's place. No path begins with a slash. */
const AHEAD = '//';

/** The same records for what is made ahead: its own first, and for all that is the same then as now those of now. */
export function aheadOf(rendered: Journal<RenderedRecord>): RenderedJournal {
  return {
    get: (path, key) => {
      const own = rendered.get(AHEAD + path);
      return own?.key === key ? own : rendered.get(path);
    },
    set: (path, record) => rendered.set(AHEAD + path, record),
    get size() {
      return rendered.size;
    },
    flush: () => rendered.flush(),
  };
}

/** Forgets what was rendered ahead: its time has come, or it is none any more. */
export function forgetAhead(rendered: Journal<RenderedRecord>): void {
  for (const [path] of [...rendered.entries()]) if (path.startsWith(AHEAD)) rendered.delete(path);
}

/** Forgets what was rendered for now under any other path than these. */
export function forgetOthers(rendered: Journal<RenderedRecord>, paths: ReadonlySet<string>): void {
  for (const [path] of [...rendered.entries()]) if (!paths.has(path) && !path.startsWith(AHEAD)) rendered.delete(path);
}

/** Forgets files rendered to these bytes, which the disk has lost, so that they are made again. */
export function forgetRendered(rendered: Journal<RenderedRecord>, sha256: string): void {
  for (const [path, record] of rendered.entries()) {
    const { gzip, br } = record.variants;
    if (record.sha256 === sha256 || gzip?.sha256 === sha256 || br?.sha256 === sha256) rendered.delete(path);
  }
}
