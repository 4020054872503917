import type { Readable } from 'node:stream';
import type { BlobRef } from '../model/capture.ts';
import { HoldfastError, isHoldfastError } from '../model/errors.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';
import type { ControlRecord, Destination, OpenFile } from './destination.ts';
import { type Live, readManifest } from './live.ts';
import { retained } from './retention.ts';

/** Files sent at once: enough to keep a disk's queue full, few enough to stay well below any limit on open files. */
const PUTS_AT_ONCE = 8;

export interface GoLive {
  readonly release: Manifest;
  readonly live: Live;
  readonly put: readonly ReleaseFile[];
  readonly removed: number;
  readonly retain: number;
  /** Addresses taken down by hand. */
  readonly withdrawn: readonly string[];
  readonly openBlob: (ref: BlobRef) => Readable;
  readonly now: Date;
}

/** What one destination was sent. `requests` is 0 for a directory. */
export interface Published {
  readonly name: string;
  readonly put: number;
  readonly deleted: number;
  readonly bytes: number;
  readonly requests: number;
  /** Set where the release is live but old ones could not be cleared away. */
  readonly pruneFailed?: string;
}

/** Makes a release live: put, commit, move the control record, prune. On failure what was live stays live. */
export async function goLive(destination: Destination, wish: GoLive, signal: AbortSignal): Promise<Published> {
  const { live, put, now } = wish;
  try {
    await send(destination, wish, signal);
  } catch (error) {
    throw withVisitors(error, live);
  }
  const record = nextRecord(wish, now);
  await destination.control.swap(record, live.control?.version, signal);
  const pruneFailed = await prune(destination, record.releases, signal);
  const bytes = put.reduce((sum, file) => sum + file.size, 0);
  const published = { name: destination.name, put: put.length, deleted: wish.removed, bytes, requests: 0 };
  return pruneFailed === undefined ? published : { ...published, pruneFailed };
}

async function send(
  destination: Destination,
  { release, live, put, openBlob }: GoLive,
  signal: AbortSignal,
): Promise<void> {
  const transfer = await destination.begin(release, live.isCertain ? live.manifest : undefined, signal);
  try {
    await putAll(put, async (file) => {
      signal.throwIfAborted();
      await transfer.put(file, opener(file, openBlob));
    });
    await transfer.commit();
  } catch (error) {
    await transfer.abort().catch(() => undefined);
    throw error;
  }
}

function opener(file: ReleaseFile, openBlob: GoLive['openBlob']): OpenFile {
  return (encoding) => {
    const ref = encoding === 'identity' ? file : file.variants[encoding];
    if (ref === undefined) throw new HoldfastError('unexpected', `${file.path} has no ${encoding} form`);
    return openBlob(ref);
  };
}

async function putAll(files: readonly ReleaseFile[], put: (file: ReleaseFile) => Promise<void>): Promise<void> {
  const source = files[Symbol.iterator]();
  let hasFailed = false;
  const worker = async () => {
    for (let next = source.next(); !next.done && !hasFailed; next = source.next()) {
      try {
        await put(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: PUTS_AT_ONCE }, worker));
  const failure = ended.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

function nextRecord({ release, live, retain, withdrawn }: GoLive, now: Date): ControlRecord {
  const before = live.control?.record;
  return {
    format: 1,
    site: release.site,
    environment: release.environment,
    lineage: release.lineage,
    generation: (before?.generation ?? 0) + 1,
    live: release.id,
    since: before?.live === release.id ? (before.since ?? now.toISOString()) : now.toISOString(),
    releases: retained(before, release.id, retain),
    withdrawn,
  };
}

/** Clears away what none of these releases needs. Not what visitors wait for: its failure is told and fails no publish. */
export async function prune(
  destination: Destination,
  keep: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const manifests = await Promise.all(keep.map((id) => readManifest(destination, id, signal)));
    await destination.prune(
      manifests.filter((manifest) => manifest !== undefined),
      signal,
    );
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function withVisitors(error: unknown, live: Live): unknown {
  if (!isHoldfastError(error) || error.visitors !== undefined) return error;
  const visitors = live.manifest === undefined ? 'nothing is live yet' : `visitors still get ${live.manifest.id}`;
  return new HoldfastError(error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    visitors,
    cause: error,
  });
}
