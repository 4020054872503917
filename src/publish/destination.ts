import type { Readable } from 'node:stream';
import type { Encoding, Manifest, ReleaseFile } from '../model/manifest.ts';
import type { Conditions, ControlRecord } from './control.ts';

/**
 * Where a release goes live. Drivers know no policy: order, caps, retention, lease and ownership are decided by
 * functions over manifests and the control record; a driver moves bytes and switches.
 *
 * Contract, held by the conformance suite:
 * - Only one `Transfer` is open at a time; the caller holds the lease.
 * - On an atomic destination nothing a transfer does is visible to visitors before `commit`, and all of it after. On another
 *   each `put` is visible when it returns, each file by itself old or new.
 * - Every call may be repeated after a failure: what is already there is left as it is.
 * - An aborted signal stops a call at the next file; what is live stays live.
 * - Errors of the disk or the network are `destination-unwritable`, retryable; a file that should be there
 *   and is not is `destination-damaged`, final until a transfer of every file.
 */
export interface Destination {
  readonly name: string;
  /** True where visitors see the old release or the new one and never parts of both. */
  readonly atomic: boolean;
  /**
   * How visitors are put on a holding page. 'flag': the driver shows the control record's hold as files beside the releases, where a web
   * server looks; 'pages': nobody can look there, so pages of the release itself are put over.
   */
  readonly holds: 'flag' | 'pages';
  /** Files sent at once that serve it best. */
  readonly putsAtOnce: number;
  /** Requests sent over a network since the driver was made; 0 for ever for a directory. */
  readonly requests: number;
  readonly control: Control;
  /** Reads a published file as a visitor gets it, or an internal one (`_holdfast/…`); undefined where there is none. */
  open(path: string, signal: AbortSignal): Promise<Readable | undefined>;
  /** Starts the transfer of `next`. Fails early where there is no room or no permission. Where a put is visible at once the manifest is stored first. */
  begin(next: Manifest, standing: Standing, signal: AbortSignal): Promise<Transfer>;
  /**
   * Brings a file near, for a transfer that is to go live at a set second: where no visitor finds it, under a name that nobody guesses. False
   * where that is no use: the file is small, or what is put before the commit shows to nobody anyway.
   */
  stage(file: ReleaseFile, open: OpenFile, signal: AbortSignal): Promise<boolean>;
  /** Reads every stored form of these files of the live release, or of a kept one, and compares hashes. In any order. */
  readBack(release: Manifest, wish: ReadBackWish, signal: AbortSignal): AsyncIterable<ReadBack>;
  /** Removes what no longer has a reason to be there. Never what the live release lists. */
  prune(pruning: Pruning, signal: AbortSignal): Promise<PruneReport>;
}

/** The control record, `_holdfast/control.json`. */
export interface Control {
  /** The record, or undefined at a destination that was never published to. `destination-damaged` where it cannot be read. */
  read(signal: AbortSignal): Promise<ControlState | undefined>;
  /**
   * Moves the record, only if it still is what `expected` (a version read before, undefined for none) says: else `destination-moved`.
   * Whatever happens on the way, it succeeds only if the record is `next` now, and says `destination-moved` only if it is not.
   * Where `holds` is 'flag' it returns with `_holdfast/hold/on` and `_holdfast/hold/<page>` there while `next` has a hold, and neither
   * while it has none, whatever was left there before.
   */
  swap(next: ControlRecord, expected: string | undefined, signal: AbortSignal): Promise<string>;
  /** How this store takes conditions, found out by trying. Writes nothing that stays. */
  probe(signal: AbortSignal): Promise<Conditions>;
}

export interface ControlState {
  readonly record: ControlRecord;
  /** Opaque; equal versions are the same record. */
  readonly version: string;
  /** False where an atomic destination shows something else than the record says (a run was killed between the switch and the record). */
  readonly settled: boolean;
}

/** What is known of a destination when a transfer begins. */
export interface Standing {
  /** What is live; undefined where nothing is. Files equal in it need no `put`, unless they are unsure. */
  readonly live: Manifest | undefined;
  /** Paths that may hold something else than `live` says: each is put. 'all' where nothing can be relied on. */
  readonly unsure: ReadonlySet<string> | 'all';
  /** A release that can be returned to, whose files may be restored. */
  readonly source?: Manifest;
  /**
   * Awaited before each request, a repeated one too, that changes what visitors get at once: resolves while the caller has the lease, and throws
   * `lease-lost` where another has it by now, so that who slept does not write over who came after. Of no use to an atomic destination, whose `commit` has a guard.
   */
  readonly ensureHeld: () => Promise<void>;
}

export interface Transfer {
  /** Sends one file; `open` gives its bytes in one encoding, from the start, each time it is called. */
  put(file: ReleaseFile, open: OpenFile): Promise<void>;
  /** Takes one file from the `source` that the transfer began with, at the destination itself. */
  restore(file: ReleaseFile): Promise<void>;
  /**
   * Makes sure that all is there and the manifest is at `_holdfast/releases/<id>.json`, then makes the release live, durably. An atomic
   * destination switches within `guard`, and only if the control record is of the version that it is told there: else `destination-moved`,
   * and nothing that this transfer wrote is visible, however late it comes.
   */
  commit(guard: Guard): Promise<void>;
  /** Gives up. Leaves no trace that the next transfer would not remove or put right. */
  abort(): Promise<void>;
}

/**
 * Runs `work` while the caller moves the control record no further, and tells the version that it has; undefined for none. Where `work`
 * throws `destination-moved`, having done nothing, and only a hold had moved the record, it is run again with the new version.
 */
export type Guard = <T>(work: (version: string | undefined) => Promise<T>) => Promise<T>;

export type OpenFile = (encoding: Encoding | 'identity') => Readable;

export interface ReadBackWish {
  readonly files: readonly ReleaseFile[];
  /** True for the live release, false for one that is kept. */
  readonly isLive: boolean;
}

/** One file as it was found. */
export interface ReadBack {
  readonly file: ReleaseFile;
  readonly state: 'whole' | 'damaged' | 'absent';
}

/** What is to stay and what may go. Only what `retired` or `dropped` lists is ever removed, leftovers of killed transfers aside. */
export interface Pruning {
  readonly live: Manifest;
  /**
   * Releases that visitors got, or could have got parts of, before the live one: what the live one lacks is not to be had at public
   * names any more. Those that are not dropped can be returned to: what goes is kept first.
   */
  readonly retired: readonly Manifest[];
  /** Releases that cannot be returned to any more. */
  readonly dropped: readonly Manifest[];
  /** The other releases that can be returned to; costs a read each. */
  readonly kept: () => AsyncIterable<Manifest>;
  /** True for a file that was taken down on purpose: nothing of it stays. */
  readonly isWithdrawn: (path: string) => boolean;
  /** As for `Transfer.commit`: an atomic destination takes nothing away once somebody else has moved the record. */
  readonly guard: Guard;
}

export interface PruneReport {
  /** Files and folders removed. */
  readonly removed: number;
}
