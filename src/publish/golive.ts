import type { Readable } from 'node:stream';
import type { BlobRef } from '../model/capture.ts';
import { HoldfastError, isHoldfastError } from '../model/errors.ts';
import { type Manifest, type ReleaseFile, uncovered, uncoveredRelease } from '../model/manifest.ts';
import type { ControlRecord } from './control.ts';
import type { Destination, Guard, OpenFile, Standing, Transfer } from './destination.ts';
import type { Lease } from './lease.ts';
import type { Live } from './live.ts';
import { readManifest } from './manifests.ts';
import { inOrder } from './order.ts';
import { type Retention, retained } from './retention.ts';

export interface GoLive {
  readonly release: Manifest;
  readonly live: Live;
  /** Files that differ from what is live, or are unsure. */
  readonly put: readonly ReleaseFile[];
  /** Paths that visitors will not find any more. */
  readonly removed: number;
  readonly retain: Omit<Retention, 'now'>;
  /** Addresses taken down by hand. */
  readonly withdrawn: readonly string[];
  readonly bytes: BytesFrom;
  /** Pins the release: nothing else goes live until `unpin`. */
  readonly pin?: boolean;
  /** Resolves when the release may be seen: all that nobody sees is done before, and what is left comes at once after it. */
  readonly gate?: () => Promise<void>;
  readonly now: Date;
  /** Called after each file that was sent. */
  readonly onPut?: () => void;
}

/** Where the bytes of a put come from: this machine's blobs, or an earlier release at the destination itself. */
export type BytesFrom = { readonly openBlob: (ref: BlobRef) => Readable } | { readonly source: Manifest };

/** What one destination was sent. `requests` is 0 for a directory. */
export interface Published {
  readonly name: string;
  readonly put: number;
  readonly deleted: number;
  readonly bytes: number;
  readonly requests: number;
}

/**
 * Makes a release live: mark what is on its way, put in order, read back, commit, move the control record. On failure what was
 * live stays live; where each file shows as it is put, the record says what is on its way, and the next run puts it right.
 */
export async function goLive(lease: Lease, wish: GoLive, signal: AbortSignal): Promise<Published> {
  const { destination } = lease;
  const { release, live, put } = wish;
  const requests = destination.requests;
  const until = AbortSignal.any([signal, lease.signal]);
  try {
    if (!destination.atomic) {
      await wish.gate?.();
      await lease.move((record) => onItsWay(record, release.id, wish.now));
    }
    await send(lease, wish, until);
  } catch (error) {
    throw withVisitors(error, live);
  }
  await lease.move((record) => moved(record, wish));
  lease.manifests.remember(release);
  const bytes = put.reduce((sum, file) => sum + file.size, 0);
  return {
    name: destination.name,
    put: put.length,
    deleted: wish.removed,
    bytes,
    requests: destination.requests - requests,
  };
}

async function send(lease: Lease, wish: GoLive, signal: AbortSignal): Promise<void> {
  const { destination } = lease;
  const { release, put } = wish;
  const transfer = await destination.begin(release, standingOf(lease, wish), signal);
  try {
    for (const group of inOrder(put, release.files)) {
      await onEach(group, destination.putsAtOnce, async (file) => {
        signal.throwIfAborted();
        await sendOne(transfer, file, wish);
        wish.onPut?.();
      });
    }
    if (!destination.atomic) await readBack(destination, { release, put }, signal);
    await transfer.commit(guardOf(lease, wish));
  } catch (error) {
    await transfer.abort().catch(() => undefined);
    throw error;
  }
}

/** On an atomic destination the gate is before the switch itself. */
function guardOf({ destination, guard }: Lease, { gate }: GoLive): Guard {
  if (gate === undefined || !destination.atomic) return guard;
  return async (work) => {
    await gate();
    return guard(work);
  };
}

function standingOf({ ensureHeld }: Lease, { live: { manifest, unsure }, bytes }: GoLive): Standing {
  const source = 'source' in bytes ? bytes.source : manifest && uncoveredRelease(manifest);
  return { live: manifest, unsure, ensureHeld, ...(source === undefined ? {} : { source }) };
}

