import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import type { BlobIndex } from './blob-index.ts';
import { hashOf } from './blob-stream.ts';
import { packsIn, pathOfPack, readPlace, statOfPack } from './pack-files.ts';
import type { PackWriter } from './pack-writer.ts';
import type { Place } from './places.ts';

/** What a sweep works on. */
export interface PackStore {
  readonly dir: string;
  readonly index: BlobIndex;
  readonly writer: PackWriter;
}

/** What a sweep leaves. */
export interface SweepRules {
  readonly keep: ReadonlySet<string>;
  /** What was put since then (ms since 1970) stays. */
  readonly oldest: number;
  /** Empties every pack with any garbage at all, so that nothing of what is not kept stays on the disk. */
  readonly thorough?: boolean;
}

/**
 * Forgets blobs not in `keep` that were last put before `oldest`, and empties packs of which more than
 * half is garbage and which were not written since; how many were forgotten. Copies first, then the index, then the
 * removal: killed anywhere it leaves every blob readable, and at worst a pack that no record names, for the next sweep.
 */
export async function sweepPacks(store: PackStore, rules: SweepRules): Promise<number> {
  const { dir, index, writer } = store;
  index.refresh();
  const unwanted = forgetUnwanted(index, rules);
  if (rules.thorough === true) writer.close();
  const garbage = mostlyGarbage(store, rules);
  writer.avoid(new Set(garbage.keys()));
  try {
    const written = new Set<number>();
    for (const blobs of garbage.values()) for (const pack of await moveAll(store, blobs)) written.add(pack);
    for (const pack of written) syncPack(dir, pack);
    if (unwanted > 0 || garbage.size > 0 || index.isWasteful()) await index.rewrite();
    removeUnused(store);
  } finally {
    writer.avoid(new Set());
  }
  return unwanted;
}

function forgetUnwanted(index: BlobIndex, { keep, oldest }: SweepRules): number {
  let unwanted = 0;
  for (const [sha256, { at }] of index.entries()) {
    if (keep.has(sha256) || at * 1000 > oldest) continue;
    index.forget(sha256);
    unwanted++;
  }
  return unwanted;
}

type Blob = readonly [sha256: string, place: Place];

/** The blobs still needed of each pack that is worth emptying. One with nothing needed is removed, not emptied. */
function mostlyGarbage(
  { dir, index }: PackStore,
  { oldest, thorough }: SweepRules,
): ReadonlyMap<number, readonly Blob[]> {
  const needed = new Map<number, number>();
  for (const [, { pack, size }] of index.entries()) needed.set(pack, (needed.get(pack) ?? 0) + size);
  const garbage = new Map<number, Blob[]>();
  for (const [pack, bytes] of needed) {
    const stat = statOfPack(dir, pack);
    if (stat !== undefined && stat.mtimeMs <= oldest && bytes < (thorough === true ? stat.size : stat.size / 2))
      garbage.set(pack, []);
  }
  // Of a large store only what is to be moved is ever held in a list.
  if (garbage.size > 0) for (const blob of index.entries()) garbage.get(blob[1].pack)?.push(blob);
  return garbage;
}

/** Copies blobs to the pack that is written now, and forgets the damaged ones; the packs written to. */
async function moveAll({ dir, index, writer }: PackStore, blobs: readonly Blob[]): Promise<ReadonlySet<number>> {
  const written = new Set<number>();
  for (const [sha256, place] of blobs) {
    const bytes = await readPlace(dir, place).catch(() => 'unreadable' as const);
    const now = index.get(sha256);
    // What the disk does not give today stays where it is, and its pack with it.
    if (bytes === 'unreadable' || now?.pack !== place.pack) continue;
    if (bytes === undefined || hashOf(bytes) !== sha256) index.forget(sha256);
    else writer.append(sha256, bytes, now.at);
    const pack = index.get(sha256)?.pack;
    if (pack !== undefined) written.add(pack);
  }
  return written;
}

/** The copies are made durable, since what they were copied from is removed. */
function syncPack(dir: string, pack: number): void {
  const descriptor = openSync(pathOfPack(dir, pack), 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Packs that no record names: emptied ones, and what a killed run left. At once, so that no put can come between. */
function removeUnused({ dir, index, writer }: PackStore): void {
  const used = new Set<number>();
  for (const [, { pack }] of index.entries()) used.add(pack);
  for (const pack of packsIn(dir)) {
    if (!used.has(pack) && pack !== writer.pack) rmSync(pathOfPack(dir, pack), { force: true });
  }
}
