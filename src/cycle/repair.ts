import type { ReleaseFile } from '../model/manifest.ts';
import { forgetRendered } from '../render/render.ts';
import { lookAgain } from '../snapshot/rounds.ts';
import { forgetBody } from '../snapshot/snapshot.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Cycle } from './cycle.ts';

/** Bytes that the disk lost: what was rendered to them will be made again, what was captured is asked for now. */
export async function repair(cycle: Cycle, files: readonly ReleaseFile[], signal: AbortSignal): Promise<void> {
  const { blobs, rendered, memory } = cycle.place;
  memory.forget();
  const lost = await damagedBlobs(blobs, files);
  for (const sha256 of lost) forgetRendered(rendered, sha256);
  await lookAgainFor(cycle, lost, signal);
}

/** Asks the origin again for what was captured to these bytes. */
export async function lookAgainFor(
  { place, context }: Cycle,
  lost: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const addresses = lost.flatMap((sha256) => forgetBody(place.records, sha256));
  await lookAgain(context, addresses, signal);
}

/** Reads back every blob a release needs. Slow, and only done when one was found damaged. */
async function damagedBlobs(blobs: Blobs, files: readonly ReleaseFile[]): Promise<readonly string[]> {
  const refs = files.flatMap((file) => [file, file.variants.gzip, file.variants.br]).filter((ref) => ref !== undefined);
  const lost: string[] = [];
  for (const { sha256 } of refs) await blobs.read(sha256).catch(() => lost.push(sha256));
  return lost;
}
