import { stat } from 'node:fs/promises';
import type { Destination } from '../publish/destination.ts';
import { prune } from '../publish/golive.ts';
import { composedBodies } from '../render/composed.ts';
import { bodiesOf } from '../snapshot/snapshot.ts';
import { writeAtomic } from '../store/files.ts';
import { stateFiles, type Workplace } from './workplace.ts';

/** Unneeded blobs cost disk and nothing else, so they are looked for this often and no more. */
const SWEEP_EVERY_MS = 3_600_000;

/** Removes blobs that neither the snapshot nor a rendered file needs any more, and what killed runs left at destinations; at most once an hour. */
export async function sweep(place: Workplace, signal: AbortSignal): Promise<void> {
  const { stateDir, clock, records, rendered, blobs, destinations } = place;
  const files = stateFiles(stateDir);
  const last = await stat(files.swept).catch(() => undefined);
  if (last !== undefined && clock.now() - last.mtimeMs < SWEEP_EVERY_MS) return;
  const keep = new Set([...bodiesOf(records), ...(await composedBodies(files.composed))]);
  for (const [, { sha256, variants }] of rendered.entries()) {
    for (const ref of [{ sha256 }, variants.gzip, variants.br]) if (ref !== undefined) keep.add(ref.sha256);
  }
  await blobs.sweep(keep);
  await Promise.all(destinations.map((destination) => pruneAll(destination, signal)));
  await writeAtomic(files.swept, '');
}

/** A destination that cannot be reached now is swept the next time. */
async function pruneAll(destination: Destination, signal: AbortSignal): Promise<void> {
  const control = await destination.control.read(signal).catch(() => undefined);
  if (control?.settled === true) await prune(destination, control.record.releases, signal);
}
