import type { Readable } from 'node:stream';
import type { Encoding, Manifest, ReleaseFile } from '../model/manifest.ts';

/**
 * Where a release goes live. Drivers know no policy: caps, retention, order and ownership are decided by pure
 * functions over manifests and the control record; a driver moves bytes and switches.
 *
 * Contract, held by the conformance suite:
 * - Only one `Transfer` is open at a time; the caller holds the lock.
 * - Nothing a transfer does is visible to visitors before `commit` on an atomic destination.
 * - Every call may be repeated after a failure: what is already there is left as it is.
 * - An aborted signal stops a call at the next file; what is live stays live.
 * - Errors of the disk or the network are `destination-unwritable`, retryable; a file that should be there
 *   and is not is `destination-damaged`, final until a transfer of every file.
 */
export interface Destination {
  readonly name: string;
  /** True where visitors see the old release or the new one and never parts of both. */
  readonly atomic: boolean;
  readonly control: Control;
  /** Reads a published file as a visitor gets it, or an internal one (`_holdfast/…`); undefined where there is none. */
  open(path: string, signal: AbortSignal): Promise<Readable | undefined>;
  /** Starts the transfer of `next`. Files equal in `live` need no `put`. Fails early where there is no room or no permission. */
  begin(next: Manifest, live: Manifest | undefined, signal: AbortSignal): Promise<Transfer>;
  /** Removes what none of `keep` needs, leftovers of killed runs included. Never what visitors get now. */
  prune(keep: readonly Manifest[], signal: AbortSignal): Promise<PruneReport>;
}

/** The one small record at a destination, `_holdfast/control.json`. */
export interface Control {
  /** The record, or undefined at a destination that was never published to. */
  read(signal: AbortSignal): Promise<ControlState | undefined>;
  /** Moves the record, only if it still is what `expected` (a version read before, undefined for none) says: else `destination-moved`. */
  swap(next: ControlRecord, expected: string | undefined, signal: AbortSignal): Promise<string>;
}

export interface ControlRecord {
  readonly format: 1;
  readonly site: string;
  readonly environment: string;
  readonly lineage: string;
  /** Rises by one with each move. */
  readonly generation: number;
  /** Id of the live release, whose manifest lies at `_holdfast/releases/<id>.json`. */
  readonly live: string | null;
  /** ISO 8601: since when it is live. */
  readonly since: string | null;
  /** Ids of the releases that can be returned to, newest first. */
  readonly releases: readonly string[];
  /** Addresses taken down by hand, so that a machine that knows nothing yet leaves them down. */
  readonly withdrawn: readonly string[];
}

export interface ControlState {
  readonly record: ControlRecord;
  /** Opaque; equal versions are the same record. */
  readonly version: string;
  /** False where what visitors get is not what the record says (a run was killed between the switch and the record). */
  readonly settled: boolean;
}

export interface Transfer {
  /** Sends one file; `open` gives its bytes in one encoding, from the start, each time it is called. */
  put(file: ReleaseFile, open: OpenFile): Promise<void>;
  /** Stores the manifest at `_holdfast/releases/<id>.json`, then makes the release live, durably. */
  commit(): Promise<void>;
  /** Leaves no trace that `prune` would not remove. */
  abort(): Promise<void>;
}

export type OpenFile = (encoding: Encoding | 'identity') => Readable;

export interface PruneReport {
  /** Files and folders removed. */
  readonly removed: number;
}
