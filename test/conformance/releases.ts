import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { BlobRef } from '../../src/model/capture.ts';
import type { FileKind, Manifest, RedirectStatus, ReleaseFile } from '../../src/model/manifest.ts';
import { type ControlRecord, newRecord } from '../../src/publish/control.ts';
import type { Destination, Guard, OpenFile, Pruning, Standing } from '../../src/publish/destination.ts';

/** A release with its bytes at hand. */
export interface Release {
  readonly manifest: Manifest;
  readonly contents: ReadonlyMap<string, Buffer>;
  readonly file: (path: string) => ReleaseFile;
  readonly open: (file: ReleaseFile) => OpenFile;
  readonly openBlob: (ref: BlobRef) => Readable;
}

export interface Written {
  readonly body: string | Buffer;
  readonly kind?: FileKind;
  /** A gzip variant is made, and bytes that stand for a brotli one. */
  readonly isCompressed?: boolean;
  /** On a redirect: where it leads, and how. */
  readonly leads?: readonly [RedirectStatus, string];
}

const FIRST = Date.UTC(2027, 1, 2, 9);

/** The n-th release, of these files by path. */
export function releaseOf(
  n: number,
  files: Readonly<Record<string, string | Buffer | Written>>,
  lineage = 'lineage',
): Release {
  const contents = new Map<string, Buffer>();
  const bytes = new Map<string, Buffer>();
  const store = (content: Buffer): BlobRef => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    bytes.set(sha256, content);
    return { sha256, size: content.length };
  };
  const openBlob = (ref: BlobRef): Readable => Readable.from([bytes.get(ref.sha256) ?? Buffer.alloc(0)]);
  const listed = Object.entries(files).map(([path, given]): ReleaseFile => {
    const {
      body,
      kind = path.endsWith('.html') ? 'page' : 'asset',
      isCompressed = false,
      leads,
    } = isWritten(given) ? given : { body: given };
    const content = Buffer.from(body);
    contents.set(path, content);
    const variants = isCompressed
      ? { gzip: store(gzipSync(content)), br: store(Buffer.concat([Buffer.from('br:'), content])) }
      : {};
    const plain = { path, kind, type: 'text/html', headers: {}, variants, ...store(content) };
    if (leads === undefined) return plain;
    const [status, location] = leads;
    return { ...plain, kind: 'redirect', headers: { location }, status };
  });
  listed.sort((a, b) => (a.path < b.path ? -1 : 1));
  const created = new Date(FIRST + n * 60_000).toISOString();
  const id = `${created.replaceAll(/[-:]|\.\d+/g, '')}-${String(n).padStart(12, '0')}`;
  const manifest: Manifest = {
    format: 1,
    site: 'www.example.org',
    environment: 'test',
    lineage,
    id,
    parent: null,
    created,
    files: listed,
  };
  return {
    manifest,
    contents,
    file(path) {
      const found = listed.find((file) => file.path === path);
      if (found === undefined) throw new Error(`no file ${path} in the test's release`);
      return found;
    },
    openBlob,
    open: (file) => (encoding) => {
      const ref = encoding === 'identity' ? file : file.variants[encoding];
      if (ref === undefined) throw new Error(`${file.path} has no ${encoding} form`);
      return openBlob(ref);
    },
  };
}

function isWritten(given: string | Buffer | Written): given is Written {
  return typeof given === 'object' && !Buffer.isBuffer(given);
}

/** The files of `next` that a publisher has to put: all where nothing is live, else those that differ. */
export function changedFiles(next: Manifest, live: Manifest | undefined): readonly ReleaseFile[] {
  const before = new Map(live?.files.map((file) => [file.path, JSON.stringify(file)]));
  return next.files.filter((file) => before.get(file.path) !== JSON.stringify(file));
}

const SIGNAL = new AbortController().signal;

/** For a publisher that nobody disturbs. */
export function guardOf({ control }: Destination): Guard {
  return async (work) => work((await control.read(SIGNAL))?.version);
}

/** Begins, puts what differs and commits; the control record is not moved. */
export async function transfer(
  destination: Destination,
  next: Release,
  live?: Release,
  signal = SIGNAL,
): Promise<void> {
  const open = await destination.begin(next.manifest, standing(live), signal);
  try {
    for (const file of changedFiles(next.manifest, live?.manifest)) await open.put(file, next.open(file));
    await open.commit(guardOf(destination));
  } catch (error) {
    await open.abort();
    throw error;
  }
}

/** What is known where `live` is live and all is as it says; without it, where nothing can be relied on. */
export function standing(live?: Release, more: Partial<Standing> = {}): Standing {
  return {
    live: live?.manifest,
    unsure: live === undefined ? 'all' : new Set(),
    ensureHeld: async () => undefined,
    ...more,
  };
}

/** A record as the last publisher left it. */
export function recordOf(more: Partial<ControlRecord> = {}): ControlRecord {
  const owner = { site: 'www.example.org', environment: 'test' };
  return { ...newRecord(owner, { lineage: 'lineage', conditions: 'exact', writer: null }), ...more };
}

/** Moves the record to `next`, keeping up to `retain` releases before it; returns the record. */
export async function record(destination: Destination, next: Release, retain = 5): Promise<ControlRecord> {
  const state = await destination.control.read(SIGNAL);
  const { lineage, id, created } = next.manifest;
  const releases = [id, ...(state?.record.releases ?? []).filter((each) => each !== id)].slice(0, retain + 1);
  const generation = (state?.record.generation ?? 0) + 1;
  const conditions = state?.record.conditions ?? (await destination.control.probe(SIGNAL));
  const moved = recordOf({ lineage, conditions, generation, live: id, since: created, releases });
  await destination.control.swap(moved, state?.version, SIGNAL);
  return moved;
}

/** What stays where `live` is live and `kept` can be returned to. */
export function pruning(
  destination: Destination,
  live: Release,
  { kept = [], ...more }: Partial<Omit<Pruning, 'kept'>> & { readonly kept?: readonly Release[] } = {},
): Pruning {
  async function* manifests(): AsyncGenerator<Manifest> {
    for (const { manifest } of kept) yield manifest;
  }
  const guard = guardOf(destination);
  return { live: live.manifest, retired: [], dropped: [], kept: manifests, isWithdrawn: () => false, guard, ...more };
}

/** Transfers, moves the record, and takes out of sight what was live before. */
export async function publish(destination: Destination, next: Release, live?: Release): Promise<void> {
  await transfer(destination, next, live);
  await record(destination, next);
  if (!destination.atomic && live !== undefined)
    await destination.prune(pruning(destination, next, { kept: [live], retired: [live.manifest] }), SIGNAL);
}

/** A published file as a visitor gets it. */
export async function read(destination: Destination, path: string): Promise<Buffer | undefined> {
  const stream = await destination.open(path, SIGNAL);
  return stream === undefined ? undefined : buffer(stream);
}
