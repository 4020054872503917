import picomatch from 'picomatch';
import { type Clock, systemClock } from '../../model/clock.ts';
import type { Destination } from '../destination.ts';
import { createAsking } from './s3/asking.ts';
import { createClient } from './s3/client.ts';
import { createControl } from './s3/control.ts';
import { keysBelow } from './s3/keys.ts';
import { pruneBucket } from './s3/prune.ts';
import { openFile, readBack } from './s3/read.ts';
import type { Shared } from './s3/shared.ts';
import { stageFile } from './s3/stage.ts';
import { createStore, type Store } from './s3/store.ts';
import { beginTransfer } from './s3/transfer.ts';
import { SILENCE_MS } from './s3/wire.ts';

export interface S3Options {
  /** Shown in every error and summary. */
  readonly name: string;
  readonly bucket: string;
  /** A folder in the bucket; '' for the whole of it. */
  readonly prefix: string;
  /** By default from the AWS chain; behind an `endpoint` us-east-1 where that has none. */
  readonly region?: string | undefined;
  /** Another server than Amazon's that speaks S3. */
  readonly endpoint?: string | undefined;
  /** The bucket's name in the path; by default where there is an `endpoint`. */
  readonly pathStyle?: boolean | undefined;
  /** Globs of paths, `/feed/**`, that are never stored compressed. */
  readonly identity: readonly string[];
  /** The longest silence within a request, in milliseconds; a minute by default. */
  readonly silence?: number;
  readonly clock?: Clock;
  /** From 0 up to 1. */
  readonly random?: () => number;
}

/** Measured: beside the server 8 to 32 do the same, 800 a second; with 40 ms of network between 16 do 330 and 32 do 550. */
const PUTS_AT_ONCE = 32;

/** Connections beyond those of files: a renewal of the lease must not wait for large files to be sent. */
const RECORDS_AT_ONCE = 2;
/** A lease is lost after six seconds without a renewal: an answer that was lost must be found out about, and made good, before that. */
const RECORD_SILENCE_MS = 2000;

/**
 * A bucket that is served by its own website mode, or by a CDN before it. Each page by itself is old or new at each moment; which release is
 * live says the control record. It costs one request for each changed file, another one to keep what it replaces, and a handful;
 * nothing is ever listed.
 */
export function createS3(options: S3Options): Destination {
  const { records, ...shared } = sharedBy(options);
  const { name, store } = shared;
  return {
    name,
    atomic: false,
    holds: 'pages',
    putsAtOnce: PUTS_AT_ONCE,
    get requests() {
      return store.requests + records.requests;
    },
    control: createControl({ ...shared, store: records }),
    open: (path, signal) => openFile(shared, path, signal),
    begin: (next, standing, signal) => beginTransfer(shared, { next, standing }, signal),
    stage: (file, open, signal) => stageFile(shared, { file, open }, signal),
    readBack: (release, wish, signal) => readBack(shared, { ...wish, release, atOnce: PUTS_AT_ONCE }, signal),
    prune: (pruning, signal) => pruneBucket(shared, { ...pruning, atOnce: PUTS_AT_ONCE }, signal),
  };
}

function sharedBy(options: S3Options): Shared & { readonly records: Store } {
  const { name, bucket, prefix, region, endpoint, pathStyle = endpoint !== undefined } = options;
  const { clock = systemClock, random = Math.random, silence = SILENCE_MS } = options;
  const atOnce = PUTS_AT_ONCE + RECORDS_AT_ONCE;
  const client = createClient({ bucket, region, endpoint, pathStyle }, { atOnce, silence });
  const asking = { client, place: { name, bucket, endpoint }, clock, random };
  return {
    name,
    store: createStore(createAsking(asking)),
    records: createStore(createAsking({ ...asking, silence: Math.min(silence, RECORD_SILENCE_MS) })),
    keys: keysBelow(prefix),
    clock,
    random,
    isIdentity: matcher(options.identity),
    known: { conditions: 'ignored' },
    staged: new Set(),
  };
}

/** Without the leading slash, which picomatch would want in front of whatever `**` stands for. */
function matcher(globs: readonly string[]): (path: string) => boolean {
  if (globs.length === 0) return () => false;
  return picomatch(
    globs.map((glob) => glob.replace(/^\//, '')),
    { dot: true, nonegate: true },
  );
}