async function sendOne(transfer: Transfer, file: ReleaseFile, { bytes, live }: GoLive): Promise<void> {
  if ('source' in bytes) return transfer.restore(file);
  try {
    await transfer.put(file, openerOf(file, bytes.openBlob));
  } catch (error) {
    // A page that this machine never captured, or a release that was returned to: the destination has what is live.
    const isThere = live.manifest?.files.some(
      (other) => other.path === file.path && uncovered(other).sha256 === file.sha256,
    );
    if (!isHoldfastError(error, 'blob-missing') || isThere !== true) throw error;
    await transfer.restore(file);
  }
}

/** Opens the forms of a file in a store of blobs. */
export function openerOf(file: ReleaseFile, openBlob: (ref: BlobRef) => Readable): OpenFile {
  return (encoding) => {
    const ref = encoding === 'identity' ? file : file.variants[encoding];
    if (ref === undefined) throw new HoldfastError('unexpected', `${file.path} has no ${encoding} form`);
    return openBlob(ref);
  };
}

/** Files read back of each release before the record moves: each put was held against its hash by the store; this shows that reading gives it back. */
const SAMPLE = 2;

async function readBack(
  destination: Destination,
  { release, put }: Pick<GoLive, 'release' | 'put'>,
  signal: AbortSignal,
): Promise<void> {
  const stored = await readManifest(destination, release.id, signal);
  if (stored?.files.length !== release.files.length) throw damaged(destination.name, `the manifest of ${release.id}`);
  const files = put.filter(({ kind }) => kind === 'page').slice(0, SAMPLE);
  for await (const { file, state } of destination.readBack(release, { files, isLive: true }, signal))
    if (state !== 'whole') throw damaged(destination.name, `${file.path} is ${state}: it`);
}

function damaged(name: string, what: string): HoldfastError {
  return new HoldfastError('destination-damaged', `${name}: ${what} was put and did not come back as it was sent`, {
    hint: 'run again; where it persists, the store or something between it and here loses bytes',
  });
}

/** Does `work` on each, some at once. After a failure nothing new is begun, and what was begun has ended when it throws. */
async function onEach<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const source = items[Symbol.iterator]();
  let hasFailed = false;
  const worker = async () => {
    for (let next = source.next(); !next.done && !hasFailed; next = source.next()) {
      try {
        await work(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  const failure = ended.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** The record before the first put. A release that was on its way before, and never arrived, is a suspect until something is live again. */
function onItsWay(record: ControlRecord, id: string, now: Date): ControlRecord {
  const { moving, suspects } = record;
  if (moving === null || moving === id || suspects.some(({ release }) => release === moving))
    return { ...record, moving: id };
  return { ...record, moving: id, suspects: [...suspects, { release: moving, until: now.toISOString() }] };
}

/** The record once the release is live. What went before it is to be cleared away. */
function moved(record: ControlRecord, { release, retain, withdrawn, live, pin, now }: GoLive): ControlRecord {
  const releases = retained(record, release.id, { ...retain, now });
  const strays = live.strays.map(({ id }) => id).filter((id) => id !== release.id);
  const before = [record.live, ...record.releases].filter((id): id is string => id !== null);
  const left = [record.live, ...strays, ...before.filter((id) => !releases.includes(id))];
  const unpruned = new Set([...record.unpruned, ...left].filter((id) => id !== null && id !== release.id));
  return {
    ...record,
    live: release.id,
    since: record.live === release.id ? (record.since ?? now.toISOString()) : now.toISOString(),
    moving: null,
    suspects: record.suspects.filter(({ until }) => Date.parse(until) > now.getTime()),
    unsure: [],
    publisher: record.lease?.holder ?? record.publisher,
    pinned: pin === true || record.pinned !== null ? release.id : null,
    releases,
    unpruned: [...unpruned].filter((id): id is string => id !== null),
    withdrawn,
  };
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
