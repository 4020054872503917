import { stat } from 'node:fs/promises';
import { addressOfFile } from '../model/address.ts';
import { prune } from '../publish/prune.ts';
import { composedBodies } from '../render/composed.ts';
import { forgetOthers } from '../render/render.ts';
import { bodiesOf, viewSnapshot } from '../snapshot/snapshot.ts';
import { writeAtomic } from '../store/files.ts';
import type { Cycle } from './cycle.ts';
import { stateFiles, type Workplace } from './workplace.ts';

/** Unneeded blobs cost disk and nothing else, so they are looked for this often and no more. */
const SWEEP_EVERY_MS = 3_600_000;

/** Removes blobs that neither the snapshot nor a rendered file needs any more, and what killed runs left at destinations; at most once an hour. */
export async function sweep(cycle: Cycle, signal: AbortSignal): Promise<void> {
  const { place, leases } = cycle;
  const { stateDir, clock, records, blobs, config } = place;
  const files = stateFiles(stateDir);
  const last = await stat(files.swept).catch(() => undefined);
  // A new state has nothing to sweep yet: all it holds is younger than that.
  if (last === undefined) return writeAtomic(files.swept, '');
  // A time to come is of a clock that was set back since.
  if (Math.abs(clock.now() - last.mtimeMs) < SWEEP_EVERY_MS) return;
  await forgetUnshown(cycle, signal);
  await blobs.sweep(await neededBlobs(place));
  const snapshot = viewSnapshot(records, config);
  const isWithdrawn = (path: string): boolean => snapshot.isWithdrawn(addressOfFile(path));
  const held = leases.held.flatMap(({ lease }) => lease ?? []);
  // A destination that cannot be reached now is cleared the next time.
  await Promise.all(held.map((lease) => prune(lease, { isWithdrawn, all: true }, signal)));
  await writeAtomic(files.swept, '');
}

/**
 * Forgets what was rendered for files that are live nowhere any more, as old assets and pages that are gone; a page that returns is rendered again. Nothing
 * is forgotten where a destination may yet be sent something that is not live there.
 */
export async function forgetUnshown({ place, leases: { held }, report }: Cycle, signal: AbortSignal): Promise<void> {
  const { rendered, destinations } = place;
  const areBehind = [...report.destinations.values()].some(({ error }) => error !== undefined);
  if (held.length < destinations.length || areBehind) return;
  const shown = new Set<string>();
  for (const { manifests, state } of held) {
    const { live = null, pinned = null } = state?.record ?? {};
    const manifest = live === null || pinned !== null ? undefined : await manifests.read(live, signal);
    if (manifest === undefined) return;
    for (const { path } of manifest.files) shown.add(path);
  }
  forgetOthers(rendered, shown);
  await rendered.flush();
}

/** What the snapshot, the composed pages and the rendered files need. */
export async function neededBlobs({ stateDir, records, rendered }: Workplace): Promise<ReadonlySet<string>> {
  const needed = new Set([...bodiesOf(records), ...(await composedBodies(stateFiles(stateDir).composed))]);
  for (const [, { sha256, variants }] of rendered.entries()) {
    for (const ref of [{ sha256 }, variants.gzip, variants.br]) if (ref !== undefined) needed.add(ref.sha256);
  }
  return needed;
}
